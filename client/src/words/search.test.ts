import { describe, expect, it } from 'vitest';
import { cuts, NOTHING_FOUND, Searchable } from './search';
import type { Phrase } from './vtt';

function phrase(text: string, seat = 'a', index = 0): Phrase {
  return { key: `${seat}${index}${text}`, seat, speaker: seat, fromS: index, toS: index + 1, runs: [{ text, isDoubtful: false }] };
}
const all = [
  phrase('The price of RICE'), phrase('and the price'), phrase('of sugar, déjà vu'), phrase('of rice', 'b'),
];
const found = (query: string) => new Searchable(all).find(query);
const words = (query: string) => {
  const { marks } = found(query);
  return [...marks].map(([index, list]) => list.map((mark) => [index, (all[index]?.runs[0]?.text ?? '').slice(mark.from, mark.to), mark.hit]));
};

describe('searching', () => {
  it('finds letters whatever their case and accents, in order', () => {
    expect(found('rice').hits).toEqual([0, 0, 1, 3]); // “price” has rice in it
    expect(words('deja')).toEqual([[[2, 'déjà', 0]]]);
  });

  it('finds words that run from one phrase of a voice into the next, not into another voice', () => {
    expect(words('price  of sugar')).toEqual([[[1, 'price', 0]], [[2, 'of sugar', 0]]]);
    expect(found('vu of rice').hits).toEqual([]);
  });

  it('finds nothing for nothing, or for one Latin letter', () => {
    expect([found(''), found('   '), found('r')]).toEqual([NOTHING_FOUND, NOTHING_FOUND, NOTHING_FOUND]);
    expect(new Searchable([phrase('سعر الأرز')]).find('ر').hits.length).toBe(2);
  });

  it('takes signs as they are: a query is no pattern', () => {
    expect(new Searchable([phrase('a.b (c) <b>')]).find('(c) <b>').hits).toEqual([0]);
    expect(found('.*').hits).toEqual([]);
  });

  it('keeps marks on whole letters where folding changes lengths', () => {
    const one = phrase('Straße ＦＵＬＬ İstanbul 👍 ok');
    const mark = (query: string) => new Searchable([one]).find(query).marks.get(0)?.[0];
    expect(mark('full')).toEqual({ from: 7, to: 11, hit: 0 });
    expect(mark('istanbul')).toEqual({ from: 12, to: 20, hit: 0 });
    expect(mark('ok')).toEqual({ from: 24, to: 26, hit: 0 });
  });

  it('goes through five thousand phrases at each key, and stops counting somewhere', () => {
    const many = Array.from({ length: 5_000 }, (_, n) => phrase(`the price of rice and sugar number ${n}`, n % 2 ? 'a' : 'b', n));
    const searchable = new Searchable(many);
    const began = performance.now();
    for (const query of ['pr', 'pri', 'price', 'number 4999', 'nothing at all']) searchable.find(query);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(searchable.find('number 4999').hits).toEqual([4_999]);
    expect(new Searchable([phrase('aa'.repeat(20_000))]).find('aa')).toMatchObject({ isCut: true });
  });
});

it('cuts runs at marks without losing a letter', () => {
  const runs = [{ text: 'the pri', isDoubtful: false }, { text: 'ce of', isDoubtful: true }, { text: ' rice', isDoubtful: false }];
  const marks = [{ from: 4, to: 9, hit: 0 }, { from: 13, to: 17, hit: 1 }];
  expect(cuts(runs, marks)).toEqual([
    { text: 'the ', isDoubtful: false, hit: null },
    { text: 'pri', isDoubtful: false, hit: 0 },
    { text: 'ce', isDoubtful: true, hit: 0 },
    { text: ' of', isDoubtful: true, hit: null },
    { text: ' ', isDoubtful: false, hit: null },
    { text: 'rice', isDoubtful: false, hit: 1 },
  ]);
  expect(cuts(runs)).toEqual(runs.map((run) => ({ ...run, hit: null })));
});
