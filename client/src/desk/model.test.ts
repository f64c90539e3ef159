import { expect, test } from 'vitest';
import type { DeskGauge, DeskPhrase, DeskRecord } from '../api/types';
import { airsInS, byRisk, held, lastLines, likelyVoice, LOG_MAX, pieces, waitingS, withWords } from './model';

const room = (id: string, risk: number, flagAt?: string) => ({
  id,
  record: {
    title: id,
    risk,
    seats: [],
    flags: flagAt ? [{ at: flagAt, seat_id: 's' }] : [],
  } as unknown as DeskRecord,
});
const phrase = (n: number, from_s = n, marks: [number, number][] = []): DeskPhrase =>
  ({ n, text: 'we harm them', from_s, to_s: from_s + 1, marks, dumped: false }) as DeskPhrase;
const gauge = { position_s: 30, aired_to_s: 18, delay_s: 12, voices: {} } as DeskGauge;

test('the highest risk comes first, then the flag that waited longest, then the name', () => {
  const rooms = [
    room('calm', 0),
    room('new', 40, '2026-01-01T10:01:00Z'),
    room('old', 40, '2026-01-01T10:00:00Z'),
    room('also calm', 0),
    room('worst', 90),
  ];
  expect(rooms.sort(byRisk).map((one) => one.id)).toEqual(['worst', 'old', 'new', 'also calm', 'calm']);
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
  expect(airsInS(phrase(1, 22), gauge, 1.5)).toBe(2.5);
  expect(airsInS(phrase(1, 16), gauge, 0)).toBe(-2);
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
