import { describe, expect, it } from 'vitest';
import type { RoomView, SeatView } from '../api/types';
import {
  fairQueue,
  fromView,
  reduce,
  speakersAt,
  stretches,
  unheard,
  unwatched,
  withLines,
  type FeedEntry,
  type RoomModel,
} from './reduce';

const ON_AIR = '2026-11-21T10:00:00Z';

const WATCHED: SeatView['watch'] = { state: 'watched', from_position: null, why: null };
const UNWATCHED: SeatView['watch'] = { state: 'unwatched', from_position: 48_000, why: 'detector' };
const UNHEARD: SeatView['watch'] = { state: 'unheard', from_position: 0, why: 'language' };

function seat(id: string, more: Partial<SeatView> = {}): SeatView {
  return { id, name: id, role: 'speaker', state: 'on_stage', muted: false, held: null, by_safety: null, speaking: false, language: null, watch: WATCHED, ...more };
}

function view(): RoomView {
  return {
    room: {
      id: 'r', title: 'Morning', description: '', language: 'en', openness: 'open', state: 'live',
      delay_s: 5, recording: true, captions: true, is_demo: false, host: { display_name: 'Ada' }, speakers: [],
      listeners_band: '0', playlist_url: null, low_latency_url: null, rewind_url: null,
      replay_url: null, captioned_url: null, captions_url: null, transcript_url: null, opened_at: ON_AIR, on_air_at: ON_AIR,
      ended_at: null, abridged: false, hands_locked: false, slow_s: 0, chat: false,
    },
    seats: [seat('a')],
    hands: [],
    flags: [],
    me: { role: 'listener', seat_id: null, hand_id: null, restrictions: [], banned_until: null, recording: null },
    last_event_id: 10,
  };
}

const entries: FeedEntry[] = [
  { id: 11, kind: 'seat', data: { seat: seat('b') } },
  { id: 12, kind: 'speaking', data: { seats: ['a'], position: 48_000 } },
  { id: 13, kind: 'audience', data: { band: '10–49' } },
  { id: 14, kind: 'speaking', data: { seats: ['a', 'b'], position: 96_000 } },
  { id: 15, kind: 'seat', data: { seat: seat('a', { muted: true }) } },
  { id: 16, kind: 'speaking', data: { seats: [], position: 144_000 } },
  { id: 17, kind: 'effect', data: { effect_id: 'e', kind: 'hold', seat_id: 'a', by_name: 'Ada', reason: null, observed: {} } },
  { id: 18, kind: 'room', data: { room: { title: 'Evening' } } },
];

const run = (model: RoomModel, feed: FeedEntry[]) => feed.reduce(reduce, model);
const whole = run(fromView(view()), entries);

describe('the feed of a room', () => {
  it('changes nothing when an entry comes twice', () => {
    expect(run(fromView(view()), entries.flatMap((entry) => [entry, entry]))).toEqual(whole);
    expect(run(whole, entries)).toBe(whole);
  });

  it('ends in the same room wherever the stream is resumed', () => {
    for (let cut = 0; cut <= entries.length; cut += 1) {
      for (let from = 0; from <= cut; from += 1) {
        const before = run(fromView(view()), entries.slice(0, cut));
        expect(run(before, entries.slice(from))).toEqual(whole);
      }
    }
  });

  it('learns older changes of speaker without letting older seats come back', () => {
    const later = { ...view(), last_event_id: 15, seats: [seat('a', { muted: true }), seat('b')] };
    const model = run(fromView(later), entries);
    expect(model.seats).toEqual(whole.seats);
    expect(model.speaking).toEqual(whole.speaking);
  });

  it('keeps what a later entry does not name', () => {
    expect(whole.room.title).toBe('Evening');
    expect(whole.room.listeners_band).toBe('10–49');
    expect(whole.room.language).toBe('en');
  });

  it('keeps a limited number of changes of speaker, the newest', () => {
    const many = Array.from({ length: 1_200 }, (_, index) => (
      { id: 100 + index, kind: 'speaking', data: { seats: ['a'], position: index } }
    ));
    const model = run(whole, many);
    expect(model.speaking.length).toBe(1_000);
    expect(model.speaking.at(-1)?.position).toBe(1_199);
  });
});

