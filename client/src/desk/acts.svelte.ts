/** What the safety team does to the room in focus. Seconds count: hold, release and dump act at once. */
import { endTogether, listenIn, lockHands, messageHosts, slowDown, takeOver } from '../api/desk';
import { sendEffect } from '../api/house';
import type { DeskSeat } from '../api/types';
import { m } from '../paraglide/messages';
import { SLOW_S } from '../host/slow';
import { announcer } from '../ui/announcer.svelte';
import { Doing } from '../ui/doing.svelte';
import { toasts } from '../ui/toast.svelte';
import type { RoomOnDesk } from './desk.svelte';
import { likelyVoice, waitingS } from './model';
import { inSeconds } from './words';

export type Asking = 'cut' | 'lock' | 'slow' | 'message' | 'listen' | 'take-over' | 'end';

/** A room that is listened to: where its programme is, and why somebody listens. */
export interface Heard {
  playlist_url: string | null;
  low_latency_url: string | null;
  reason: string;
}

export class Acts {
  /** What waits for its reason. */
  asking = $state<Asking | null>(null);
  /** The voice that keys act on. */
  voice = $state<string | null>(null);
  heard = $state.raw<Heard | null>(null);
  readonly doing = new Doing();

  /** The voice is chosen once: it must not become another while somebody reaches for a key. */
  constructor(readonly room: RoomOnDesk) {
    this.voice = likelyVoice(room.record, room.gauge);
  }

  get seat(): DeskSeat | null {
    const seats = this.room.record.seats;
    const chosen = seats.find((seat) => seat.id === this.voice);
    const likely = likelyVoice(this.room.record, this.room.gauge);
    return chosen ?? seats.find((seat) => seat.id === likely) ?? null;
  }

  choose(seat_id: string): void {
    this.voice = seat_id;
  }

  dump(): void {
    const n = inSeconds(waitingS(this.room.gauge));
    const sentence = m.desk_done_dump({ n });
    void this.#do(() => sendEffect(this.room.id, 'dump', { seconds: null, reason: m.reason_dump() }), sentence);
  }

  hold(seat = this.seat): void {
    if (!seat || seat.held) return;
    this.choose(seat.id);
    const sentence = m.done_hold({ name: seat.name });
    void this.#do(() => sendEffect(this.room.id, 'hold', { seat_id: seat.id, reason: m.desk_reason_hold() }), sentence);
  }

  release(seat = this.seat): void {
    if (!seat || !seat.held) return;
    this.choose(seat.id);
    const sentence = m.desk_done_release({ name: seat.name });
    void this.#do(() => sendEffect(this.room.id, 'release', { seat_id: seat.id, reason: m.desk_reason_judged() }), sentence);
  }

  unmute(seat: DeskSeat): void {
    const sentence = m.desk_done_uncut({ name: seat.name });
    void this.#do(() => sendEffect(this.room.id, 'unmute', { seat_id: seat.id, reason: m.desk_reason_judged() }), sentence);
  }

  ask(what: Asking, seat = this.seat): void {
    if (what === 'cut' && !seat) return;
    if (seat) this.choose(seat.id);
    this.asking = this.asking === what ? null : what;
  }

  /** Do what was asked for, now that the reason is known. */
  async because(reason: string): Promise<void> {
    const { room, asking, seat } = this;
    const locked = !room.record.hands_locked;
    const slows = room.record.slow_s === 0;
    const done = await this.#do(async () => {
      if (asking === 'cut' && seat) await sendEffect(room.id, 'mute', { seat_id: seat.id, reason });
      if (asking === 'lock') await lockHands(room.id, locked, reason);
      if (asking === 'slow') await slowDown(room.id, slows ? SLOW_S : 0, reason);
      if (asking === 'message') await messageHosts(room.id, reason);
      if (asking === 'take-over') await takeOver(room.id, reason);
      if (asking === 'end') await endTogether(room.id, reason);
      if (asking === 'listen') this.heard = { ...(await listenIn(room.id, reason)), reason };
    }, this.#sentence(asking, seat?.name ?? '', { locked, slows }));
    if (done) this.asking = null;
  }

  #sentence(asking: Asking | null, name: string, { locked, slows }: { locked: boolean; slows: boolean }): string {
    if (asking === 'cut') return m.done_mute({ name });
    if (asking === 'lock') return locked ? m.desk_done_lock() : m.desk_done_unlock();
    if (asking === 'slow') return slows ? m.desk_done_slow() : m.desk_done_unslow();
    if (asking === 'message') return m.desk_done_message();
    if (asking === 'take-over') return m.desk_done_take_over();
    if (asking === 'end') return this.room.record.end_asked ? m.desk_done_end() : m.desk_done_end_asked();
    return '';
  }

  async #do(action: () => Promise<unknown>, sentence: string): Promise<boolean> {
    const done = await this.doing.run(action);
    if (done && sentence) {
      announcer.politely(sentence);
      toasts.show({ sentence });
    }
    return done;
  }
}
