/** One press is one act: what was sent and not answered is sent again, and is the same to the house. */
import { Failure } from './client';
import { newToken } from './token';

/** So long an answer may take: what shall reach a voice before it airs cannot wait for a dead network. */
const PATIENCE_MS = 4_000;
const PAUSES_MS = [300, 1_000];
/** A finger that presses the same once more so soon after the answer meant it once. */
const SAME_FINGER_MS = 1_000;

/** What the house says of an act that it took. */
interface Asked {
  state: string;
}

let last: { what: string; token: string; at: number } | null = null;

/**
 * Send what was pressed, with a token by which the house knows it again.
 *
 * `what`: everything that makes it this act. Null: each press counts, however soon it comes.
 */
export async function press<T extends Asked>(
  what: string | null,
  send: (token: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const before = last?.what === what && performance.now() - last.at < SAME_FINGER_MS ? last : null;
  last = null;
  const token = before?.token ?? newToken();
  const answer = await insist((signal) => send(token, signal));
  if (answer.state === 'failed') throw new Failure('conflict', 'effect_failed', '', 409);
  last = what === null ? null : { what, token, at: performance.now() };
  return answer;
}

/** Try up to three times until the house answers; what is sent must be the same when it comes twice. */
export async function insist<T>(send: (signal: AbortSignal) => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await send(AbortSignal.timeout(PATIENCE_MS));
    } catch (failure) {
      if (!isLost(failure)) throw failure;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return send(AbortSignal.timeout(PATIENCE_MS));
}

/** Whether nobody of the house answered: no network, no patience left, or a proxy alone. */
const isLost = (failure: unknown) =>
  failure instanceof Failure && (failure.code === 'offline' || failure.code === 'unavailable');
