/** One room, kept true by its ordered and resumable event stream. */
import { Failure } from '../api/client';
import { chatLines, eventsUrl, roomView } from '../api/house';
import type { RoomCard, SeatView } from '../api/types';
import { fromView, reduce, withLines, type FeedEntry, type RoomModel } from './reduce';

const KINDS = [
  'room',
  'seat',
  'hand',
  'speaking',
  'effect',
  'effect_failed',
  'restriction',
  'flag',
  'audience',
  'message',
  'duty',
  'statement',
  'report',
  'replay',
  'chat',
  'repair',
] as const;
/** Older entries are asked for too, so that a listener who is behind sees who was speaking then. */
const LOOK_BACK = 300;
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 15_000;
const CUT_OFF_MS = 4_000;
/** A whole hall must not ask again in the same instant. */
const SPREAD_MS = 900;

/** Whether an entry may change my own place, or addresses that only the house can give. */
function asksAgain(before: RoomModel, entry: FeedEntry): boolean {
  const { me, room } = before;
  if (entry.kind === 'hand' || entry.kind === 'restriction') return true;
  if (entry.kind === 'replay') return me.recording !== null;
  if (entry.kind === 'room') return (entry.data.room as RoomCard).state !== room.state;
  if (entry.kind === 'effect') return entry.data.seat_id === me.seat_id;
  if (entry.kind !== 'seat') return false;
  const seat = entry.data.seat as SeatView;
  const isNew = !before.seats.some((known) => known.id === seat.id);
  return seat.id === me.seat_id || (isNew && seat.state === 'invited');
}

export type Watcher = (before: RoomModel, after: RoomModel, entry: FeedEntry) => void;

export class RoomState {
  model = $state.raw<RoomModel | null>(null);
  failure = $state.raw<Failure | null>(null);
  connection = $state<'connecting' | 'open' | 'lost'>('connecting');

  /** The stream has been silent so long that a person should know. */
  isCutOff = $state(false);

  #source: EventSource | null = null;
  #cutOffTimer: ReturnType<typeof setTimeout> | undefined;
  #retryMs = RETRY_FIRST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #refreshTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #watchers: Watcher[] = [];

  constructor(readonly id: string) {}

  async start(): Promise<void> {
    await this.refresh();
    if (this.model && !this.#stopped) this.#connect(Math.max(0, this.model.lastEventId - LOOK_BACK));
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#refreshTimer);
    clearTimeout(this.#cutOffTimer);
    this.#source?.close();
    this.#watchers = [];
  }

  /** Tell `watcher` of each entry that changed the room; returns how to stop. */
  watch(watcher: Watcher): () => void {
    this.#watchers = [...this.#watchers, watcher];
    return () => {
      this.#watchers = this.#watchers.filter((known) => known !== watcher);
    };
  }

  /** Read the whole room again. A view older than the feed changes only my own place. */
  async refresh(): Promise<void> {
    try {
      const view = await roomView(this.id);
      const before = this.model;
      this.failure = null;
      this.model =
        before && view.last_event_id < before.lastEventId
          ? { ...before, me: view.me }
          : fromView(view, before);
    } catch (failure) {
      if (failure instanceof Failure) this.failure = failure;
      else throw failure;
    }
  }

  /** Read what was written in the chat so far; who may not hear the room has none. */
  async readChat(): Promise<void> {
    try {
      const lines = await chatLines(this.id);
      if (this.model) this.model = withLines(this.model, lines);
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
    }
  }

  #connect(after: number): void {
    const source = new EventSource(eventsUrl(this.id, after));
    this.#source = source;
    source.onopen = () => {
      this.connection = 'open';
      this.isCutOff = false;
      clearTimeout(this.#cutOffTimer);
      this.#retryMs = RETRY_FIRST_MS;
    };
    source.onerror = () => this.#lost(source);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => this.#received(kind, event));
    }
  }

  /** The browser resumes by itself with the last id; only a closed stream is opened anew, later and later. */
  #lost(source: EventSource): void {
    if (this.connection !== 'lost') {
      this.#cutOffTimer = setTimeout(() => (this.isCutOff = true), CUT_OFF_MS);
    }
    this.connection = 'lost';
    if (source.readyState !== EventSource.CLOSED || this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(this.model?.lastEventId ?? 0), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LONGEST_MS);
  }

  #received(kind: string, event: MessageEvent<string>): void {
    const before = this.model;
    if (!before) return;
    const data = JSON.parse(event.data) as Record<string, unknown>;
    const entry = { id: Number(event.lastEventId), kind, data };
    const after = reduce(before, entry);
    if (after === before) return;
    this.model = after;
    if (asksAgain(before, entry)) this.#refreshSoon(kind === 'room' ? SPREAD_MS : 0);
    for (const watcher of this.#watchers) watcher(before, after, entry);
  }

  #refreshSoon(spreadMs: number): void {
    clearTimeout(this.#refreshTimer);
    const after = 100 + Math.random() * spreadMs;
    this.#refreshTimer = setTimeout(() => void this.refresh(), after);
  }
}
