import { expect, test } from 'vitest';
import type { DeskCourse, DeskGauge, DeskPhrase, DeskRecord } from '../api/types';
import {
  airsInS,
  byUrgency,
  fateOf,
  held,
  isPressing,
  lastLines,
  likelyVoice,
  LOG_MAX,
  pieces,
  settled,
  waitingS,
  withWords,
} from './model';

const room = (id: string, risk: number, flagAt?: string, { reports = 0, on_air_at = '' } = {}) => ({
  id,
  record: {
    title: id,
    risk,
    reports,
    on_air_at,
    seats: [],
    flags: flagAt ? [{ at: flagAt, seat_id: 's' }] : [],
  } as unknown as DeskRecord,
});
const phrase = (n: number, from_s = n, marks: [number, number][] = []): DeskPhrase =>
  ({ n, text: 'we harm them', from_s, to_s: from_s + 1, marks, dumped: false }) as DeskPhrase;
const gauge = { position_s: 30, aired_to_s: 18, delay_s: 12, voices: {} } as DeskGauge;

test('the highest risk comes first, then the flag that waited longest', () => {
  const rooms = [
    room('calm', 0),
    room('new', 40, '2026-01-01T10:01:00Z'),
    room('old', 40, '2026-01-01T10:00:00Z'),
    room('also calm', 0),
    room('worst', 90),
  ];
  expect(rooms.sort(byUrgency).map((one) => one.id)).toEqual(['worst', 'old', 'new', 'also calm', 'calm']);
});

test('a room that was reported, or has a flag, is never among the calm ones', () => {
  const [calm, reported] = [room('calm', 9), room('reported', 5, undefined, { reports: 1 })];
  const flagged = room('flagged', 4, '2026-01-01T10:00:00Z');
  expect([calm, reported, flagged].map((one) => isPressing(one.record))).toEqual([false, true, true]);
  expect([calm, flagged, reported].sort(byUrgency).map((one) => one.id)).toEqual(['reported', 'flagged', 'calm']);
});

test('calm rooms stay in the order in which they went on air, however many listen', () => {
  const first = room('z', 0, undefined, { on_air_at: '2026-01-01T10:00:00Z' });
  const second = room('a', 4, undefined, { on_air_at: '2026-01-01T10:00:01Z' });
  const together = room('b', 0, undefined, { on_air_at: '2026-01-01T10:00:01Z' });
  expect([together, second, first].sort(byUrgency).map((one) => one.id)).toEqual(['z', 'a', 'b']);
});

test('while the order is held nothing moves and new rooms come last', () => {
  const rooms = [room('a', 0), room('b', 99), room('new', 50), room('newer', 60)];
  expect(held(['a', 'gone', 'b'], rooms)).toEqual(['a', 'gone', 'b', 'newer', 'new']);
});

test('what was said is kept once, in its order, and no longer than it may be', () => {
  const first = withWords([], { s: [phrase(2, 8), phrase(1, 5)] });
  const again = withWords(first, { t: [phrase(3, 6)], s: [{ ...phrase(2, 8), dumped: true }] });
  expect(again.map((line) => [line.n, line.seat, line.dumped])).toEqual([
    [1, 's', false],
    [3, 't', false],
    [2, 's', true],
  ]);
  const many = Array.from({ length: LOG_MAX + 9 }, (_, n) => phrase(n));
  expect(withWords([], { s: many }).map((line) => line.n)[0]).toBe(9);
  expect(withWords(again, null)).toBe(again);
});

test('the last lines are the newest of each voice', () => {
  const words = { a: [phrase(1), phrase(5)], b: [phrase(4)], c: [phrase(2)], d: [phrase(3)] };
  expect(lastLines(words).map((line) => [line.seat, line.n])).toEqual([
    ['d', 3],
    ['b', 4],
    ['a', 5],
  ]);
});

test('what waits and when a phrase airs are told in seconds', () => {
  expect(waitingS(gauge)).toBe(12);
  expect(waitingS(null)).toBe(0);
  const line = { ...phrase(1, 22), seat: 's' };
  expect(airsInS(line, withCourse({ known_from_s: 0, passed_to_s: 18, never: [] }), 1.5)).toBe(2.5);
  expect(airsInS(line, withCourse({ known_from_s: 0, passed_to_s: 12, never: [] }), 0)).toBe(10); // held back, airs late
});

const withCourse = (course: DeskCourse): DeskGauge => ({
  ...gauge,
  voices: { s: { level: 0, speaking: false, held_s: null, course } },
});
const at = (from_s: number, to_s: number): DeskPhrase => ({ ...phrase(1, from_s), to_s });

test('what became of a phrase depends on when it was said, not on what is done to the voice now', () => {
  const course: DeskCourse = { known_from_s: 2, passed_to_s: 30, never: [[10, 20]] };
  expect(fateOf(at(5, 8), course)).toBe('aired');
  expect(fateOf(at(12, 15), course)).toBe('kept');
  expect(fateOf(at(10, 20.02), course)).toBe('kept');
  expect(fateOf(at(8, 12), course)).toBe('partly');
  expect(fateOf(at(31, 33), course)).toBe(null);
  expect(fateOf(at(1, 3), course)).toBe(null);
  expect(fateOf(at(5, 8), null)).toBe(null);
  expect(fateOf(at(34, 36), { ...course, never: [[33, 37]] })).toBe('kept'); // dumped, before its time came
});

test('what became of a phrase is kept when nobody knows it any more', () => {
  const log = withWords([], { s: [at(5, 8)] });
  const told = settled(log, withCourse({ known_from_s: 0, passed_to_s: 10, never: [[4, 9]] }));
  const later = withCourse({ known_from_s: 40, passed_to_s: 70, never: [] });
  expect(settled(told, later)).toBe(told);
  expect(withWords(told, { s: [at(5, 8)] })[0]?.fate).toBe('kept');
  expect(settled(log, later)[0]?.fate).toBe(null); // a page that was opened later says nothing
  expect(airsInS({ ...at(5, 8), seat: 's' }, later, 0)).toBe(null);
  expect(airsInS({ ...at(5, 8), seat: 's' }, gauge, 0)).toBe(null);
});

test('a phrase is cut at its marks', () => {
  expect(pieces(phrase(1, 1, [[3, 7]]))).toEqual([
    { text: 'we ', isMarked: false },
    { text: 'harm', isMarked: true },
    { text: ' them', isMarked: false },
  ]);
  expect(pieces(phrase(1)).map((piece) => piece.isMarked)).toEqual([false]);
});

test('keys act on the flagged voice, else on the one that speaks', () => {
  const record = { seats: [{ id: 'a' }, { id: 'b' }], flags: [] } as unknown as DeskRecord;
  const loud = {
    ...gauge,
    voices: { a: { level: 80, speaking: false, held_s: null }, b: { level: 20, speaking: true, held_s: null } },
  };
  expect(likelyVoice(record, loud)).toBe('b');
  const flagged = { ...record, flags: [{ seat_id: 'a' }] } as unknown as DeskRecord;
  expect(likelyVoice(flagged, loud)).toBe('a');
  expect(likelyVoice({ ...record, seats: [] } as unknown as DeskRecord, loud)).toBe(null);
});
