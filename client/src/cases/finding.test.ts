import { describe, expect, it } from 'vitest';
import { emptyDraft, findingOf, isWhole } from './finding';

const voice = { is_about_person: true, kind: 'conduct' } as const;
const room = { is_about_person: false, kind: 'conduct' } as const;
const contest = { is_about_person: true, kind: 'contest' } as const;
const broken = { ...emptyDraft(), outcome: 'violation', clause: 'hate', facts: ' A slur. ' } as const;

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

  it('sends a length only with a step that has one', () => {
    const mute = findingOf({ ...broken, measure: 'timed_mute', seconds: 300, everywhere: true }, voice);
    expect(mute.effects).toEqual([{ measure: 'timed_mute', seconds: 300, everywhere: false }]);
    const away = findingOf({ ...broken, measure: 'off_stage', seconds: 300 }, voice);
    expect(away.effects).toEqual([{ measure: 'off_stage', seconds: null, everywhere: false }]);
  });

  it('takes along no rule and no step where none belongs to it', () => {
    const changed = { ...broken, measure: 'nudge', outcome: 'no_violation' } as const;
    expect(findingOf(changed, voice)).toEqual({ outcome: 'no_violation', facts: 'A slur.', clause: null, effects: [] });
    expect(findingOf({ ...broken, measure: 'nudge' }, contest).clause).toBe(null);
    expect(findingOf({ ...broken, measure: 'nudge' }, room).effects).toEqual([]);
  });
});
