import { expect, it } from 'vitest';
import type { FigureView } from '../api/types';
import { amountRows, DAY_S, figure, isFew, most, named, placeOf, placeOfTime, shareRows, wilson } from './plots';

const one = (name: string, of: string, value: number | null, n: number): FigureView => ({ name, of, value, n });
const figures = [
  one('x', 'hate', 0.5, 4),
  one('y', 'all', 3, 1),
  one('x', 'all', null, 0),
];

it('puts what is of all things first', () => {
  expect(named(figures, 'x').map((found) => found.of)).toEqual(['all', 'hate']);
  expect(figure(figures, 'y').value).toBe(3);
  expect(figure(figures, 'none')).toEqual({ name: 'none', of: 'all', value: null, n: 0 });
});

it('tells where a share may truly lie', () => {
  const rounded = (share: number, n: number) => {
    const { low, high } = wilson(share, n);
    return [low.toFixed(3), high.toFixed(3)];
  };
  expect(rounded(0.5, 10)).toEqual(['0.237', '0.763']);
  expect(rounded(0, 10)).toEqual(['0.000', '0.278']);
  expect(rounded(1, 1)).toEqual(['0.207', '1.000']);
  expect(wilson(0.5, 0)).toEqual({ low: 0, high: 1 });
});

it('keeps every place on its axis', () => {
  expect([placeOf(0.5, 0, 1), placeOf(-3, 0, 1), placeOf(9, 0, 1), placeOf(1, 1, 1)]).toEqual([0.5, 0, 1, 0]);
  expect([placeOf(0, -1, 1), placeOfTime(0), placeOfTime(1), placeOfTime(DAY_S), placeOfTime(9 * DAY_S)]).toEqual([0.5, 0, 0, 1, 1]);
});

it('says what is missing as missing, not as nothing', () => {
  const rows = shareRows(named(figures, 'x'), (of) => of.toUpperCase(), 'en');
  expect(rows.map(({ name, at, shown, n }) => [name, at, shown, n])).toEqual([
    ['ALL', null, '–', 0],
    ['HATE', 0.5, '50%', 4],
  ]);
  expect(rows.map(isFew)).toEqual([false, true]);
  const amounts = amountRows([one('h', 'all', 40, 2), one('h', 'hate', 0, 1), one('h', 'other', null, 0)], String, (n) => `${n} s`);
  expect(amounts.map(({ at, shown }) => [at, shown])).toEqual([[1, '40 s'], [0, '0 s'], [null, '–']]);
});

it('draws nothing wider than the axis where nothing was counted', () => {
  expect(amountRows([one('h', 'all', 0, 1)], String, String).map((row) => row.at)).toEqual([0]);
  expect([most([]), most(figures)]).toEqual([0, 3]);
});
