import { describe, expect, it } from 'vitest';
import { arrived, heard, isJump, NOTHING, phraseAt, trimmed, turnsOf, type Flow } from './flow';
import type { Phrase } from './vtt';

function phrase(fromS: number, seat = 'a', toS = fromS + 1): Phrase {
  return { key: `${seat}-${fromS}@${fromS}`, seat, speaker: seat.toUpperCase(), fromS, toS, runs: [{ text: `at ${fromS}`, isDoubtful: false }] };
}
const froms = (phrases: readonly Phrase[]) => phrases.map((one) => one.fromS);

describe('captions and sound', () => {
  const flow = arrived(NOTHING, [phrase(1), phrase(4), phrase(9)]);

  it('shows a phrase when its sound has begun, not before', () => {
    expect(froms(heard(flow, 0.9).shown)).toEqual([]);
    expect(froms(heard(flow, 4).shown)).toEqual([1, 4]);
    expect(froms(heard(flow, 4).waiting)).toEqual([9]);
  });

  it('shows all that has arrived where there is no sound', () => {
    expect(froms(heard(flow, null).shown)).toEqual([1, 4, 9]);
  });

  it('never moves what is shown: what comes late is set after it', () => {
    const shown = heard(flow, 4);
    const late = heard(arrived(shown, [phrase(2, 'b'), phrase(1)]), 4);
    expect(froms(late.shown)).toEqual([1, 4, 2]);
    expect(late.shown.slice(0, 2)).toEqual(shown.shown);
  });

  it('changes nothing when nothing is new', () => {
    const shown = heard(flow, 4);
    expect(heard(shown, 4)).toBe(shown);
    expect(arrived(shown, [phrase(1), phrase(9)])).toBe(shown);
    expect(heard(shown, 4.2).shown).toBe(shown.shown);
  });

  it('tells a person who jumps from a playhead that moves', () => {
    expect([isJump(10, 10.2), isJump(10, 20), isJump(10, 9)]).toEqual([false, false, false]);
    expect([isJump(10, 8), isJump(10, 30), isJump(null, 30), isJump(10, null)]).toEqual([true, true, false, false]);
  });

  it('keeps a few minutes, or as many phrases as somebody asked for', () => {
    const hour = Array.from({ length: 1_800 }, (_, n) => phrase(n * 2));
    const all: Flow = heard(arrived(NOTHING, hour), null);
    expect(froms(trimmed(all).shown).at(0)).toBe(3_296); // a whole paragraph at a time
    expect(trimmed(all, 5_000)).toBe(all);
    expect(trimmed(all, 1_000).shown.length).toBe(1_000);
    expect(turnsOf(trimmed(all).shown).slice(1)).toMatchObject(
      turnsOf(all.shown).slice(-18).map(({ key }) => ({ key })),
    );
  });
});

describe('turns', () => {
  it('names a voice once, and again after another voice or a pause', () => {
    const turns = turnsOf([phrase(0), phrase(1), phrase(2, 'b'), phrase(4), phrase(60)]);
    expect(turns.map((turn) => [turn.speaker, turn.isNamed, turn.first, froms(turn.phrases)])).toEqual([
      ['A', true, 0, [0, 1]],
      ['B', true, 2, [2]],
      ['A', true, 3, [4]],
      ['A', true, 4, [60]],
    ]);
  });

  it('sets a long speech in paragraphs without a name', () => {
    const turns = turnsOf(Array.from({ length: 20 }, (_, n) => phrase(n)));
    expect(turns.map((turn) => [turn.isNamed, turn.phrases.length])).toEqual([[true, 8], [false, 8], [false, 4]]);
  });
});

it('finds the phrase of a moment', () => {
  const phrases = [phrase(1), phrase(4), phrase(9)];
  expect([0, 1, 3.9, 4, 100].map((s) => phraseAt(phrases, s))).toEqual([-1, 0, 0, 1, 2]);
  expect(phraseAt([], 3)).toBe(-1);
});
