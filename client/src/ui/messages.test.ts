import { expect, it } from 'vitest';
import en from '../../messages/en.json';
import id from '../../messages/id.json';

const holes = (sentence: string) => [...sentence.matchAll(/\{(\w+)\}/g)].map((hole) => hole[1]).sort();

it('has every sentence in both languages, with the same holes', () => {
  expect(Object.keys(id)).toEqual(Object.keys(en));
  const differing = Object.entries(en).filter(
    ([key, sentence]) => String(holes(sentence)) !== String(holes(id[key as keyof typeof id])),
  );
  expect(differing).toEqual([]);
});

it('leaves no sentence empty', () => {
  const empty = [...Object.entries(en), ...Object.entries(id)].filter(([, words]) => !words.trim());
  expect(empty).toEqual([]);
});
