import { expect, it } from 'vitest';
import type { CaseView, Moment } from '../api/types';
import { isNew, marksOf } from './news';
import { observedWord } from './observed';

const flag = (id: string, words: number, held = false) =>
  ({ kind: 'flag', flag: { flag: { id, stage: 'suspected', held }, words: Array(words).fill({}) } }) as unknown as Moment;
const report = (id: string) => ({ kind: 'report', report: { id } }) as Moment;
const read = marksOf({ timeline: [flag('f', 1), report('r')], appeals: [{ id: 'a' }] } as CaseView);

it('marks what joined a case while it was read, and what says more by now', () => {
  expect([flag('f', 1), report('r'), { id: 'a' }].some((one) => isNew(one, read))).toBe(false);
  const later = [flag('f', 2), flag('f', 1, true), flag('g', 1), report('s'), { id: 'b' }];
  expect(later.every((one) => isNew(one, read))).toBe(true);
});

it('marks nothing before, and no words that were there', () => {
  expect(isNew(report('s'), null)).toBe(false);
  expect(isNew({ kind: 'line', line: { text: 'x' } } as Moment, read)).toBe(false);
});

it('says of what was not done that it was not', () => {
  const words = ['delivered', 'not_collected', 'room_over', 'by_hand'].map((observed) =>
    observedWord({ state: 'carried_out', observed }),
  );
  expect(words).toEqual([
    null,
    'never read: the person did not come back',
    'nothing was left to act on',
    'done by hand, as an operator said',
  ]);
});
