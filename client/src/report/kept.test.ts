import { expect, it } from 'vitest';
import { KEPT_MAX, readKept } from './kept';

const one = { receipt: 'a1b2', id: 'r1', by: null };

it('gives back what was kept, a limited number', () => {
  expect(readKept(JSON.stringify([one, { ...one, by: 'p1', appealedAt: '2026-11-21T10:00:00Z' }])).length).toBe(2);
  expect(readKept(JSON.stringify(Array.from({ length: 500 }, () => one))).length).toBe(KEPT_MAX);
  expect(readKept(null)).toEqual([]);
});

it('leaves out what somebody else wrote there', () => {
  const hostile = [
    null,
    7,
    {},
    { ...one, receipt: '../../policy' },
    { ...one, receipt: 'x'.repeat(65) },
    { ...one, id: 5 },
    { ...one, by: 5 },
    { ...one, appealedAt: 'soon' },
  ];
  expect(readKept(JSON.stringify(hostile))).toEqual([]);
  expect(readKept('{"length": 3}')).toEqual([]);
  expect(readKept('[')).toEqual([]);
});
