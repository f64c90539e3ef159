import { afterEach, expect, it, vi } from 'vitest';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;

vi.stubGlobal('$state', <T>(value: T) => value);
vi.mock('../api/client', () => ({ houseNow: () => NOW }));
vi.mock('../api/desk', () => ({
  hearAhead: () => Promise.resolve({ answer: '', until_at: new Date(NOW + HOUR / 6).toISOString() }),
  stopHearing: () => Promise.resolve(),
}));
vi.mock('../stage/whip', () => ({ gathered: () => Promise.resolve(), iceServers: () => [] }));
vi.mock('../ui/failure', () => ({ sentenceOf: String }));
vi.mock('../ui/session.svelte', () => ({ session: {} }));
vi.stubGlobal('MediaStream', class {
  active = true;
});
vi.stubGlobal(
  'RTCPeerConnection',
  class {
    addTransceiver = () => ({ receiver: {} });
    createOffer = () => Promise.resolve({});
    setLocalDescription = () => Promise.resolve();
    setRemoteDescription = () => Promise.resolve();
    addEventListener = () => undefined;
    close = () => undefined;
  },
);

afterEach(() => void vi.useRealTimers());

it('listens as long as the house lets it, also on a device whose clock is fast', async () => {
  vi.useFakeTimers({ now: NOW + HOUR });
  const { Monitor } = await import('./monitor.svelte');
  const monitor = new Monitor('r1', 'Threats?');
  await monitor.listen({ play: () => Promise.resolve() } as unknown as HTMLAudioElement);
  await vi.advanceTimersByTimeAsync(HOUR / 6 - 1_000);
  expect([monitor.state, monitor.trouble]).toEqual(['connecting', '']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(monitor.state).toBe('ended');
});
