/** A failure as a sentence in the reader's language; the house's own sentence where none is written. */
import { Failure } from '../api/client';
import { m } from '../paraglide/messages';

const BY_CODE: Record<string, () => string> = {
  offline: m.error_offline,
  invalid: m.error_invalid,
  not_allowed: m.error_not_allowed,
  not_found: m.error_not_found,
  conflict: m.error_conflict,
  unavailable: m.error_unavailable,
  tampered: m.error_tampered,
  already_contested: m.error_already_contested,
  already_on_stage: m.error_already_on_stage,
  banned: m.error_banned,
  consent_missing: m.error_consent_missing,
  hands_locked: m.error_hands_locked,
  host_only: m.error_host_only,
  host_untouchable: m.error_host_untouchable,
  hosts_only: m.error_hosts_only,
  house_full: m.error_house_full,
  room_ended: m.error_room_ended,
  forged_request: m.error_forged_request,
  hand_missing: m.error_hand_missing,
  handle_invalid: m.error_handle_invalid,
  handle_taken: m.error_handle_taken,
  invitation_expired: m.error_invitation_expired,
  invitation_revoked: m.error_invitation_revoked,
  invitation_unknown: m.error_invitation_unknown,
  invitation_used: m.error_invitation_used,
  last_operator: m.error_last_operator,
  may_not_invite: m.error_may_not_invite,
  person_missing: m.error_person_missing,
  room_not_draft: m.error_room_not_draft,
  seat_not_connectable: m.error_seat_not_connectable,
  sign_in_needed: m.error_sign_in_needed,
  stage_unreachable: m.error_stage_unreachable,
  text_invalid: m.error_text_invalid,
  too_many_attempts: m.error_too_many_attempts,
  too_many_invitations: m.error_too_many_invitations,
  too_many_stages: m.error_too_many_stages,
  too_many_streams: m.error_too_many_streams,
  worker_away: m.error_worker_away,
  room_missing: m.error_room_missing,
  room_not_on_air: m.error_room_not_on_air,
  seat_missing: m.error_seat_missing,
  seat_not_on_stage: m.error_seat_not_on_stage,
  stage_full: m.error_stage_full,
  stage_seats_taken: m.error_stage_seats_taken,
  too_many_drafts: m.error_too_many_drafts,
  too_many_hands: m.error_too_many_hands,
  too_many_wishes: m.error_too_many_wishes,
  flag_missing: m.error_flag_missing,
  flag_decided: m.error_flag_decided,
  held_is_confirmed: m.error_held_is_confirmed,
  own_flag: m.error_own_flag,
  no_demonstration: m.error_no_demonstration,
};

export function sentenceOf(failure: unknown): string {
  if (!(failure instanceof Failure)) return m.error_unavailable();
  const own = BY_CODE[failure.code];
  return own?.() ?? (failure.message || (BY_CODE[failure.kind] ?? m.error_unavailable)());
}
