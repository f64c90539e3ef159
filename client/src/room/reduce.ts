/** What a room is, as one value, and how each entry of its feed changes it. Pure: no clock, no network. */
import type {
  ChatLine,
  FlagView,
  HandView,
  MyPlace,
  RestrictionView,
  RoomCard,
  RoomView,
  SeatView,
} from '../api/types';

/** Who speaks from this stage position on (samples at 48 kHz since the room went on air). */
export interface Speaking {
  id: number;
  position: number;
  seats: readonly string[];
}

/** Something a host did to the sound, with what was observed afterwards. */
export interface Effect {
  effect_id: string;
  kind: string;
  seat_id: string | null;
  by_name: string;
  reason: string | null;
  observed: Record<string, unknown>;
  failed: boolean;
}

/** What the safety team, or the house by itself, tells the hosts. */
export interface HostMessage {
  id: number;
  about: string;
  text: string;
}

export interface RoomModel {
  lastEventId: number;
  room: RoomCard;
  seats: readonly SeatView[];
  hands: readonly HandView[];
  flags: readonly FlagView[];
  me: MyPlace;
  speaking: readonly Speaking[];
  effects: readonly Effect[];
  messages: readonly HostMessage[];
  /** Oldest first; what was written before I came is read once (`withLines`). */
  chat: readonly ChatLine[];
  /** What was given back while I was here: who saw it taken is told. */
  repairs: readonly Repair[];
}

/** Something that was taken wrongly, by hosts or a decision, and was given back. */
export interface Repair {
  id: number;
  name: string;
  why: 'appeal' | 'contest';
  what: readonly string[];
}

export interface FeedEntry {
  id: number;
  kind: string;
  data: Record<string, unknown>;
}

const SAMPLES_PER_MS = 48;
/** Changes of speaker kept for the playhead: about half an hour of lively talk; older ones are dropped. */
const SPEAKING_KEPT = 1_000;
const EFFECTS_KEPT = 30;
const MESSAGES_KEPT = 20;
const LINES_KEPT = 200;
const REPAIRS_KEPT = 5;

export function fromView(view: RoomView, before?: RoomModel | null): RoomModel {
  return {
    lastEventId: view.last_event_id,
    room: view.room,
    seats: view.seats,
    hands: view.hands,
    flags: view.flags,
    me: view.me,
    speaking: before?.speaking ?? [],
    effects: before?.effects ?? [],
    messages: before?.messages ?? [],
    chat: before?.chat ?? [],
    repairs: before?.repairs ?? [],
  };
}

function upsert<T extends { id: string }>(list: readonly T[], item: T): T[] {
  const at = list.findIndex((old) => old.id === item.id);
  return at < 0
    ? [...list, item]
    : list.map((old, index) => (index === at ? { ...old, ...item } : old));
}

/** Entries may come again after a reconnect, and older ones on purpose: each counts once, in order. */
function withSpeaking(model: RoomModel, entry: FeedEntry): RoomModel {
  if (model.speaking.some((known) => known.id === entry.id)) return model;
  const { seats, position } = entry.data as { seats: string[]; position: number };
  const speaking = [...model.speaking, { id: entry.id, position, seats }]
    .sort((a, b) => a.id - b.id)
    .slice(-SPEAKING_KEPT);
  return { ...model, speaking, lastEventId: Math.max(model.lastEventId, entry.id) };
}

/** As with speakers: older ones are asked for on purpose, so that a page that is loaded anew has them. */
function withMessage(model: RoomModel, entry: FeedEntry): RoomModel {
  if (model.messages.some((known) => known.id === entry.id)) return model;
  const { about, text, on_duty } = entry.data as { about?: string; text?: string; on_duty?: boolean };
  const told = { id: entry.id, about: about ?? (on_duty ? 'on_duty' : 'off_duty'), text: text ?? '' };
  const messages = [...model.messages, told].sort((a, b) => a.id - b.id).slice(-MESSAGES_KEPT);
  return { ...model, messages, lastEventId: Math.max(model.lastEventId, entry.id) };
}

function withEffect(model: RoomModel, entry: FeedEntry): RoomModel {
  const data = entry.data as unknown as Effect;
  const effect = { ...data, failed: entry.kind === 'effect_failed' };
  const others = model.effects.filter((known) => known.effect_id !== effect.effect_id);
  return { ...model, effects: [...others, effect].slice(-EFFECTS_KEPT) };
}

function withRestriction(model: RoomModel, restriction: RestrictionView): RoomModel {
  const mine = model.me.restrictions.some((known) => known.id === restriction.id);
  if (!mine) return model;
  const restrictions = upsert(model.me.restrictions, restriction);
  return { ...model, me: { ...model.me, restrictions } };
}

function changed(model: RoomModel, entry: FeedEntry): RoomModel {
  const data = entry.data;
  switch (entry.kind) {
    case 'room':
      return { ...model, room: { ...model.room, ...(data.room as RoomCard) } };
    case 'seat':
      return { ...model, seats: upsert(model.seats, data.seat as SeatView) };
    case 'hand':
      return { ...model, hands: upsert(model.hands, data.hand as HandView) };
    case 'flag':
      return { ...model, flags: upsert(model.flags, data.flag as FlagView) };
    case 'repair':
      return { ...model, repairs: [...model.repairs, { ...(data as object), id: entry.id } as Repair].slice(-REPAIRS_KEPT) };
    case 'audience':
      return { ...model, room: { ...model.room, listeners_band: String(data.band) } };
    case 'restriction':
      return withRestriction(model, data.restriction as RestrictionView);
    case 'effect':
    case 'effect_failed':
      return withEffect(model, entry);
    default:
      return model;
  }
}

