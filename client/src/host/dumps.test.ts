import { expect, test } from 'vitest';
import { dumpChoices } from './dumps';

test('nothing is offered that reaches no further than a plain dump', () => {
  expect(dumpChoices(3)).toEqual([null]);
  expect(dumpChoices(10)).toEqual([5, null]);
  expect(dumpChoices(15)).toEqual([5, null]);
  expect(dumpChoices(30)).toEqual([5, 15, null]);
});
