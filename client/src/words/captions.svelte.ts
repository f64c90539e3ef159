/** Captions as they come: a small loader that asks for what is new while somebody reads. */
import type { RoomCard } from '../api/types';
import { placeOf, type Piece } from '../listen/moments';
import { arrived, heard, isJump, NOTHING, trimmed } from './flow';
import { Memory } from './memory';
import { extended, readPlaylist, type Playlist, type Segment } from './playlist';
import { readPhrases, type Phrase } from './vtt';

export type CaptionState = 'waiting' | 'running' | 'lost' | 'over';

/** What the listener hears: media time where the player knows it, else the moment of speech. */
export interface Ear {
  mediaS: number | null;
  playheadAt: number | null;
}

type Addresses = Pick<RoomCard, 'captions_url' | 'transcript_url' | 'rewind_url'>;

const TICK_MS = 200;
const PATIENCE_MS = 8_000;
const RETRY_LONGEST_MS = 10_000;
/** A window of captions holds few files; more at once would be somebody else's playlist. */
const FILES_MAX = 12;
const FETCHED_MAX = 2_000;
const KNOWN_MAX = 20_000;
/** What was said before is long: asked for on purpose, and not again within this time. */
const PAST_EVERY_MS = 20_000;
const PAST_SHOWN_MAX = 5_000;
/** The words of a moment come a few seconds after it. */
const LATE_S = 4;

async function textAt(url: string): Promise<string | null> {
  const response = await fetch(url, { credentials: 'omit', signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

export class CaptionFeed {
  shown = $state.raw<readonly Phrase[]>([]);
  state = $state<CaptionState>('waiting');
  /** Words are missing that were said while this page slept, or before it was opened. */
  hasPast = $state(true);

  #flow = NOTHING;
  readonly #known = new Memory<Phrase>(KNOWN_MAX);
  readonly #fetched = new Memory<true>(FETCHED_MAX);
  #next: number | null = null;
  #pieces: readonly Piece[] = [];
  #pastAt = -Infinity;
  #showsAll = false;
  #retryMs: number;
  #poll: ReturnType<typeof setTimeout> | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  /** `everyMs`: how often something new is asked for; a reader in a hurry pays with bytes. */
  constructor(
    readonly addresses: () => Addresses,
    readonly ear: () => Ear,
    readonly everyMs: number,
  ) {
    this.#retryMs = everyMs;
  }

  start(): () => void {
    this.#clock = setInterval(() => this.#tick(), TICK_MS);
    void this.#ask();
    return () => {
      clearInterval(this.#clock);
      clearTimeout(this.#poll);
      this.#clock = undefined;
    };
  }

  /** Show all that was said so far, as much as a page can bear. */
  async showPast(): Promise<void> {
    this.#showsAll = true;
    await this.#loadPast();
    this.#startOver();
    this.hasPast = false;
  }

  async #ask(): Promise<void> {
    if (!document.hidden) await this.#askOnce();
    if (this.#clock === undefined || this.state === 'over') return;
    clearTimeout(this.#poll);
    this.#poll = setTimeout(() => void this.#ask(), this.#retryMs);
  }

  async #askOnce(): Promise<void> {
    const url = this.addresses().captions_url;
    if (!url) return;
    try {
      const text = await textAt(url);
      if (text !== null) await this.#take(readPlaylist(text, url));
      this.#retryMs = this.everyMs;
    } catch {
      this.state = 'lost';
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LONGEST_MS);
    }
  }

  async #take(list: Playlist): Promise<void> {
    const fresh = list.segments.filter((one) => one.number >= (this.#next ?? 0));
    const isHole = this.#next !== null && (fresh[0]?.number ?? this.#next) > this.#next;
    await this.#fetch(fresh.slice(-FILES_MAX));
    this.#pieces = extended(this.#pieces, list.segments);
    const last = list.segments.at(-1);
    if (last) this.#next = last.number + 1;
    if (isHole) await this.#loadPast();
    this.state = list.hasEnded ? 'over' : this.#known.size > 0 ? 'running' : 'waiting';
  }

  /** Fetch each file once; all segments without words share one. */
  async #fetch(segments: readonly Segment[]): Promise<void> {
    const all = segments.map((one) => one.url);
    const urls = all.filter((url, index) => all.indexOf(url) === index && !this.#fetched.has(url));
    const texts = await Promise.all(urls.map(textAt));
    for (const url of urls) this.#fetched.keep(url, true);
    this.#learn(texts.flatMap((text) => readPhrases(text ?? '')));
  }

  #learn(phrases: readonly Phrase[]): void {
    for (const phrase of phrases) this.#known.keep(phrase.key, phrase);
    this.#flow = arrived(this.#flow, phrases);
    this.#tick();
  }

  /** Read the transcript so far; there is none before the first word. */
  async #loadPast(): Promise<void> {
    const url = this.addresses().transcript_url;
    if (!url || performance.now() < this.#pastAt + PAST_EVERY_MS) return;
    this.#pastAt = performance.now();
    const text = await textAt(url).catch(() => null);
    if (text === null) return;
    const before = this.#known.values();
    this.#known.clear();
    this.#learn([...readPhrases(text), ...before]);
    this.#startOver();
  }

  #startOver(): void {
    this.#flow = arrived(NOTHING, this.#known.values());
    this.#tick();
  }

  #tick(): void {
    const heardS = this.#heardS();
    if (isJump(this.#flow.heardS, heardS)) {
      this.#flow = arrived(NOTHING, this.#known.values());
      if (heardS !== null && !this.#knows(heardS)) void this.#loadPast();
    }
    const all = this.#showsAll ? PAST_SHOWN_MAX : undefined;
    this.#flow = trimmed(heard(this.#flow, heardS), all);
    if (this.#flow.shown !== this.shown) this.shown = this.#flow.shown;
  }

  #knows(heardS: number): boolean {
    const first = this.#known.values()[0];
    return first !== undefined && first.fromS <= heardS + LATE_S;
  }

  /** A player that does not tell media time tells the moment of speech; a list says where that lies. */
  #heardS(): number | null {
    const { mediaS, playheadAt } = this.ear();
    if (mediaS !== null || playheadAt === null) return mediaS;
    if (this.#pieces.length === 0) void this.#learnPlaces();
    return placeOf(this.#pieces, playheadAt);
  }

  #isLearning = false;
  async #learnPlaces(): Promise<void> {
    const url = this.addresses().rewind_url;
    if (!url || this.#isLearning) return;
    this.#isLearning = true;
    const text = await textAt(url).catch(() => null);
    if (text !== null) this.#pieces = extended([], readPlaylist(text, url).segments);
    setTimeout(() => (this.#isLearning = false), PATIENCE_MS);
  }
}
