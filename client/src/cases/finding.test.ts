import { describe, expect, it } from 'vitest';
import type { Moment } from '../api/types';
import { emptyDraft, findingOf, missingOf, missingSentence, type Draft } from './finding';

const stretch = { seat_id: 's', from_position: 0, to_position: 48_000, room: { recording: true }, timeline: [] as Moment[] };
const voice = { ...stretch, is_about_person: true, kind: 'conduct' } as const;
const room = { ...stretch, is_about_person: false, kind: 'conduct', seat_id: null } as const;
const contest = { ...stretch, is_about_person: true, kind: 'contest' } as const;
const broken = { ...emptyDraft(), outcome: 'violation', clause: 'hate', facts: ' A slur. ' } as const;

const isWhole = (draft: Draft, view: Parameters<typeof missingOf>[1]) => missingOf(draft, view).length === 0;

describe('a finding', () => {
  it('needs an outcome and facts', () => {
    expect(isWhole(emptyDraft(), voice)).toBe(false);
    expect(isWhole({ ...emptyDraft(), outcome: 'no_violation', facts: '  ' }, voice)).toBe(false);
    expect(isWhole({ ...emptyDraft(), outcome: 'no_violation', facts: 'A song.' }, voice)).toBe(true);
  });

  it('of a broken rule needs the rule, and a step where somebody is concerned', () => {
    expect(isWhole(broken, voice)).toBe(false);
    expect(isWhole({ ...broken, measure: 'nudge' }, voice)).toBe(true);
    expect(isWhole(broken, room)).toBe(true);
    expect(isWhole({ ...broken, clause: '' }, room)).toBe(false);
  });

  it('says what is missing, in the words of the form', () => {
    const missing = missingOf({ ...broken, clause: '', facts: '' }, voice);
    expect(missing).toEqual(['Which rule?', 'What happened?', 'What follows?']);
    expect(missingSentence(missing)).toBe('Still missing: “Which rule?”, “What happened?”, “What follows?”');
  });

  it('sends a length only with a step that has one', () => {
    const mute = findingOf({ ...broken, measure: 'timed_mute', seconds: 300, everywhere: true }, voice);
    expect(mute.effects).toEqual([{ measure: 'timed_mute', seconds: 300, everywhere: false }]);
    const away = findingOf({ ...broken, measure: 'off_stage', seconds: 300 }, voice);
    expect(away.effects).toEqual([{ measure: 'off_stage', seconds: null, everywhere: false }]);
  });

  it('takes words out of the replay beside a step or alone, where there is a replay', () => {
    const out = { measure: 'out_of_replay', seconds: null, everywhere: false, from_position: 0, to_position: 48_000 };
    const words = { ...broken, outOfReplay: true };
    const both = findingOf({ ...words, measure: 'off_stage' }, voice).effects;
    expect(both.map((one) => one.measure)).toEqual(['off_stage', 'out_of_replay']);
    expect(isWhole(words, voice)).toBe(true);
    expect(findingOf(words, voice).effects).toEqual([out]);
    const unrecorded = { ...voice, room: { recording: false } };
    for (const bare of [unrecorded, { ...voice, seat_id: null }, { ...voice, to_position: null }]) {
      expect(isWhole(words, bare)).toBe(false);
      expect(findingOf(words, bare).effects).toEqual([]);
    }
  });

  it('takes a reported line out of the chat, where one still stands there', () => {
    const at = (may_be_taken: boolean) => ({ ...voice, timeline: [{ kind: 'chat', chat: { may_be_taken } } as Moment] });
    const out = { ...broken, takeLine: true };
    expect(isWhole(out, at(true))).toBe(true);
    expect(findingOf(out, at(true)).effects).toEqual([{ measure: 'take_line', seconds: null, everywhere: false }]);
    expect(findingOf(out, { ...at(true), kind: 'contest' }).effects).toEqual([]);
    for (const bare of [voice, at(false)]) {
      expect(isWhole(out, bare)).toBe(false);
      expect(findingOf(out, bare).effects).toEqual([]);
    }
  });

  it('takes along no rule and no step where none belongs to it', () => {
    const changed = { ...broken, measure: 'nudge', outcome: 'no_violation' } as const;
    expect(findingOf(changed, voice)).toEqual({ outcome: 'no_violation', facts: 'A slur.', clause: null, effects: [] });
    expect(findingOf({ ...broken, measure: 'nudge' }, contest).clause).toBe(null);
    expect(findingOf({ ...broken, measure: 'nudge' }, room).effects).toEqual([]);
  });
});
