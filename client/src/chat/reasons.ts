/** Why a line is taken out, in one tap; its writer reads it. */
import { m } from '../paraglide/messages';

export const reasons = (): string[] => [
  m.reason_off_topic(),
  m.reason_insults(),
  m.reason_rules(),
  m.desk_reason_threat(),
  m.desk_reason_private(),
];
