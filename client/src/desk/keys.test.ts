import { expect, it, vi } from 'vitest';
import type { Acts } from './acts.svelte';
import { actable, actKeys } from './keys';

const KEYS = ['h', 'r', 'x', 's', 'l'];

function acting(is_private: boolean) {
  const did = vi.fn();
  const acts = { room: { record: { is_private } }, hold: did, release: did, ask: did, dump: did };
  return { acts: acts as unknown as Acts, did };
}

it('acts by every key in a public room', () => {
  const { acts, did } = acting(false);
  for (const key of KEYS) actKeys(acts)[key]?.();
  expect(did).toHaveBeenCalledTimes(KEYS.length);
  expect(actable(acts)).toBe(acts);
});

it('acts by no key in a room for invited people', () => {
  const { acts, did } = acting(true);
  for (const key of KEYS) actKeys(acts)[key]?.();
  expect(did).not.toHaveBeenCalled();
  expect(actable(acts)).toBeNull();
});

it('acts by no key while no room is in focus', () => {
  for (const key of KEYS) expect(() => actKeys(null)[key]?.()).not.toThrow();
});
