/** Why words are not heard, as sentences that name the people they concern. */
import type { SeatView } from '../api/types';
import { m } from '../paraglide/messages';

const SENTENCES: Record<string, (named: { names: string }) => string> = {
  language: m.unheard_language,
  engine: m.unheard_engine,
  detector: m.unheard_detector,
  deadline: m.unheard_deadline,
  doubt: m.unheard_doubt,
};

/** One sentence for each reason. */
export function unheardSentences(seats: readonly SeatView[]): string[] {
  const names = new Map<string, string[]>();
  for (const seat of seats) {
    const why = seat.watch.why ?? '';
    names.set(why, [...(names.get(why) ?? []), seat.name]);
  }
  return [...names].map(([why, who]) => (SENTENCES[why] ?? m.unheard)({ names: who.join(', ') }));
}
