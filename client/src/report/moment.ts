/**
 * Which stretch of a room a report is about. Times are seconds on the room's clock: since it went on
 * air, as its speakers said it, whatever the delay and however far behind a listener hears.
 */
import type { RoomCard } from '../api/types';

export interface Span {
  from: number;
  to: number;
}

export const RATE_HZ = 48_000;
/** A report reaches back so far. */
export const REACH_S = 120;
/** Chosen at first: what somebody heard before they found the button. */
const FIRST_S = 60;
export const SHORTEST_S = 2;
/** The way from the stage to an ear, besides the delay. */
const WAY_S = 2;

export type Place = Pick<RoomCard, 'state' | 'on_air_at' | 'ended_at' | 'delay_s'>;

/** Whether there is something to report, and somebody who takes it: the house says for how long after a room's end. */
export function mayReport(room: Place, now: number, windowS: number): boolean {
  if (room.state === 'live' || room.state === 'opening') return true;
  return room.ended_at !== null && now <= Date.parse(room.ended_at) + windowS * 1_000;
}

/**
 * Up to where somebody hears at this moment. On stage that is now; in the hall it is where their own
 * playhead is; who hears nothing yet, or only reads, has what has just aired. Null before that.
 */
export function heardUpTo(
  room: Place,
  ear: { playheadAt: number | null; isOnStage: boolean; now: number },
): number | null {
  const onAirAt = Date.parse(room.on_air_at ?? '');
  if (Number.isNaN(onAirAt)) return null;
  const endedAt = room.ended_at === null ? ear.now : Date.parse(room.ended_at);
  const edgeAt = Math.min(ear.now, endedAt);
  const airedAt = room.state === 'live' ? edgeAt - (room.delay_s + WAY_S) * 1_000 : edgeAt;
  const heardAt = ear.isOnStage ? edgeAt : (ear.playheadAt ?? airedAt);
  // A player that has just begun stands at the room's first sample until it has found its place.
  const moments = [heardAt, airedAt].map((at) => (Math.min(at, edgeAt) - onAirAt) / 1_000);
  return moments.find((heard) => heard >= SHORTEST_S) ?? null;
}

/** Whether that is simply where the room ended. */
export function isEndOf(room: Place, edge: number): boolean {
  const lasted = (Date.parse(room.ended_at ?? '') - Date.parse(room.on_air_at ?? '')) / 1_000;
  return room.state !== 'live' && Math.abs(lasted - edge) < 1;
}

export function reachOf(edge: number): Span {
  return { from: Math.max(0, edge - REACH_S), to: edge };
}

/** The last seconds before the edge, as many as there are. */
export function lastOf(reach: Span, seconds = FIRST_S): Span {
  return { from: Math.max(reach.from, reach.to - seconds), to: reach.to };
}

/** Move one end; it stops at the reach, and before it meets the other. */
export function moved(span: Span, end: keyof Span, to: number, reach: Span): Span {
  if (end === 'from') {
    return { ...span, from: Math.max(reach.from, Math.min(to, span.to - SHORTEST_S)) };
  }
  return { ...span, to: Math.min(reach.to, Math.max(to, span.from + SHORTEST_S)) };
}

export function positionsOf(span: Span): { from_position: number; to_position: number } {
  const from_position = Math.max(0, Math.floor(span.from * RATE_HZ));
  const most = from_position + REACH_S * RATE_HZ;
  return { from_position, to_position: Math.min(most, Math.ceil(span.to * RATE_HZ)) };
}

export function overlaps(one: Span, other: Span): boolean {
  return one.from < other.to && one.to > other.from;
}