/** Lines in the order in which they were written; what is known of one already is replaced. */
function merged(known: readonly ChatLine[], lines: readonly ChatLine[]): ChatLine[] {
  return lines
    .reduce<ChatLine[]>(upsert, [...known])
    .sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .slice(-LINES_KEPT);
}

/** A view that is read anew has no lines: one that was told before it counts as well. */
function withLine(model: RoomModel, entry: FeedEntry): RoomModel {
  const line = entry.data.line as ChatLine | null;
  if (!line) return { ...model, chat: [], lastEventId: Math.max(model.lastEventId, entry.id) };
  const known = model.chat.find((one) => one.id === line.id);
  if (known && known.text === line.text) return model;
  const lastEventId = Math.max(model.lastEventId, entry.id);
  return { ...model, chat: merged(model.chat, [line]), lastEventId };
}

/** What was written before; what came by the feed meanwhile is newer. */
export function withLines(model: RoomModel, lines: readonly ChatLine[]): RoomModel {
  const known = new Set(model.chat.map((one) => one.id));
  return { ...model, chat: merged(model.chat, lines.filter((one) => !known.has(one.id))) };
}

/** Apply one entry of the feed. An entry that was applied before changes nothing. */
export function reduce(model: RoomModel, entry: FeedEntry): RoomModel {
  if (entry.kind === 'speaking') return withSpeaking(model, entry);
  if (entry.kind === 'message' || entry.kind === 'duty') return withMessage(model, entry);
  if (entry.kind === 'chat') return withLine(model, entry);
  if (entry.id <= model.lastEventId) return model;
  return { ...changed(model, entry), lastEventId: entry.id };
}

/** Who was speaking at a moment of the programme; empty when nothing is known about it. */
export function speakersAt(model: RoomModel, at: number): readonly string[] {
  const onAir = Date.parse(model.room.on_air_at ?? '');
  const last = model.speaking.findLast(
    (change) => onAir + change.position / SAMPLES_PER_MS <= at,
  );
  return last?.seats ?? [];
}

/** Who speaks on stage now. */
export function speakersNow(model: RoomModel): readonly string[] {
  const last = model.speaking.at(-1);
  if (last) return last.seats;
  return model.seats.filter((seat) => seat.speaking).map((seat) => seat.id);
}

export interface Stretch {
  seat: string;
  fromAt: number;
  toAt: number | null;
}

/** The stretches in which each seat spoke, since `since`; an open end means: still speaking. */
export function stretches(model: RoomModel, since: number): Stretch[] {
  const onAir = Date.parse(model.room.on_air_at ?? '');
  const done: Stretch[] = [];
  const running = new Map<string, Stretch>();
  for (const change of model.speaking) {
    const at = onAir + change.position / SAMPLES_PER_MS;
    for (const [seat, stretch] of running) {
      if (change.seats.includes(seat)) continue;
      running.delete(seat);
      if (at > since) done.push({ ...stretch, toAt: at });
    }
    for (const seat of change.seats) {
      if (!running.has(seat)) running.set(seat, { seat, fromAt: at, toAt: null });
    }
  }
  return [...done, ...running.values()];
}

const PRESENT: readonly string[] = ['on_stage', 'reconnecting'];

/** Seats that stand on the stage, host first, then by name. */
export function onStage(model: RoomModel): SeatView[] {
  const rank = { host: 0, cohost: 1, speaker: 2, safety: 3 } as const;
  return model.seats
    .filter((seat) => PRESENT.includes(seat.state))
    .sort((a, b) => rank[a.role] - rank[b.role] || a.name.localeCompare(b.name));
}

/** Raised hands in fair order: people who have not spoken here first, then who waits longest. */
export function fairQueue(model: RoomModel): HandView[] {
  return model.hands
    .filter((hand) => hand.state === 'raised')
    .sort(
      (a, b) =>
        Number(b.first_time) - Number(a.first_time) ||
        Date.parse(a.raised_at) - Date.parse(b.raised_at),
    );
}

export function mySeat(model: RoomModel): SeatView | null {
  return model.seats.find((seat) => seat.id === model.me.seat_id) ?? null;
}

export function myHand(model: RoomModel): HandView | null {
  const hand = model.hands.find((known) => known.id === model.me.hand_id);
  return hand?.state === 'raised' ? hand : null;
}

/** People on stage who are not listened to for known recordings at the moment. */
export function unwatched(model: RoomModel): SeatView[] {
  return onStage(model).filter((seat) => seat.watch.state === 'unwatched');
}

/** People on stage whose words are not heard at the moment. */
export function unheard(model: RoomModel): SeatView[] {
  return onStage(model).filter((seat) => seat.watch.state === 'unheard');
}

export function mayHost(model: RoomModel): boolean {
  return model.me.role === 'host' || model.me.role === 'cohost';
}

/** Restrictions that still hold at `now`. */
export function inForce(model: RoomModel, now: number): RestrictionView[] {
  return model.me.restrictions.filter(
    // What was written and taken out weighs on nothing that is to come.
    (one) => one.kind !== 'take_line' && one.lifted_at === null && (one.until_at === null || Date.parse(one.until_at) > now),
  );
}
