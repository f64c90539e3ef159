import { expect, it } from 'vitest';
import en from '../../messages/en.json';
import id from '../../messages/id.json';
import { m } from '../paraglide/messages';

type Words = string | readonly { match: Record<string, string> }[];

/** A sentence, or the forms that it has for one and for many. */
const formsOf = (words: Words) => (typeof words === 'string' ? [words] : words.flatMap((one) => Object.values(one.match)));
const holesOf = (words: Words) =>
  [...new Set(formsOf(words).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1])))].sort();

it('has every sentence in both languages, with the same holes', () => {
  expect(Object.keys(id)).toEqual(Object.keys(en));
  const differing = Object.entries(en).filter(
    ([key, words]) => String(holesOf(words)) !== String(holesOf(id[key as keyof typeof id])),
  );
  expect(differing).toEqual([]);
});

it('leaves no sentence empty', () => {
  const empty = [...Object.entries(en), ...Object.entries(id)].filter(([, words]) => formsOf(words).some((form) => !form.trim()));
  expect(empty).toEqual([]);
});

it('says one thing as one', () => {
  expect([m.desk_rooms_live({ n: 1 }), m.desk_flags_open({ n: 1 })]).toEqual(['room on air', 'flag to decide']);
  expect([m.desk_rooms_live({ n: 0 }), m.desk_flags_open({ n: 2 })]).toEqual(['rooms on air', 'flags to decide']);
});
