/** The listener's player: one audio element, live, rewound or as a replay. */
import type Hls from 'hls.js/light';
import type { HlsConfig } from 'hls.js/light';
import { houseNow } from '../api/client';
import type { RoomCard } from '../api/types';
import { isHeardOut, type Clip } from '../clip/clip';
import { momentAt, placeOf } from './moments';

export type Latency = 'plain' | 'low';
export type PlayerStatus = 'off' | 'starting' | 'playing' | 'paused' | 'blocked' | 'failed';
type Mode = 'live' | 'rewind' | 'replay';

const TICK_MS = 200;
/** Further behind than this beyond the delay, "Go live" has something to do. */
const LIVE_SLACK_S = 5;
const RETRY_MS = 1_500;
const COMMON: Partial<HlsConfig> = { enableWorker: false, backBufferLength: 60 };
const LIVE: Partial<HlsConfig> = {
  ...COMMON,
  maxLiveSyncPlaybackRate: 1.05,
  liveDurationInfinity: true,
};
/** Low latency keeps the distance that the playlist names (PART-HOLD-BACK); a count of segments would override it. */
const PLAIN: Partial<HlsConfig> = {
  ...LIVE,
  lowLatencyMode: false,
  liveSyncDurationCount: 2,
  liveMaxLatencyDurationCount: 8,
};
const LOW: Partial<HlsConfig> = { ...LIVE, lowLatencyMode: true };

export class Player {
  status = $state<PlayerStatus>('off');
  mode = $state<Mode>('live');
  latency = $state<Latency>('low');
  /** The moment of speech that is heard now, in ms since 1970. */
  playheadAt = $state<number | null>(null);
  now = $state(houseNow());
  durationS = $state(0);
  placeS = $state(0);
  /** The second of media that is heard now, from the room's first one on; null where no player tells. */
  mediaS = $state<number | null>(null);
  /** Where the replay begins for this listener, and where it stops once; whoever goes on hears the rest. */
  clip = $state.raw<Clip | null>(null);

