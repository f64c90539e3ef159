/** Finding words in a transcript: letters count, not their case or their accents. */
import { textOf, type Phrase, type Run } from './vtt';

/** A stretch of one phrase's text that was found; `hit` counts hits from 0. */
export interface Mark {
  from: number;
  to: number;
  hit: number;
}

export interface Found {
  /** In which phrase each hit begins. */
  hits: readonly number[];
  marks: ReadonlyMap<number, readonly Mark[]>;
  isCut: boolean;
}

export const NOTHING_FOUND: Found = { hits: [], marks: new Map(), isCut: false };
const HITS_MAX = 5_000;
const QUERY_MAX = 200;

/** Fold a text; `places[i]` is where letter i of the folded text stands in the original. */
function folded(text: string): { letters: string; places: number[] } {
  let letters = '';
  const places: number[] = [];
  let at = 0;
  for (const char of text) {
    const simple = char.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
    for (let index = 0; index < simple.length; index += 1) places.push(at);
    letters += simple;
    at += char.length;
  }
  return { letters, places };
}

/** A transcript made ready to be searched at each key that is pressed. */
export class Searchable {
  readonly #letters: string;
  /** Where each phrase begins in the folded whole. */
  readonly #starts: number[] = [];
  readonly #places: number[][] = [];
  readonly #lengths: number[] = [];

  constructor(phrases: readonly Phrase[]) {
    const all: string[] = [];
    let at = 0;
    let before: Phrase | null = null;
    for (const phrase of phrases) {
      // Words run on from phrase to phrase, but not from voice to voice.
      const joint = before === null ? '' : before.seat === phrase.seat ? ' ' : '\n';
      const text = textOf(phrase);
      const { letters, places } = folded(text);
      all.push(joint, letters);
      this.#starts.push(at + joint.length);
      this.#places.push([...places, text.length]);
      this.#lengths.push(letters.length);
      at += joint.length + letters.length;
      before = phrase;
    }
    this.#letters = all.join('');
  }

  find(query: string): Found {
    const wanted = folded(query.slice(0, QUERY_MAX).trim().replace(/\s+/g, ' ')).letters;
    if (wanted.length === 0 || (wanted.length === 1 && /[\p{Script=Latin}\d]/u.test(wanted))) {
      return NOTHING_FOUND;
    }
    const hits: number[] = [];
    const marks = new Map<number, Mark[]>();
    let phrase = 0;
    let at = this.#letters.indexOf(wanted);
    while (at >= 0 && hits.length < HITS_MAX) {
      while ((this.#starts[phrase + 1] ?? Infinity) <= at) phrase += 1;
      this.#mark(marks, phrase, at, at + wanted.length, hits.length);
      hits.push(phrase);
      at = this.#letters.indexOf(wanted, at + wanted.length);
    }
    return { hits, marks, isCut: at >= 0 };
  }

  /** Mark a hit in the phrase where it begins and in those into which it runs. */
  #mark(marks: Map<number, Mark[]>, first: number, from: number, to: number, hit: number): void {
    for (let index = first; (this.#starts[index] ?? Infinity) < to; index += 1) {
      const start = this.#starts[index] ?? 0;
      const places = this.#places[index] ?? [];
      const length = this.#lengths[index] ?? 0;
      const begin = places[Math.max(0, from - start)];
      const end = places[Math.min(length, to - start)];
      if (begin === undefined || end === undefined || end <= begin) continue;
      marks.set(index, [...(marks.get(index) ?? []), { from: begin, to: end, hit }]);
    }
  }
}

export interface Cut extends Run {
  hit: number | null;
}

/** Cut the runs of a phrase at its marks. */
export function cuts(runs: readonly Run[], marks: readonly Mark[] = []): readonly Cut[] {
  if (marks.length === 0) return runs.map((run) => ({ ...run, hit: null }));
  const all: Cut[] = [];
  let start = 0;
  for (const run of runs) {
    const end = start + run.text.length;
    let at = start;
    for (const mark of marks) {
      const [from, to] = [Math.max(at, mark.from), Math.min(end, mark.to)];
      if (from >= to) continue;
      if (from > at) all.push({ ...run, text: run.text.slice(at - start, from - start), hit: null });
      all.push({ ...run, text: run.text.slice(from - start, to - start), hit: mark.hit });
      at = to;
    }
    if (at < end) all.push({ ...run, text: run.text.slice(at - start), hit: null });
    start = end;
  }
  return all;
}
