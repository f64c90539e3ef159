/** How much of a shift somebody has taken in. */
import type { SpentTold } from '../api/types';
import { m } from '../paraglide/messages';

/** The fuller of the two measures, between 0 and 1. */
export function seenShare(spent: SpentTold): number {
  const shares = [spent.any_s / spent.any_s_max, spent.severe_s / spent.severe_s_max];
  return Math.min(1, Math.max(...shares));
}

export const minutesLeft = (spent: number, most: number): number =>
  Math.max(0, Math.floor((most - spent) / 60));

/** What is left of a shift, about somebody else. */
export function shiftSentence(spent: SpentTold): string {
  if (spent.is_over) return m.team_shift_over();
  const n = minutesLeft(spent.any_s, spent.any_s_max);
  if (!spent.may_see_severe) return m.team_shift_lighter({ n });
  return m.team_shift_left({ n, severe: Math.min(n, minutesLeft(spent.severe_s, spent.severe_s_max)) });
}
