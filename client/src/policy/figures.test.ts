import { expect, it } from 'vitest';
import type { FiguresView, PromotionView, TrialView } from '../api/types';
import { caught, keyFigures, number, rowsOf, shadowSentences } from './figures';

const NOTHING: FiguresView = {
  lines: 0, speech_s: 0, labelled_lines: 0, labelled_s: 0, flags: 0, caught: 0, missed: 0, false_flags: 0, holds: 0, held_rightly: 0, holds_missed: 0,
  wrong_holds: 0, held_s: 0, wrong_hold_s: 0, precision: null, recall: null, flags_per_h: null, wrong_hold_s_per_h: null,
};
const trial: TrialView = {
  ...NOTHING, pack: 'p 1', pack_hash: 'h', delay_needed_s: null, on_recorded_rooms: false, caught: 12, missed: 2,
  wrong_hold_s_per_h: 12.34, missed_examples: [], wrong_examples: [],
  languages: { id: { ...NOTHING, lines: 3 }, en: { ...NOTHING, lines: 9 } },
  groups: { '<b>Sundanese</b>': NOTHING },
};

it('says numbers as short as they can be', () => {
  expect([number(null), number(0), number(1.26), number(12.34), number(1_234)]).toEqual(['–', '0', '1.3', '12', '1,234']);
});

it('says what was caught of what there was', () => {
  expect(caught(trial)).toBe('12 of 14');
  expect(caught(NOTHING)).toBe('–');
  expect(keyFigures(trial).map((one) => one.value)).toEqual(['12 of 14', '0', '0 s', '12 s', '–', '–']);
});

it('puts the language with the most lines first, and a group as it is called', () => {
  const { languages, groups } = rowsOf(trial, (code) => code.toUpperCase());
  expect(languages.map((row) => row.name)).toEqual(['EN', 'ID']);
  expect(groups.map((row) => row.name)).toEqual(['<b>Sundanese</b>']);
});

it('has a name for what no language and no group is known of', () => {
  const unnamed = { ...trial, languages: { '': NOTHING }, groups: { '': NOTHING } };
  const { languages, groups } = rowsOf(unnamed, (code) => code);
  expect([...languages, ...groups].map((row) => row.name)).toEqual(['language unknown', 'of no group']);
});

it('says what a policy in the shadow would have done, most frequent first', () => {
  const promotion = { shadow: { 'none -> hold': 1, 'hold -> priority': 4, odd: 2 } } as unknown as PromotionView;
  expect(shadowSentences(promotion)).toEqual([
    '4 times: ask people to look, instead of: hold the voice',
    '2 times: , instead of: odd',
    '1 times: hold the voice, instead of: nothing',
  ]);
});