  #audio: HTMLAudioElement | null = null;
  #hls: Hls | null = null;
  #room: RoomCard | null = null;
  #loaded = '';
  #wantedAt: number | null = null;
  /** What to add to a place in the element to have media time. */
  #offsetS: number | null = null;
  #wantsSound = false;
  #clock: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  get behindS(): number | null {
    return this.playheadAt === null ? null : Math.max(0, (this.now - this.playheadAt) / 1_000);
  }

  /** At the live edge: nothing but the house's delay and the way to the ear lies between. */
  get isLive(): boolean {
    const slack = (this.#room?.delay_s ?? 0) + LIVE_SLACK_S;
    return this.mode !== 'replay' && (this.behindS ?? 0) <= slack;
  }

  get isOn(): boolean {
    return this.status === 'playing' || this.status === 'starting';
  }

  /** Take the audio element; returns how to let go of it. */
  attach(audio: HTMLAudioElement): () => void {
    this.#audio = audio;
    const on = (name: string, handler: () => void) => {
      audio.addEventListener(name, handler);
      return () => audio.removeEventListener(name, handler);
    };
    const offs = [
      on('playing', () => (this.status = 'playing')),
      on('pause', () => (this.status = this.status === 'blocked' ? 'blocked' : 'paused')),
      on('waiting', () => (this.status = this.#wantsSound ? 'starting' : this.status)),
      on('durationchange', () => (this.durationS = audio.duration)),
      on('error', () => this.#broken()),
      on('ended', () => this.#over()),
    ];
    this.#clock = setInterval(() => this.#tick(), TICK_MS);
    return () => {
      offs.forEach((off) => off());
      this.stop();
      this.#audio = null;
    };
  }

  /**
   * Follow the room: when it ends, what is heard goes on and the replay is offered. A live room
   * without an address is closed to me now.
   */
  follow(room: RoomCard): void {
    this.#room = room;
    if (room.state === 'live' && !room.playlist_url && this.isOn) this.#silence();
    if (this.#audio?.ended) this.#over();
  }

  async listen(): Promise<void> {
    const room = this.#room;
    if (!room) return;
    this.#wantsSound = true;
    const held = this.status === 'paused' && this.mode !== 'replay' ? this.playheadAt : null;
    if (room.replay_url && room.state !== 'live') return this.#startReplay(room.replay_url, held);
    if (held !== null && !this.isLive) return this.seekTo(held);
    if (this.#hls && this.mode === 'live' && this.isLive) return this.#play();
    return this.goLive();
  }

  pause(): void {
    this.#wantsSound = false;
    this.#audio?.pause();
  }

  async goLive(): Promise<void> {
    const room = this.#room;
    const low = this.latency === 'low' && room?.low_latency_url;
    const url = low ? room.low_latency_url : room?.playlist_url;
    if (!url) return;
    this.mode = 'live';
    await this.#load(url, low ? LOW : PLAIN, null);
  }

  setLatency(latency: Latency): void {
    const changed = latency !== this.latency;
    this.latency = latency;
    if (changed && this.mode === 'live' && this.isOn) void this.goLive();
  }

  /** Hear the moment of speech `at`: near the live edge that is live, else the rewound room. */
  async seekTo(at: number): Promise<void> {
    const room = this.#room;
    if (!room) return;
    this.#wantsSound = true;
    if (this.#seekInside(at)) return this.#play();
    if (room.state !== 'live' || !room.rewind_url) {
      if (room.replay_url) await this.#startReplay(room.replay_url, at);
      return;
    }
    if (at >= houseNow() - (room.delay_s + LIVE_SLACK_S) * 1_000) return this.goLive();
    this.mode = 'rewind';
    await this.#load(room.rewind_url, { ...COMMON, maxLiveSyncPlaybackRate: 1 }, at);
  }

  /** Hear a second of media in the replay. */
  async seekToMedia(mediaS: number): Promise<void> {
    const url = this.#room?.replay_url;
    if (!url) return;
    this.#wantsSound = true;
    const isLoaded = this.mode === 'replay' && this.#loaded === url && this.#audio;
    if (!isLoaded) {
      this.mode = 'replay';
      return this.#load(url, COMMON, null, mediaS);
    }
    isLoaded.currentTime = Math.max(0, mediaS - (this.#offsetS ?? 0));
    this.mediaS = mediaS;
    await this.#play();
  }

  skip(seconds: number): Promise<void> {
    return this.playheadAt === null
      ? Promise.resolve()
      : this.seekTo(this.playheadAt + seconds * 1_000);
  }

  /** The replay was made anew: the pieces that were loaded are gone. */
  async renew(): Promise<void> {
    const url = this.#room?.replay_url;
    if (!url || this.#loaded !== url) return;
    if (this.isOn) return this.#load(url, COMMON, null, this.mediaS);
    this.#silence();
  }

  stop(): void {
    clearInterval(this.#clock);
    this.#silence();
  }

  #silence(): void {
    clearTimeout(this.#retry);
    this.#wantsSound = false;
    this.#hls?.destroy();
    this.#hls = null;
    this.#loaded = '';
    this.#audio?.pause();
    this.mediaS = null;
    this.playheadAt = null;
    this.status = 'off';
  }

  /** The programme has been heard to its end: what there is to hear from now on is the replay. */
  #over(): void {
    if (this.mode !== 'replay' && this.#room?.state !== 'live') this.#silence();
  }

  async #startReplay(url: string, at: number | null = null): Promise<void> {
    this.mode = 'replay';
    if (this.#loaded === url) return this.#play();
    if (this.clip && at === null) return this.seekToMedia(this.clip.fromS);
    await this.#load(url, COMMON, at);
  }

  /** Seek within what is loaded, if it holds the moment. */
  #seekInside(at: number): boolean {
    const details = this.#hls?.latestLevelDetails;
    const audio = this.#audio;
    if (!details || !audio || this.mode === 'live') return false;
    const place = placeOf(details.fragments, at);
    if (place === null || place > details.edge - 2) return false;
    audio.currentTime = place;
    return true;
  }

  async #load(url: string, config: Partial<HlsConfig>, at: number | null, mediaS: number | null = null): Promise<void> {
    const audio = this.#audio;
    if (!audio) return;
    this.status = 'starting';
    this.#loaded = url;
    this.#wantedAt = at;
    this.#offsetS = null;
    this.mediaS = null;
    // The element must be told to play within the person's own gesture, before anything is awaited.
    const { default: HlsLight } = await import('hls.js/light');
    if (this.#loaded !== url || this.#audio !== audio) return;
    this.#hls?.destroy();
    this.#hls = null;
    if (!HlsLight.isSupported()) {
      audio.src = url;
      if (mediaS !== null) {
        audio.addEventListener('loadedmetadata', () => (audio.currentTime = mediaS), { once: true });
      }
      return this.#play();
    }
    const hls = new HlsLight({ ...config, startPosition: mediaS ?? this.#firstGuess(at) });
    this.#hls = hls;
    hls.on(HlsLight.Events.INIT_PTS_FOUND, (_event, { initPTS, timescale }) => {
      this.#offsetS = initPTS / timescale;
    });
    hls.on(HlsLight.Events.LEVEL_UPDATED, () => this.#correctStart());
    hls.on(HlsLight.Events.ERROR, (_event, data) => {
      if (data.fatal) this.#broken();
    });
    hls.loadSource(url);
    hls.attachMedia(audio);
    await this.#play();
  }

  /** Before the playlist is read, a moment is placed by the room's start; it is corrected after. */
  #firstGuess(at: number | null): number {
    const onAir = Date.parse(this.#room?.on_air_at ?? '');
    if (at === null) return this.mode === 'replay' ? 0 : -1;
    return Math.max(0, (at - onAir) / 1_000 + (this.#room?.delay_s ?? 0));
  }

  #correctStart(): void {
    const fragments = this.#hls?.latestLevelDetails?.fragments;
    if (this.#wantedAt === null || !fragments || !this.#audio) return;
    const place = placeOf(fragments, this.#wantedAt);
    this.#wantedAt = null;
    if (place !== null && Math.abs(this.#audio.currentTime - place) > 0.5) {
      this.#audio.currentTime = place;
    }
  }

  async #play(): Promise<void> {
    try {
      await this.#audio?.play();
    } catch (refused) {
      if (refused instanceof DOMException && refused.name === 'NotAllowedError') {
        this.status = 'blocked';
        this.#wantsSound = false;
      }
      // An AbortError only says that another source was loaded meanwhile.
    }
  }

  /** A playlist that is not there yet, or a network that is gone: try again while the room is on air. */
  #broken(): void {
    this.#hls?.destroy();
    this.#hls = null;
    this.#loaded = '';
    clearTimeout(this.#retry);
    if (this.#wantsSound && this.#room?.state === 'live') {
      this.status = 'starting';
      this.#retry = setTimeout(() => void this.goLive(), RETRY_MS);
    } else if (this.status !== 'off') this.status = 'failed';
  }

  #tick(): void {
    this.now = houseNow();
    const audio = this.#audio;
    if (!audio || this.status === 'off') return;
    this.placeS = audio.currentTime;
    const fragments = this.#hls?.latestLevelDetails?.fragments;
    if (fragments) this.playheadAt = momentAt(fragments, audio.currentTime) ?? this.playheadAt;
    else this.playheadAt = nativeMoment(audio) ?? this.playheadAt;
    const offsetS = this.#offsetS ?? (this.#hls || this.mode !== 'replay' ? null : 0);
    const before = this.mediaS;
    this.mediaS = offsetS === null ? null : audio.currentTime + offsetS;
    if (this.clip && this.isOn && this.mediaS !== null && isHeardOut(this.clip, before, this.mediaS)) this.pause();
  }
}

/** Safari tells the date of its first sample. */
function nativeMoment(audio: HTMLAudioElement): number | null {
  const start = (audio as { getStartDate?: () => Date }).getStartDate?.().getTime();
  return start === undefined || Number.isNaN(start) ? null : start + audio.currentTime * 1_000;
}
