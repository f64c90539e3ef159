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
  already_here: m.error_already_here,
  operators_only: m.error_operators_only,
  request_invalid: m.error_invalid,
  banned: m.error_banned,
  consent_missing: m.error_consent_missing,
  consent_withdrawn: m.error_consent_withdrawn,
  nothing_recorded: m.error_nothing_recorded,
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
  token_used: m.error_token_used,
  flag_missing: m.error_flag_missing,
  flag_decided: m.error_flag_decided,
  flag_undecided: m.error_flag_undecided,
  held_meanwhile: m.error_held_meanwhile,
  held_is_confirmed: m.error_held_is_confirmed,
  own_flag: m.error_own_flag,
  no_demonstration: m.error_no_demonstration,
  needs_another: m.error_needs_another,
  not_tried: m.error_not_tried,
  budget_exceeded: m.error_budget_exceeded,
  already_in_force: m.error_already_in_force,
  nothing_before: m.error_nothing_before,
  proposal_missing: m.error_proposal_missing,
  pack_missing: m.error_pack_missing,
  pack_invalid: m.error_pack_invalid,
  pack_tampered: m.error_pack_tampered,
  pack_store_full: m.error_pack_store_full,
  language_invalid: m.error_language_invalid,
  listen_only: m.error_listen_only,
  restriction_missing: m.error_restriction_missing,
  shut_out: m.error_shut_out,
  duty_too_long: m.error_duty_too_long,
  nobody_on_duty: m.desk_error_nobody_on_duty,
  second_person_needed: m.desk_error_second_person_needed,
  asked_by_you: m.desk_error_asked_by_you,
  own_voice: m.desk_error_own_voice,
  room_private: m.desk_error_room_private,
  effect_failed: m.error_effect_failed,
  done_by_safety: m.error_done_by_safety,
  monitors_full: m.error_monitors_full,
  monitor_missing: m.error_monitor_missing,
  desk_full: m.desk_error_desk_full,
  reason_missing: m.desk_error_reason_missing,
  chat_off: m.error_chat_off,
  chat_full: m.error_chat_full,
  chat_crowded: m.error_chat_crowded,
  line_missing: m.error_line_missing,
  line_taken: m.error_line_taken,
  line_given_back: m.error_line_given_back,
};

// Only the house knows the file or the field, and the remedy.
const WITH_DETAIL = new Set(['pack_invalid', 'statement_invalid']);

/** Sentences of screens that are loaded later: whoever only listens does not carry them. */
export function alsoKnow(sentences: Record<string, () => string>): void {
  Object.assign(BY_CODE, sentences);
}

export function sentenceOf(failure: unknown): string {
  if (!(failure instanceof Failure)) return m.error_unavailable();
  if (failure.code === 'hand_too_soon') return m.error_hand_too_soon({ n: failure.retryS ?? 1 });
  if (failure.code === 'chat_too_soon') return m.error_chat_too_soon({ n: failure.retryS ?? 1 });
  const own = BY_CODE[failure.code];
  if (own && WITH_DETAIL.has(failure.code)) return `${own()} ${failure.message}`;
  return own?.() ?? (failure.message || (BY_CODE[failure.kind] ?? m.error_unavailable)());
}
