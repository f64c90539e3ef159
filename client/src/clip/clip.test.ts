import { describe, expect, it } from 'vitest';
import { addressOf, around, beginnings, clipIn, isHeardOut, isIn, lasting, LONGEST_S, SHORTEST_S } from './clip';

describe('the address of a clip', () => {
  it('says what it was told', () => {
    const clip = { fromS: 75, toS: 100 };
    const address = addressOf(clip, 'https://balai.test/rooms/abc?text=1&clip=1-9#later');
    expect(address).toBe('https://balai.test/rooms/abc?clip=75-100');
    expect(clipIn(new URL(address).search)).toEqual(clip);
  });

  it('names none where nothing is named', () => {
    expect(clipIn('')).toBeNull();
    expect(clipIn('?text=1')).toBeNull();
  });

  it.each(['', '5', '10-5', '5-5', '0-4', '0-91', '-5-20', '1e3-1005', '1.5-20', '5-20-40', '99999999-100000020', 'a-b', '<b>-9'])(
    'is broken as %s',
    (named) => expect(clipIn(`?clip=${encodeURIComponent(named)}`)).toBe('broken'),
  );
});

describe('a clip around a moment', () => {
  it.each([
    [100, 3_600],
    [0, 3_600],
    [3_599, 3_600],
    [3, 7.4],
    [2, 5],
    [59.7, 60.2],
  ])('at %d s of %d lies in the replay and is as long as a clip may be', (moment, duration) => {
    const clip = around(moment, duration);
    const { min, max } = beginnings(moment, duration);
    expect(clip.fromS).toBeGreaterThanOrEqual(min);
    expect(clip.fromS).toBeLessThanOrEqual(max);
    expect(clip.toS).toBeLessThanOrEqual(Math.max(SHORTEST_S, Math.floor(duration)));
    expect(clipIn(`?clip=${clip.fromS}-${clip.toS}`)).toEqual(clip);
  });

  it('holds what was just heard', () => {
    expect(isIn(around(100, 3_600), { fromS: 95, toS: 100 })).toBe(true);
  });

  it('is never longer or shorter than a clip may be', () => {
    expect(lasting(10, 1_000, 3_600).toS).toBe(10 + LONGEST_S);
    expect(lasting(10, 0, 3_600).toS).toBe(10 + SHORTEST_S);
  });
});

describe('the end of a clip', () => {
  const clip = { fromS: 10, toS: 20 };

  it('is heard once', () => {
    expect(isHeardOut(clip, 19.9, 20.1)).toBe(true);
    expect(isHeardOut(clip, 20.1, 20.3)).toBe(false);
  });

  it('is not heard by whoever jumps over it, or comes from nowhere', () => {
    expect(isHeardOut(clip, 12, 40)).toBe(false);
    expect(isHeardOut(clip, null, 25)).toBe(false);
  });

  it('lets out what only touches it', () => {
    expect(isIn(clip, { fromS: 20, toS: 25 })).toBe(false);
    expect(isIn(clip, { fromS: 5, toS: 10 })).toBe(false);
    expect(isIn(clip, { fromS: 5, toS: 10.5 })).toBe(true);
  });
});
