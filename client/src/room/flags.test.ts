import { expect, it } from 'vitest';
import type { FlagView } from '../api/types';
import { flagTitle, mostUrgentFirst } from './flags';

const flag = (id: string, more: object) =>
  ({ id, title: id, holds: false, stage: 'suspected', policy: null, at: '2026-11-21T10:00:00Z', ...more }) as unknown as FlagView;
const words = (priority: number) => ({ policy: { priority, title: { id: 'Ancaman', en: 'Threats' } } });

it('puts what is held first, then what is most urgent, then what is newest', () => {
  const flags = [
    flag('later', words(35)),
    flag('older', words(82)),
    flag('newer', { ...words(82), at: '2026-11-21T10:05:00Z' }),
    flag('suspected', {}),
    flag('recognised', { stage: 'confirmed' }),
    flag('held', { ...words(45), holds: true }),
  ];
  expect(mostUrgentFirst(flags).map((one) => one.id)).toEqual(['held', 'recognised', 'newer', 'older', 'suspected', 'later']);
  expect(flags[0]?.id).toBe('later'); // the list itself stays as it is
});

it('calls a flag of words by its rule, in the reader’s language or another', () => {
  expect(flagTitle(flag('a song', {}))).toBe('a song');
  expect(flagTitle(flag('x', words(1)))).toBe('Threats');
  expect(flagTitle(flag('x', { policy: { title: { jv: 'Ngancem' } } }))).toBe('Ngancem');
});
