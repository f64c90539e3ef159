/** Hearing a stage before it airs: a connection that only receives, for as long as the house lets it. */
import { houseNow } from '../api/client';
import { hearAhead, stopHearing } from '../api/desk';
import { gathered, iceServers } from '../stage/whip';
import { sentenceOf } from '../ui/failure';
import { session } from '../ui/session.svelte';

/** `ended`: the house lets somebody listen for some minutes, then they say anew why. */
export type MonitorState = 'off' | 'connecting' | 'on' | 'ended' | 'refused';

export class Monitor {
  state = $state<MonitorState>('off');
  trouble = $state('');

  untilAt = $state('');

  #peer: RTCPeerConnection | null = null;
  #end: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly roomId: string,
    readonly reason: string,
  ) {}

  async listen(audio: HTMLAudioElement): Promise<void> {
    this.#drop();
    this.state = 'connecting';
    const peer = new RTCPeerConnection({ iceServers: iceServers(session.iceServers) });
    this.#peer = peer;
    try {
      const { receiver } = peer.addTransceiver('audio', { direction: 'recvonly' });
      await peer.setLocalDescription(await peer.createOffer());
      await gathered(peer);
      const { answer, until_at } = await hearAhead(this.roomId, this.reason, peer.localDescription?.sdp ?? '');
      if (this.#peer !== peer) {
        if (!this.#peer) void stopHearing(this.roomId).catch(() => undefined); // stopped meanwhile
        return;
      }
      peer.addEventListener('connectionstatechange', () => this.#moved(peer));
      await peer.setRemoteDescription({ type: 'answer', sdp: answer });
      this.untilAt = until_at;
      audio.srcObject = new MediaStream([receiver.track]);
      await audio.play();
      this.#end = setTimeout(() => this.#over(peer), Date.parse(until_at) - houseNow());
    } catch (failure) {
      if (this.#peer !== peer) return;
      this.#drop();
      this.trouble = sentenceOf(failure);
      this.state = 'refused';
    }
  }

  /** Hang up, also at the house: it would keep the place for ten minutes. */
  stop(): void {
    if (!this.#peer) return;
    this.#drop();
    this.state = 'off';
    void stopHearing(this.roomId).catch(() => undefined); // it ends by itself
  }

  #moved(peer: RTCPeerConnection): void {
    if (peer.connectionState === 'connected') this.state = 'on';
    if (peer.connectionState === 'failed' || peer.connectionState === 'closed') this.#over(peer);
  }

  #over(peer: RTCPeerConnection): void {
    if (this.#peer !== peer) return;
    this.#drop();
    this.state = 'ended';
  }

  #drop(): void {
    clearTimeout(this.#end);
    this.#peer?.close();
    this.#peer = null;
  }
}
