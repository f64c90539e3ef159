/** Words that the house keeps as they were written, and knows: each reader has them in their own language. */
import type { PolicyText, StatementView } from '../api/types';
import { m } from '../paraglide/messages';
import { locales } from '../paraglide/runtime';
import { inMyWords } from './texts';

/** Reasons that are offered to tap, and sentences of the house itself (statements/wording.py). */
const FIXED = [
  m.reason_over_others,
  m.reason_off_topic,
  m.reason_noise,
  m.reason_insults,
  m.reason_rules,
  m.reason_hold,
  m.reason_dump,
  m.desk_reason_threat,
  m.desk_reason_terror,
  m.desk_reason_hate,
  m.desk_reason_private,
  m.desk_reason_hold,
  m.desk_reason_judged,
  m.told_contest_right,
  m.told_never_done,
  m.told_team_decided,
] as const;

const TAKEN: Record<StatementView['told']['measure']['kind'], () => string> = {
  mute: m.taken_mute,
  hold: m.taken_hold,
  chat_only: m.taken_chat_only,
  move_to_hall: m.taken_move_to_hall,
  remove: m.taken_remove,
  room_ban: m.taken_room_ban,
  house_ban: m.taken_house_ban,
  permanent_removal: m.taken_permanent_removal,
  room_ended: m.taken_room_ended,
  content_disabled: m.taken_content_disabled,
  content_removed: m.taken_content_removed,
  take_line: m.taken_take_line,
};

/** What was taken, as a sentence. */
export const takenWord = (one: Pick<StatementView, 'told'>) => TAKEN[one.told.measure.kind]();

type Titles = Pick<PolicyText, 'clauses'> | null;

/** Give a reason in the reader's words where it is one of the fixed ones or a rule's title; else as it was written. */
export function inReaderWords(text: string, policy: Titles = null): string {
  const fixed = FIXED.find((one) => locales.some((locale) => one({}, { locale }) === text));
  if (fixed) return fixed();
  const clause = policy?.clauses.find((one) => Object.values(one.title).includes(text));
  return clause ? inMyWords(clause.title) : text;
}
