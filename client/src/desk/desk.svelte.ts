/** The live desk, kept true by its stream: everything at first, then what changed. */
import { deskStreamUrl } from '../api/desk';
import type { DeskGauge, DeskPhrase, DeskRecord, DutyView } from '../api/types';
import {
  byId,
  byUrgency,
  held,
  isPressing,
  settled,
  withWords,
  type DeskRoom,
  type RoomChange,
  type Said,
} from './model';

interface Told {
  at: number;
  worker_away: boolean;
  words_left_out: number;
  duty?: DutyView;
  rooms: RoomChange[];
  dropped?: number;
  gone?: string[];
}

const RETRY_MS = 3_000;
/** Two missed turns and a little: then what is shown is old, and says so. */
const OLD_AFTER_MS = 2_500;

export class RoomOnDesk {
  record = $state.raw() as DeskRecord;
  gauge = $state.raw<DeskGauge | null>(null);
  words = $state.raw<Record<string, DeskPhrase[]> | null>(null);
  log = $state.raw<readonly Said[]>([]);
  isGone = $state(false);
  isLarge = $state(false);
  gaugeAt = 0;

  constructor(
    readonly id: string,
    record: DeskRecord,
  ) {
    this.record = record;
  }

  take(change: RoomChange): void {
    if (change.record) this.record = change.record;
    if (change.gauge !== undefined) {
      this.gauge = change.gauge;
      this.gaugeAt = performance.now();
    }
    if (change.words !== undefined) this.words = change.words;
    this.log = settled(withWords(this.log, change.words ?? null), this.gauge);
  }
}

export class Desk {
  /** Rooms in the order in which they are shown. */
  rooms = $state.raw<readonly RoomOnDesk[]>([]);
  duty = $state.raw<DutyView | null>(null);
  connection = $state<'connecting' | 'open' | 'lost'>('connecting');
  isWorkerAway = $state(false);
  wordsLeftOut = $state(0);
  dropped = $state(0);
  isOld = $state(false);
  /** Somebody points at the grid or has the focus in it: rooms stay where they are. */
  isHeld = $state(false);

  #source: EventSource | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #old: ReturnType<typeof setTimeout> | undefined;

  readonly large = $derived(this.rooms.filter((room) => room.isLarge));
  readonly calm = $derived(this.rooms.filter((room) => !room.isLarge));

  start(): void {
    const source = new EventSource(deskStreamUrl);
    this.#source = source;
    source.addEventListener('desk', (event) => this.#take(event, true));
    source.addEventListener('change', (event) => this.#take(event, false));
    source.onerror = () => {
      this.connection = 'lost';
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.start(), RETRY_MS);
    };
  }

  stop(): void {
    this.#source?.close();
    clearTimeout(this.#retry);
    clearTimeout(this.#old);
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    if (!isHeld) this.#place();
  }

  #take(event: MessageEvent<string>, isWhole: boolean): void {
    const told = JSON.parse(event.data) as Told;
    this.connection = 'open';
    this.isOld = false;
    clearTimeout(this.#old);
    this.#old = setTimeout(() => (this.isOld = true), OLD_AFTER_MS);
    this.isWorkerAway = told.worker_away;
    this.wordsLeftOut = told.words_left_out;
    this.dropped += told.dropped ?? 0;
    if (told.duty) this.duty = told.duty;
    this.#change(told, isWhole);
  }

  #change(told: Told, isWhole: boolean): void {
    const known = byId(this.rooms);
    const listed = byId(told.rooms);
    const gone = isWhole ? [...known.keys()].filter((id) => !listed.has(id)) : (told.gone ?? []);
    let moves = gone.length > 0;
    for (const id of gone) {
      const room = known.get(id);
      if (room) room.isGone = true;
    }
    for (const change of told.rooms) {
      const room = known.get(change.id);
      moves ||= !room || change.record !== undefined;
      if (room) room.take(change);
      else if (change.record) known.set(change.id, this.#added(change as DeskRoom));
    }
    if (moves) this.#place(known);
  }

  #added(room: DeskRoom): RoomOnDesk {
    const added = new RoomOnDesk(room.id, room.record);
    added.isLarge = !this.isHeld && isPressing(room.record);
    added.take(room);
    return added;
  }

  #place(known = byId(this.rooms)): void {
    if (this.isHeld) {
      const order = held(this.rooms.map((room) => room.id), [...known.values()]);
      if (order.length === this.rooms.length) return;
      this.rooms = order.flatMap((id) => known.get(id) ?? []);
      return;
    }
    const here = [...known.values()].filter((room) => !room.isGone);
    for (const room of here) room.isLarge = isPressing(room.record);
    this.rooms = here.sort(byUrgency);
  }
}
