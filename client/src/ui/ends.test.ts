import { expect, it } from 'vitest';
import { wasEnded } from './ends';

it('takes for the end what came first', () => {
  expect(wasEnded('2026-11-22T15:18:00Z', '2026-11-22T15:21:00Z')).toBe(true);
  expect(wasEnded('2026-11-22T15:27:00Z', '2026-11-22T15:21:00Z')).toBe(false);
  expect(wasEnded('2026-11-22T15:27:00Z', null)).toBe(true);
  expect(wasEnded(null, null)).toBe(false);
});
