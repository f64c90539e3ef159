/** What was observed of an effect, where that is another thing than that it was done. */
import type { EffectTold } from '../api/types';
import { m } from '../paraglide/messages';

const WORDS: Record<string, () => string> = {
  room_over: m.case_effect_moot,
  not_on_stage: m.case_effect_moot,
  not_shown: m.case_effect_not_shown,
  not_collected: m.case_effect_not_collected,
  by_hand: m.case_effect_by_hand,
};

/** Null: it was seen to be done, or it is not yet. */
export const observedWord = ({ state, observed }: Pick<EffectTold, 'state' | 'observed'>) =>
  state === 'carried_out' ? (WORDS[observed ?? '']?.() ?? null) : null;
