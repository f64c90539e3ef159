/** My place on a stage. It outlives the pages of the client: moving about the house does not hang up. */
import { Failure } from '../api/client';
import { session } from '../ui/session.svelte';
import { Microphone } from './microphone.svelte';
import { forget, keep, remembered } from './memory';
import { hangUp, iceServers, publish, type WhipSession } from './whip';

export type StageLink = 'off' | 'connecting' | 'connected' | 'lost' | 'refused';
export type Network = 'good' | 'weak' | 'bad';

const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 10_000;
const STATS_MS = 2_000;
/** WebRTC calls a short gap "disconnected"; only a gap this long is a loss. */
const PATIENCE_MS = 3_000;

export class Stage {
  link = $state<StageLink>('off');
  network = $state<Network>('good');
  failure = $state.raw<Failure | null>(null);
  muted = $state(false);
  pressed = $state(false);
  sinceAt = $state<number | null>(null);
  readonly microphone = new Microphone();

  #session: WhipSession | null = null;
  #wanted = false;
  #retryMs = RETRY_FIRST_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stats: ReturnType<typeof setInterval> | undefined;
  #speaker = new Audio();

  constructor(readonly roomId: string) {
    this.#speaker.autoplay = true;
    this.#speaker.dataset.testid = 'stage';
    document.body.append(this.#speaker);
  }

  async join(): Promise<void> {
    this.#wanted = true;
    await this.microphone.open();
    this.#apply();
    await this.#connect();
  }

  /** Come back after this page was reloaded, as shut or open as the microphone was before. */
  async comeBack(): Promise<void> {
    const before = remembered(this.roomId);
    if (!before) return;
    this.muted = before.muted;
    this.microphone.deviceId = before.deviceId;
    await this.join();
  }

  /** Silence at the source, at once; push-to-talk opens it for as long as the key is held. */
  setMuted(muted: boolean): void {
    this.muted = muted;
    this.#apply();
  }

  press(pressed: boolean): void {
    this.pressed = pressed;
    this.#apply();
  }

  async leave(): Promise<void> {
    this.#wanted = false;
    forget();
    const leaving = this.#drop();
    this.microphone.close();
    this.link = 'off';
    this.sinceAt = null;
    this.#speaker.remove();
    if (leaving) await hangUp(leaving);
  }

  #apply(): void {
    this.microphone.setOpen(!this.muted || this.pressed);
    keep(this.roomId, { muted: this.muted, deviceId: this.microphone.deviceId });
  }

  async #connect(): Promise<void> {
    const { stream, track } = this.microphone;
    if (!stream || !track || !this.#wanted) return;
    this.link = this.sinceAt === null ? 'connecting' : 'lost';
    try {
      const made = await publish(this.roomId, track, stream, iceServers(session.iceServers));
      if (!this.#wanted) return void hangUp(made);
      this.#session = made;
      this.#watch(made);
    } catch (failure) {
      this.#refused(failure);
    }
  }

  /**
   * What waiting cannot mend is shown; everything else is tried again, later and later. A seat is
   * taken until the house has noticed that my former connection is gone.
   */
  #refused(failure: unknown): void {
    const passes = (code: string) => code === 'seat_taken' || code === 'ticket_refused';
    if (failure instanceof Failure && failure.kind !== 'unavailable' && !passes(failure.code)) {
      this.failure = failure;
      this.link = 'refused';
      return;
    }
    this.#again();
  }

  #watch(made: WhipSession): void {
    const { peer } = made;
    const remote = new MediaStream(peer.getReceivers().map((receiver) => receiver.track));
    this.#speaker.srcObject = remote;
    void this.#speaker.play().catch(() => undefined);
    peer.addEventListener('connectionstatechange', () => this.#moved(made));
    this.#stats = setInterval(() => void this.#measure(peer), STATS_MS);
    this.#moved(made);
  }

  #moved(made: WhipSession): void {
    if (this.#session !== made) return;
    clearTimeout(this.#timer);
    const state = made.peer.connectionState;
    if (state === 'connected') {
      this.link = 'connected';
      this.failure = null;
      this.sinceAt ??= Date.now();
      this.#retryMs = RETRY_FIRST_MS;
    }
    if (state === 'disconnected') this.#timer = setTimeout(() => this.#again(), PATIENCE_MS);
    if (state === 'failed') this.#again();
  }

  #again(): void {
    this.#drop()?.peer.close(); // saying goodbye would give the seat back
    if (!this.#wanted) return;
    this.link = 'lost';
    this.#timer = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_LONGEST_MS);
  }

  #drop(): WhipSession | null {
    clearTimeout(this.#timer);
    clearInterval(this.#stats);
    const dropped = this.#session;
    this.#session = null;
    return dropped;
  }

  async #measure(peer: RTCPeerConnection): Promise<void> {
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== 'remote-inbound-rtp') continue;
      const lost = Number(report.fractionLost ?? 0);
      const tripS = Number(report.roundTripTime ?? 0);
      this.network = lost > 0.1 || tripS > 0.6 ? 'bad' : lost > 0.03 || tripS > 0.3 ? 'weak' : 'good';
    }
  }
}

let current = $state.raw<Stage | null>(null);

/** The one stage I stand on, if any. */
export function myStage(roomId: string): Stage | null {
  return current?.roomId === roomId ? current : null;
}

/** Go to a stage; whoever stands on another one leaves it first. */
export function stageFor(roomId: string): Stage {
  if (current?.roomId === roomId) return current;
  void current?.leave();
  current = new Stage(roomId);
  return current;
}

export async function leaveStage(): Promise<void> {
  const leaving = current;
  current = null;
  await leaving?.leave();
}
