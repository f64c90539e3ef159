/** A clip is an address in a replay: nothing is cut out or kept, so it never outlives what it is of. */

/** Whole seconds of media since the room's first sound. */
export interface Clip {
  fromS: number;
  toS: number;
}

export const SHORTEST_S = 5;
export const LONGEST_S = 90;
/** Whoever asks for the context hears this much of it before and after. */
export const CONTEXT_S = 30;
/** So much before and after the moment a clip can begin. */
const REACH_BEFORE_S = 180;
const REACH_AFTER_S = 30;
const USUAL_S = 30;
const USUAL_AFTER_S = 5;
/** Between two looks a player goes on by less; further, somebody moved it. */
const JUMP_S = 2;
const PLACES = /^(\d{1,7})-(\d{1,7})$/;

/** The clip that an address names; null where it names none, `broken` where it cannot be one. */
export function clipIn(search: string): Clip | 'broken' | null {
  const named = new URLSearchParams(search).get('clip');
  if (named === null) return null;
  const [, from, to] = PLACES.exec(named) ?? [];
  const clip = { fromS: Number(from), toS: Number(to) };
  const lasts = clip.toS - clip.fromS;
  return lasts >= SHORTEST_S && lasts <= LONGEST_S ? clip : 'broken';
}

export function addressOf(clip: Clip, page: string | URL): string {
  const address = new URL(page);
  address.hash = '';
  address.search = `?clip=${clip.fromS}-${clip.toS}`;
  return address.href;
}

/** Where a clip around a moment may begin. */
export function beginnings(momentS: number, durationS: number): { min: number; max: number } {
  const last = Math.max(0, Math.floor(durationS) - SHORTEST_S);
  const min = Math.min(last, Math.max(0, Math.floor(momentS) - REACH_BEFORE_S));
  return { min, max: Math.max(min, Math.min(last, Math.floor(momentS) + REACH_AFTER_S)) };
}

/** What somebody most likely wants who has just heard something: it is over by now. */
export function around(momentS: number, durationS: number): Clip {
  const wanted = Math.floor(momentS) + USUAL_AFTER_S - USUAL_S;
  return lasting(begunAt(wanted, beginnings(momentS, durationS)), USUAL_S, durationS);
}

/** A clip of so many seconds, and no more than there is. */
export function lasting(fromS: number, seconds: number, durationS: number): Clip {
  const there = Math.max(SHORTEST_S, Math.floor(durationS) - fromS);
  return { fromS, toS: fromS + Math.min(Math.max(seconds, SHORTEST_S), LONGEST_S, there) };
}

/** Whether a stretch of sound lies in a clip, if only in part. */
export function isIn(clip: Clip, stretch: { fromS: number; toS: number }): boolean {
  return stretch.fromS < clip.toS && stretch.toS > clip.fromS;
}

/** Whether the end of a clip was heard between two looks at the player, and not jumped over. */
export function isHeardOut(clip: Clip, beforeS: number | null, nowS: number): boolean {
  if (beforeS === null || nowS - beforeS > JUMP_S) return false;
  return beforeS < clip.toS && nowS >= clip.toS;
}

function begunAt(fromS: number, { min, max }: { min: number; max: number }): number {
  return Math.min(Math.max(fromS, min), max);
}
