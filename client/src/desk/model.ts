/** The live desk as values: rooms, their order, what is still to air. Pure: no clock, no network. */
import type { DeskCourse, DeskGauge, DeskPhrase, DeskRecord } from '../api/types';

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

/** What became of a phrase. */
export type Fate = 'aired' | 'kept' | 'partly';

/** A phrase and what became of it: null while it waits, and where nobody knows. */
export interface Said extends Line {
  fate: Fate | null;
}

export const LOG_MAX = 40;
/** From here on a room is shown large, even if nobody reported it. */
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

/** A room to look at: something waits there for a person, or much comes together. */
export const isPressing = (record: DeskRecord): boolean =>
  record.reports > 0 || record.flags.length > 0 || record.risk >= LARGE_FROM;

const onAirAt = (record: DeskRecord) => Date.parse(record.on_air_at ?? '') || 0;

/**
 * Pressing rooms first: by risk, then by the flag that waited longest. Equals, and all calm rooms, by when they
 * went on air, however many listen: neither they nor their keys change places by themselves.
 */
export function byUrgency(a: Placed, b: Placed): number {
  const isFirst = isPressing(a.record);
  if (isFirst !== isPressing(b.record)) return isFirst ? -1 : 1;
  const byRisk = b.record.risk - a.record.risk || oldestFlag(a.record) - oldestFlag(b.record);
  return (isFirst && byRisk) || onAirAt(a.record) - onAirAt(b.record) || a.id.localeCompare(b.id);
}

/** While somebody points at the grid nothing moves: known rooms keep their place, new ones come last. */
export function held(before: readonly string[], rooms: readonly Placed[]): string[] {
  const known = new Set(before);
  const fresh = rooms.filter((room) => !known.has(room.id)).sort(byUrgency);
  return [...before, ...fresh.map((room) => room.id)];
}

/** Add phrases to what was said, each once, in the order in which they were said. */
export function withWords(
  log: readonly Said[],
  words: Record<string, DeskPhrase[]> | null,
): readonly Said[] {
  const fresh = Object.entries(words ?? {}).flatMap(([seat, phrases]) =>
    phrases.map((phrase) => ({ ...phrase, seat })),
  );
  if (fresh.length === 0) return log;
  const byNumber = new Map(log.map((line) => [line.n, line]));
  for (const line of fresh) byNumber.set(line.n, { ...line, fate: byNumber.get(line.n)?.fate ?? null });
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

/** Positions are told in hundredths of a second. */
const SLACK_S = 0.05;

/** What became of a phrase of a voice; null while it waits, and where it is not known any more. */
export function fateOf(line: DeskPhrase, course: DeskCourse | null): Fate | null {
  if (!course || line.from_s < course.known_from_s - SLACK_S) return null;
  const overlaps = course.never.map(([start, end]) => Math.min(end, line.to_s) - Math.max(start, line.from_s));
  const keptS = overlaps.reduce((sum, one) => sum + Math.max(0, one), 0);
  if (keptS >= line.to_s - line.from_s - SLACK_S) return 'kept';
  if (line.to_s > course.passed_to_s + SLACK_S) return null;
  return keptS > SLACK_S ? 'partly' : 'aired';
}

/** Write down what became of phrases, once and for good: soon nobody knows it any more. */
export function settled(log: readonly Said[], gauge: DeskGauge | null): readonly Said[] {
  const fate = (line: Said) => line.fate ?? fateOf(line, gauge?.voices[line.seat]?.course ?? null);
  const isNew = log.some((line) => line.fate !== fate(line));
  return isNew ? log.map((line) => ({ ...line, fate: fate(line) })) : log;
}

/** Seconds until a phrase that waits begins to air, `sinceS` after the gauge was read; null where nobody knows. */
export function airsInS(line: Line, gauge: DeskGauge | null, sinceS: number): number | null {
  const course = gauge?.voices[line.seat]?.course;
  if (!gauge || !course || line.from_s < course.known_from_s || line.to_s <= course.passed_to_s) return null;
  const airedS = Math.min(course.passed_to_s, gauge.position_s - gauge.delay_s);
  return Math.max(0, line.from_s - airedS - sinceS);
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
