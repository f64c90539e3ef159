import { expect, it } from 'vitest';
import { Memory } from './memory';

it('forgets what came first when it is full', () => {
  const memory = new Memory<number>(3);
  for (let n = 0; n < 5; n += 1) memory.keep(`k${n}`, n);
  memory.keep('k3', 33);
  expect(memory.values()).toEqual([2, 33, 4]);
  expect([memory.size, memory.has('k1'), memory.has('k4')]).toEqual([3, false, true]);
  memory.clear();
  expect(memory.values()).toEqual([]);
});