describe('who speaks', () => {
  const at = (seconds: number) => Date.parse(ON_AIR) + seconds * 1_000;

  it('follows the moment that is heard, not the moment on stage', () => {
    expect(speakersAt(whole, at(0.5))).toEqual([]);
    expect(speakersAt(whole, at(1))).toEqual(['a']);
    expect(speakersAt(whole, at(2.5))).toEqual(['a', 'b']);
    expect(speakersAt(whole, at(3))).toEqual([]);
  });

  it('is cut into stretches for the delay line', () => {
    expect(stretches(whole, 0)).toEqual([
      { seat: 'a', fromAt: at(1), toAt: at(3) },
      { seat: 'b', fromAt: at(2), toAt: at(3) },
    ]);
  });
});

it('queues first-timers first, then who waits longest', () => {
  const hands = [
    { id: '1', name: 'x', raised_at: '2026-11-21T10:01:00Z', state: 'raised' as const, first_time: false },
    { id: '2', name: 'y', raised_at: '2026-11-21T10:03:00Z', state: 'raised' as const, first_time: true },
    { id: '3', name: 'z', raised_at: '2026-11-21T10:00:00Z', state: 'raised' as const, first_time: false },
    { id: '4', name: 'w', raised_at: '2026-11-21T09:00:00Z', state: 'lowered' as const, first_time: false },
  ];
  expect(fairQueue({ ...whole, hands }).map((hand) => hand.id)).toEqual(['2', '3', '1']);
});

it('keeps a flag once, as it is told last', () => {
  const flag = { id: 'f', seat_id: 'a', stage: 'suspected', state: 'open' };
  const one = reduce(fromView(view()), { id: 101, kind: 'flag', data: { flag } });
  const two = reduce(one, { id: 102, kind: 'flag', data: { flag: { ...flag, stage: 'confirmed' } } });
  expect(two.flags).toEqual([{ ...flag, stage: 'confirmed' }]);
});

it('names the people on stage whom machines do not listen to, and those whose words they do not hear', () => {
  const seats = [
    seat('a', { watch: UNWATCHED }),
    seat('b'),
    seat('c', { state: 'left', watch: UNWATCHED }),
    seat('d', { watch: UNHEARD }),
  ];
  const model = fromView({ ...view(), seats });
  expect(unwatched(model).map((one) => one.id)).toEqual(['a']);
  expect(unheard(model).map((one) => one.id)).toEqual(['d']);
});

describe('the chat', () => {
  const model = fromView(view());
  const line = (id: string, at: number, text: string | null = id) => ({
    id, name: 'Ada', role: null, text, at: new Date(at).toISOString(), taken_by: text === null ? ('host' as const) : null,
  });
  const said = (id: number, one: ReturnType<typeof line>) => ({ id, kind: 'chat', data: { line: one } });

  it('has its lines in the order in which they were written, each once', () => {
    let now = reduce(model, said(101, line('b', 2_000)));
    now = withLines(now, [line('a', 1_000), line('b', 2_000, 'older')]);
    expect(now.chat.map((one) => one.text)).toEqual(['a', 'b']);
    now = reduce(now, said(102, line('a', 1_000, null)));
    expect(now.chat.map((one) => [one.id, one.text])).toEqual([['a', null], ['b', 'b']]);
    expect(withLines(now, [line('a', 1_000)]).chat[0]?.text).toBeNull();
  });

  it('is empty once it is forgotten', () => {
    const now = reduce(withLines(model, [line('a', 1_000)]), { id: 101, kind: 'chat', data: { line: null } });
    expect(now.chat).toEqual([]);
  });

  it('keeps the newest two hundred', () => {
    const many = Array.from({ length: 250 }, (_, n) => line(String(n), n * 1_000));
    const { chat } = withLines(model, many);
    expect(chat.length).toBe(200);
    expect(chat.at(-1)?.id).toBe('249');
  });

  it('tells what was given back to those who were there', () => {
    const data = { seat_id: 's', name: 'Ada', why: 'contest', what: ['take_line'] };
    const now = reduce(model, { id: 101, kind: 'repair', data });
    expect(now.repairs).toEqual([{ ...data, id: 101 }]);
    expect(reduce(now, { id: 101, kind: 'repair', data }).repairs.length).toBe(1);
  });
});
