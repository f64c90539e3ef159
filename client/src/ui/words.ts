/** Sentences that several screens share. */
import type { RestrictionView, RoomCard } from '../api/types';
import { m } from '../paraglide/messages';
import { inReaderWords } from './fixed';
import { clockTime, dayAndTime } from './locale.svelte';

export function bandSentence(band: string): string {
  return band === '0' ? m.nobody_listens() : m.band_listens({ band });
}

export function opennessWord(openness: RoomCard['openness']): string {
  return { open: m.openness_open, house: m.openness_house, invited: m.openness_invited }[openness]();
}

/** A length for people: seconds below two minutes, then minutes, then hours. */
export function length(seconds: number): string {
  if (seconds < 120) return m.seconds({ n: Math.round(seconds) });
  if (seconds < 7_200) return m.minutes({ n: Math.round(seconds / 60) });
  return m.hours({ n: Math.round(seconds / 3_600) });
}

/** 1:02:03, for the time a room or a seat has lasted. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60];
  const pad = (n: number) => String(n).padStart(2, '0');
  const tail = `${pad(minutes)}:${pad(whole % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** Who did what to me, how long, and why: one sentence. */
export function restrictionSentence(one: RestrictionView): string {
  const by = one.by_role === 'safety' ? m.desk_safety_team() : one.by_name;
  const reason = inReaderWords(one.reason);
  const span = one.until_at ? (Date.parse(one.until_at) - Date.parse(one.from_at)) / 1_000 : null;
  const how_long = span === null ? '' : length(span);
  switch (one.kind) {
    case 'mute':
      return span === null ? m.muted_you({ by, reason }) : m.muted_you_for({ by, reason, how_long });
    case 'hold':
      return one.by_role === null ? m.held_you_by_rule({ by, reason }) : m.held_you({ by, reason });
    case 'move_to_hall':
      return m.moved_you({ by, reason });
    case 'take_line':
      return m.took_your_line({ by, reason });
    default:
      return span === null ? m.removed_you({ by, reason }) : m.removed_you_for({ by, reason, how_long });
  }
}

/** The house tells "without end" as the last day there is. */
export function isForGood(until_at: string): boolean {
  return new Date(until_at).getUTCFullYear() >= 9_999;
}

export function untilWord(until_at: string): string {
  const soon = Date.parse(until_at) - Date.now() < 12 * 3_600_000;
  return soon ? clockTime(until_at) : dayAndTime(until_at);
}
