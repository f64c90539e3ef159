import { expect, it } from 'vitest';
import type { SeatView } from '../api/types';
import type { RoomModel } from '../room/reduce';
import type { Line } from './heard';
import { voicesIn } from './who';

const ON_AIR = '2026-11-21T10:00:00Z';
const seat = (id: string, name: string, state = 'on_stage') => ({ id, name, state }) as SeatView;
const speaking = (id: number, second: number, ...seats: string[]) => ({ id, position: second * 48_000, seats });
const model = (changes: object = {}) =>
  ({
    room: { on_air_at: ON_AIR },
    me: { seat_id: null },
    seats: [seat('a', 'Ada'), seat('b', 'Budi'), seat('c', 'Citra', 'invited')],
    speaking: [speaking(1, 1, 'a'), speaking(2, 5, 'b'), speaking(3, 9), speaking(4, 20, 'a'), speaking(5, 22)],
    ...changes,
  }) as unknown as RoomModel;
const line = (seatId: string, speaker: string, from: number, to: number) =>
  ({ seat: seatId, speaker, span: { from, to } }) as Line;

it('names who is on stage, whoever spoke last in the stretch first', () => {
  expect(voicesIn(model(), [], { from: 0, to: 10 })).toEqual([
    { seat: 'b', name: 'Budi', spans: [{ from: 5, to: 9 }] },
    { seat: 'a', name: 'Ada', spans: [{ from: 1, to: 5 }] },
  ]);
  expect(voicesIn(model(), [], { from: 3, to: 21 }).map((one) => [one.seat, one.spans])).toEqual([
    ['a', [{ from: 3, to: 5 }, { from: 20, to: 21 }]],
    ['b', [{ from: 5, to: 9 }]],
  ]);
});

it('leaves out the reporter, and knows by captions who has gone', () => {
  const over = model({ seats: [], speaking: [], me: { seat_id: 'a' } });
  const lines = [line('a', 'Ada', 1, 2), line('d', 'Dewi', 3, 4), line('Anonymous', 'Anonymous', 5, 6)];
  expect(voicesIn(over, lines, { from: 0, to: 10 })).toEqual([
    { seat: 'd', name: 'Dewi', spans: [{ from: 3, to: 4 }] },
  ]);
});
