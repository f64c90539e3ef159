/** The lists of rooms, kept true by the hallway's event stream. */
import { hallwayUrl, rooms } from '../api/house';
import type { RoomCard } from '../api/types';
import { session } from '../ui/session.svelte';

export interface Lists {
  live: RoomCard[];
  mine: RoomCard[];
  upcoming: RoomCard[];
  ended: RoomCard[];
}

/** A full hallway must not ask again in the same instant. */
const SPREAD_MS = 900;
const RETRY_MS = 15_000;

async function load(): Promise<Lists> {
  const [live, upcoming, ended, mine] = await Promise.all([
    rooms('live'),
    rooms('upcoming'),
    rooms('ended'),
    session.person ? rooms('mine') : [],
  ]);
  const shown = new Set([...live, ...upcoming].map((room) => room.id));
  const waiting = mine.filter((room) => room.state === 'draft' && !shown.has(room.id));
  return { live, upcoming: [...waiting, ...upcoming], ended, mine };
}

export class Hallway {
  lists = $state.raw<Lists | null>(null);
  failure = $state.raw<unknown>(null);

  #source: EventSource | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    void this.refresh();
    this.#connect();
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#source?.close();
  }

  async refresh(): Promise<void> {
    try {
      this.lists = await load();
      this.failure = null;
    } catch (failure) {
      this.failure = failure;
    }
  }

  /** What happened while nobody was connected is in the lists, so they are read at each opening. */
  #connect(): void {
    const source = new EventSource(hallwayUrl);
    this.#source = source;
    source.onopen = () => this.#refreshSoon();
    source.addEventListener('rooms', () => this.#refreshSoon());
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
    };
  }

  #refreshSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), 100 + Math.random() * SPREAD_MS);
  }
}
