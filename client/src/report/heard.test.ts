import { describe, expect, it } from 'vitest';
import type { Phrase } from '../words/vtt';
import { barsOf, linesOf, segmentsIn } from './heard';

const ON_AIR = Date.parse('2026-11-21T10:00:00Z');
const segment = (number: number, saidS: number, durationS = 10) => ({
  number,
  url: `https://hall/${number}.m4s`,
  durationS,
  saidAt: ON_AIR + saidS * 1_000,
});
const phrase = (fromS: number, toS: number): Phrase => ({
  key: `a@${fromS}`,
  seat: 'a',
  speaker: 'Ada',
  fromS,
  toS,
  runs: [{ text: 'hello', isDoubtful: false }],
});

describe('lines', () => {
  it('lie where they were said, not where they are in the media', () => {
    // The room was silent for 30 s, which the programme left out.
    const segments = [segment(0, 0), segment(1, 10), segment(2, 50)];
    const reach = { from: 45, to: 60 };
    const lines = linesOf([phrase(2, 4), phrase(21, 23), phrase(12, 13)], segments, ON_AIR, reach);
    expect(lines.map((line) => line.span)).toEqual([{ from: 51, to: 53 }]);
  });

  it('are none without a list of what was published', () => {
    expect(linesOf([phrase(0, 1)], [], ON_AIR, { from: 0, to: 60 })).toEqual([]);
  });
});

it('asks for the segments of the reach only, and for a limited number', () => {
  const segments = Array.from({ length: 500 }, (_, number) => segment(number, number, 1));
  const numbers = (from: number, to: number) =>
    segmentsIn(segments, ON_AIR, { from, to }).map((one) => one.number);
  expect(numbers(2.5, 4)).toEqual([2, 3]);
  expect(numbers(0, 500).length).toBe(130);
  expect(segmentsIn([{ ...segment(0, 0), saidAt: null }], ON_AIR, { from: 0, to: 9 })).toEqual([]);
});

describe('the waveform', () => {
  const loud = new Float32Array(30).fill(1);
  loud.fill(0.01, 10, 20);

  it('has a bar a second, by how loud it was', () => {
    const bars = barsOf(loud, 10, [{ from: 5, durationS: 3 }], { from: 4, to: 8 });
    expect(bars.map((bar) => bar === null ? null : Math.round(bar * 100) / 100)).toEqual([null, 1, 0.2, 1]);
  });

  it('puts pieces where they were said, and knows nothing of a gap between them', () => {
    const at = [
      { from: 0, durationS: 1 },
      { from: 3, durationS: 1 },
    ];
    const bars = barsOf(loud, 10, at, { from: 0, to: 4 });
    expect(bars.map((bar) => bar === null)).toEqual([false, true, true, false]);
  });

  it('ends where its sound ends', () => {
    expect(barsOf(new Float32Array(0), 10, [{ from: 0, durationS: 9 }], { from: 0, to: 2 })).toEqual([null, null]);
  });
});
