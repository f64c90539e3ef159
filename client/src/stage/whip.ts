/** One WHIP session: my microphone up, the others' voices down (RFC 9725, without trickling). */
import { failureOf } from '../api/client';
import { stageTicket } from '../api/house';
import type { IceServer } from '../api/types';

/** A candidate that takes longer than this is not worth waiting for. */
const GATHER_MS = 2_000;

export interface WhipSession {
  peer: RTCPeerConnection;
  location: string;
}

/** Wait for the addresses of an offer; it is sent whole. */
export function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, GATHER_MS);
    peer.addEventListener('icegatheringstatechange', () => {
      if (peer.iceGatheringState === 'complete') done();
    });
    if (peer.iceGatheringState === 'complete') done();
  });
}

/** The house says null where WebRTC wants nothing at all. */
export function iceServers(servers: readonly IceServer[]): RTCIceServer[] {
  return servers.map(({ urls, username, credential }) =>
    username && credential ? { urls, username, credential } : { urls },
  );
}

/** Take my place on stage. The peer connection is closed again when the house refuses. */
export async function publish(
  roomId: string,
  track: MediaStreamTrack,
  stream: MediaStream,
  servers: RTCIceServer[],
): Promise<WhipSession> {
  const { ticket, whip_url } = await stageTicket(roomId);
  const peer = new RTCPeerConnection({ iceServers: servers });
  try {
    peer.addTransceiver(track, { direction: 'sendrecv', streams: [stream] });
    await peer.setLocalDescription(await peer.createOffer());
    await gathered(peer);
    const response = await fetch(whip_url, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${ticket}` },
      body: peer.localDescription?.sdp ?? '',
      credentials: 'omit',
    });
    if (!response.ok) throw await failureOf(response);
    const location = new URL(response.headers.get('location') ?? '', response.url).href;
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    return { peer, location };
  } catch (failure) {
    peer.close();
    throw failure;
  }
}

/** Say goodbye. `keepalive` lets it leave even while the page closes. */
export async function hangUp(session: WhipSession): Promise<void> {
  session.peer.close();
  await fetch(session.location, { method: 'DELETE', keepalive: true, credentials: 'omit' }).catch(
    () => undefined, // the house notices a vanished speaker by itself
  );
}
