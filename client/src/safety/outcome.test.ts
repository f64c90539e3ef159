import { expect, it } from 'vitest';
import { outcomeSentence } from './outcome';

it('promises only what is still to come', () => {
  const decided = { state: 'decided', outcome: 'violation' } as const;
  const said = (['under_way', 'done', 'nothing'] as const).map((follow_up) =>
    outcomeSentence({ ...decided, follow_up }),
  );
  expect(said.map((one) => one.includes('under way'))).toEqual([true, false, false]);
  expect(new Set(said).size).toBe(3);
});
