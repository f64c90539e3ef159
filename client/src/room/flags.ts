/** What a flag is called, and which of several comes first. */
import type { FlagView } from '../api/types';
import { inMyWords } from '../ui/texts';

export function flagTitle(flag: Pick<FlagView, 'policy' | 'title'>): string {
  return flag.policy ? inMyWords(flag.policy.title) : flag.title;
}

/** A recording that is surely recognised is as urgent as the worst of words. */
const RECORDING = { confirmed: 100, suspected: 60 };
const urgency = (flag: FlagView) => flag.policy?.priority ?? RECORDING[flag.stage];

/** What is held waits for a person most; then what is most urgent; then what is newest. */
export function mostUrgentFirst(flags: readonly FlagView[]): FlagView[] {
  return [...flags].sort(
    (a, b) =>
      Number(b.holds) - Number(a.holds) ||
      urgency(b) - urgency(a) ||
      Date.parse(b.at) - Date.parse(a.at),
  );
}
