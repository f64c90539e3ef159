/** The live desk as values: rooms, their order, what is still to air. Pure: no clock, no network. */
import type { DeskGauge, DeskPhrase, DeskRecord } from '../api/types';

export interface DeskRoom {
  id: string;
  record: DeskRecord;
  gauge: DeskGauge | null;
  words: Record<string, DeskPhrase[]> | null;
}

export interface RoomChange extends Partial<DeskRoom> {
  id: string;
}

/** A phrase with the voice that said it. */
export interface Line extends DeskPhrase {
  seat: string;
}

export const LOG_MAX = 40;
/** From here on a room is shown large; below it is a strip among the calm ones. */
export const LARGE_FROM = 10;
export const LINES_SHOWN = 3;

interface Placed {
  id: string;
  record: DeskRecord;
}

/** Things by their id. */
export function byId<T extends { id: string }>(things: readonly T[]): Map<string, T> {
  return new Map(things.map((thing) => [thing.id, thing]));
}

function oldestFlag(record: DeskRecord): number {
  return Math.min(...record.flags.map((flag) => Date.parse(flag.at)), Infinity);
}

/** Highest risk first, then the flag that waited longest, then by name: never by chance. */
export function byRisk(a: Placed, b: Placed): number {
  return (
    b.record.risk - a.record.risk ||
    oldestFlag(a.record) - oldestFlag(b.record) ||
    a.record.title.localeCompare(b.record.title) ||
    a.id.localeCompare(b.id)
  );
}

/** While somebody points at the grid nothing moves: known rooms keep their place, new ones come last. */
export function held(before: readonly string[], rooms: readonly Placed[]): string[] {
  const known = new Set(before);
  const fresh = rooms.filter((room) => !known.has(room.id)).sort(byRisk);
  return [...before, ...fresh.map((room) => room.id)];
}

/** Add phrases to what was said, each once, in the order in which they were said. */
export function withWords(
  log: readonly Line[],
  words: Record<string, DeskPhrase[]> | null,
): readonly Line[] {
  const fresh = Object.entries(words ?? {}).flatMap(([seat, phrases]) =>
    phrases.map((phrase) => ({ ...phrase, seat })),
  );
  if (fresh.length === 0) return log;
  const byNumber = new Map(log.map((line) => [line.n, line]));
  for (const line of fresh) byNumber.set(line.n, line);
  return [...byNumber.values()].sort((a, b) => a.from_s - b.from_s || a.n - b.n).slice(-LOG_MAX);
}

/** The newest phrase of each voice, the newest last. */
export function lastLines(words: Record<string, DeskPhrase[]> | null): Line[] {
  return Object.entries(words ?? {})
    .flatMap(([seat, phrases]) => phrases.slice(-1).map((phrase) => ({ ...phrase, seat })))
    .sort((a, b) => a.n - b.n)
    .slice(-LINES_SHOWN);
}

/** Seconds that wait between stage and hall: what a dump can still erase. */
export function waitingS(gauge: DeskGauge | null): number {
  return gauge ? Math.max(0, gauge.position_s - gauge.aired_to_s) : 0;
}

/** Seconds until a phrase begins to air, `sinceS` after the gauge was read; negative: it airs or did. */
export function airsInS(line: DeskPhrase, gauge: DeskGauge | null, sinceS: number): number {
  return gauge ? line.from_s - gauge.aired_to_s - sinceS : 0;
}

export interface Piece {
  text: string;
  isMarked: boolean;
}

/** Cut a phrase at its marks. */
export function pieces(phrase: DeskPhrase): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  for (const [start, end] of phrase.marks) {
    if (start > at) found.push({ text: phrase.text.slice(at, start), isMarked: false });
    found.push({ text: phrase.text.slice(start, end), isMarked: true });
    at = end;
  }
  if (at < phrase.text.length) found.push({ text: phrase.text.slice(at), isMarked: false });
  return found;
}

/** Which voice keys act on, if nobody chose one: the one that is flagged, speaks, or is loudest. */
export function likelyVoice(record: DeskRecord, gauge: DeskGauge | null): string | null {
  const flagged = record.flags[0]?.seat_id;
  if (record.seats.some((seat) => seat.id === flagged)) return flagged ?? null;
  const level = (id: string) => {
    const voice = gauge?.voices[id];
    return voice ? voice.level + (voice.speaking ? 100 : 0) : -1;
  };
  const loudest = [...record.seats].sort((a, b) => level(b.id) - level(a.id));
  return loudest[0]?.id ?? null;
}
