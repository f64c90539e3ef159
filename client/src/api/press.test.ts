import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Failure } from './client';
import { insist, press } from './press';

const lost = () => new Failure('unavailable', 'offline', '', 0);
const refused = () => new Failure('not_allowed', 'hosts_only', '', 403);

/** A house that fails so often before it answers, and the tokens that it saw. */
function house(...failures: Failure[]) {
  const tokens: string[] = [];
  const send = (token: string) => {
    tokens.push(token);
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve({ state: 'pending' });
  };
  return { tokens, send };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.advanceTimersByTime(60_000); // the finger of the test before is another one
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function settled<T>(asked: Promise<T>): Promise<T> {
  asked.catch(() => undefined);
  await vi.runAllTimersAsync();
  return asked;
}

it('sends again with the same token what was not answered', async () => {
  const { tokens, send } = house(lost(), new Failure('unavailable', 'unavailable', '', 502));
  expect(await settled(press('hold', send))).toEqual({ state: 'pending' });
  expect(tokens).toHaveLength(3);
  expect(new Set(tokens).size).toBe(1);
  expect(tokens[0]).toMatch(/^[0-9a-f]{32}$/);
});

it('gives up after three tries, and a refusal is an answer', async () => {
  const away = house(lost(), lost(), lost());
  await expect(settled(press('hold', away.send))).rejects.toThrow(Failure);
  expect(away.tokens).toHaveLength(3);
  const strict = house(refused());
  await expect(settled(press('hold', strict.send))).rejects.toMatchObject({ code: 'hosts_only' });
  expect(strict.tokens).toHaveLength(1);
});

it('takes a finger that presses twice as one press, and nothing else', async () => {
  const { tokens, send } = house();
  const of = async (what: string | null) => {
    await settled(press(what, send));
    return tokens.at(-1);
  };
  const hold = await of('hold');
  expect(await of('hold')).toBe(hold);
  const release = await of('release');
  expect(release).not.toBe(hold);
  const held = await of('hold');
  expect([hold, release]).not.toContain(held);
  vi.advanceTimersByTime(1_001);
  expect(await of('hold')).not.toBe(held);
  expect(await of(null)).not.toBe(await of(null));
});

it('makes a new token for what is pressed after a failure', async () => {
  const { tokens, send } = house(refused());
  await expect(settled(press('mute', send))).rejects.toThrow(Failure);
  await settled(press('mute', send));
  expect(tokens[0]).not.toBe(tokens[1]);
});

it('waits for a dead network only so long, then tries anew', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    const patience = new AbortController();
    setTimeout(() => patience.abort(), ms);
    return patience.signal;
  });
  let tries = 0;
  const dead = (signal: AbortSignal) =>
    new Promise<string>((done, fail) => {
      tries += 1;
      if (tries === 3) done('done');
      else signal.addEventListener('abort', () => fail(lost()));
    });
  expect(await settled(insist(dead))).toBe('done');
  expect(tries).toBe(3);
});

it('tells of an act that failed, and takes the next press for another', async () => {
  const tokens: string[] = [];
  const failed = (token: string) => {
    tokens.push(token);
    return Promise.resolve({ state: 'failed' });
  };
  await expect(settled(press('hold', failed))).rejects.toMatchObject({ code: 'effect_failed' });
  await expect(settled(press('hold', failed))).rejects.toThrow(Failure);
  expect(tokens[0]).not.toBe(tokens[1]);
});
