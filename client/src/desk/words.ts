/** Sentences of the desk. */
import type { CauseView, DeskRecord, DeskSeat } from '../api/types';
import { m } from '../paraglide/messages';
import { oneDecimal } from '../ui/locale.svelte';

const CAUSES: Record<CauseView['kind'], (n: { n: number }) => string> = {
  flag: m.desk_cause_flag,
  report: m.desk_cause_report,
  unwatched: m.desk_cause_unwatched,
  unheard: m.desk_cause_unheard,
  joins: m.desk_cause_joins,
  hands: m.desk_cause_hands,
  cuts: m.desk_cause_cuts,
  bans: m.desk_cause_bans,
  no_delay: () => m.desk_cause_no_delay(),
  reach: () => m.desk_cause_reach(),
};

export const causeSentence = (cause: CauseView) => CAUSES[cause.kind]({ n: cause.count });

const waitsForPeople = ({ kind }: CauseView) => kind === 'flag' || kind === 'report';

/** What a tile says of a room's risk, what waits for people first; how many listen is shown anyway. */
export const mainCauses = (record: DeskRecord) =>
  record.causes
    .filter((cause) => cause.kind !== 'reach')
    .sort((a, b) => Number(waitsForPeople(b)) - Number(waitsForPeople(a)));

export const ACTS: Record<string, () => string> = {
  hold: m.desk_act_hold,
  release: m.desk_act_release,
  dump: m.desk_act_dump,
  mute: m.desk_act_cut,
  unmute: m.desk_act_uncut,
  end: m.desk_act_end,
};

export function seatStates(seat: DeskSeat): string[] {
  return [
    seat.held ? m.held_from_air() : '',
    seat.muted ? m.muted() : '',
    seat.watch === 'unwatched' ? m.desk_unwatched() : '',
    seat.watch === 'unheard' ? m.words_unheard() : '',
    seat.away ? m.reconnecting() : '',
  ].filter(Boolean);
}

export const reasons = (): string[] => [
  m.desk_reason_threat(),
  m.desk_reason_terror(),
  m.desk_reason_hate(),
  m.desk_reason_private(),
  m.reason_rules(),
];

/** Two digits after the point would flicker; one is enough to act by. */
export const inSeconds = (seconds: number) => m.seconds({ n: oneDecimal(Math.max(0, seconds)) });

const TO_HOSTS: Record<string, (said: { text: string }) => string> = {
  message: m.desk_host_message,
  lock_hands: m.desk_host_lock,
  unlock_hands: m.desk_host_unlock,
  slow: m.desk_host_slow,
  unslow: m.desk_host_unslow,
  take_over: m.desk_host_take_over,
  shield_rise: () => m.desk_host_shield_rise(),
  shield_fall: () => m.desk_host_shield_fall(),
  off_duty: () => m.desk_host_off_duty(),
  on_duty: () => m.desk_host_on_duty(),
};

/** What the safety team, or the house by itself, told the hosts of a room. */
export const toHosts = ({ about, text }: { about: string; text: string }) => (TO_HOSTS[about] ?? m.desk_host_message)({ text });
