import { expect, it } from 'vitest';
import type { SpentTold } from '../api/types';
import { seenShare, shiftSentence } from './shift';

const spent: SpentTold = {
  severe_s: 0, severe_s_max: 900, any_s: 0, any_s_max: 3600, severe_in_a_row: 0, severe_in_a_row_max: 5,
  may_see_severe: true, is_over: false,
};

it('shows the measure that is fuller, and never more than all', () => {
  expect(seenShare(spent)).toBe(0);
  expect(seenShare({ ...spent, any_s: 1800, severe_s: 225 })).toBe(0.5);
  expect(seenShare({ ...spent, any_s: 1800, severe_s: 675 })).toBe(0.75);
  expect(seenShare({ ...spent, any_s: 9000 })).toBe(1);
});

it('says what is left, whole minutes only', () => {
  expect(shiftSentence({ ...spent, any_s: 61 })).toBe('58 min left, 15 of them hard to bear');
  expect(shiftSentence({ ...spent, any_s: 3599 - 60 })).toBe('1 min left, 1 of them hard to bear');
  expect(shiftSentence({ ...spent, any_s: 600, may_see_severe: false })).toBe('50 min left, lighter cases only');
  expect(shiftSentence({ ...spent, any_s: 3600, is_over: true })).toBe('Enough for this shift');
});
