/** One-tap reasons. Every cut has one; it is shown to the person it concerns. */
import { m } from '../paraglide/messages';

export const reasons = (): string[] => [
  m.reason_over_others(),
  m.reason_off_topic(),
  m.reason_noise(),
  m.reason_insults(),
  m.reason_rules(),
];

/** Lengths of a mute in seconds; null lasts until somebody lifts it. */
export const MUTE_LENGTHS: readonly (number | null)[] = [60, 300, 900, null];
export const BAN_LENGTHS: readonly (number | null)[] = [3_600, 86_400, 604_800, null];
