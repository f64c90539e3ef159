import { describe, expect, it } from 'vitest';
import { placeOf } from '../listen/moments';
import { extended, readPlaylist, type Segment } from './playlist';

const BASE = 'https://hall.example/hall/abc/captions-live.m3u8';
const LIVE = `#EXTM3U
#EXT-X-VERSION:6
#EXT-X-TARGETDURATION:1
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T10:00:07.000Z
#EXTINF:1.024,
c7-abcdefgh.vtt
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T10:00:20.000Z
#EXTINF:0.512,
c-zzzzzzzz.vtt
`;

it('reads a window of captions', () => {
  expect(readPlaylist(LIVE, BASE)).toEqual({
    segments: [
      { number: 7, url: 'https://hall.example/hall/abc/c7-abcdefgh.vtt', durationS: 1.024, saidAt: Date.parse('2026-11-21T10:00:07Z') },
      { number: 8, url: 'https://hall.example/hall/abc/c-zzzzzzzz.vtt', durationS: 0.512, saidAt: Date.parse('2026-11-21T10:00:20Z') },
    ],
    hasEnded: false,
  });
  expect(readPlaylist(`${LIVE}#EXT-X-ENDLIST\n`, BASE).hasEnded).toBe(true);
});

it('leaves out what is elsewhere, has no length or no time', () => {
  const text = '#EXTINF:1,\nhttps://evil.example/x.vtt\n#EXTINF:nan,\nb.vtt\nc.vtt\n#EXTINF:1,\n#EXT-X-PROGRAM-DATE-TIME:never\nd.vtt\n#EXTINF:1,\njavascript:alert(1)\n';
  expect(readPlaylist(text, BASE).segments).toEqual([
    { number: 3, url: 'https://hall.example/hall/abc/d.vtt', durationS: 1, saidAt: null },
  ]);
  expect(readPlaylist('<html>', BASE).segments).toEqual([]);
});

it('reads a hostile list in a moment and keeps a limited number', () => {
  const began = performance.now();
  const many = '#EXTINF:1,\na.vtt\n'.repeat(120_000);
  expect(readPlaylist(many, BASE).segments.length).toBe(90_000);
  expect(performance.now() - began).toBeLessThan(5_000);
});

describe('where segments lie', () => {
  const at = (s: number) => Date.parse('2026-11-21T10:00:00Z') + s * 1_000;
  const segment = (number: number, saidS: number, durationS = 1): Segment => ({ number, url: '', durationS, saidAt: at(saidS) });
  /** Three seconds of silence were left out after two segments; then the delay was lengthened by two seconds. */
  const pieces = extended([], [segment(0, 0), segment(1, 1), segment(2, 5), segment(3, 4), segment(4, 5)]);

  it('adds up media time, whatever the clock says', () => {
    expect(pieces.map((piece) => piece.start)).toEqual([0, 1, 2, 3, 4]);
    expect(placeOf(pieces, at(1.5))).toBe(1.5);
    expect(placeOf(pieces, at(3))).toBe(2); // what was left out is nowhere: the nearest edge
    expect(placeOf(pieces, at(5.25))).toBe(4.25); // the later place wins where times step back
  });

  it('goes on with a later window, and only where it joins', () => {
    const longer = extended(pieces, [segment(3, 4), segment(4, 5), segment(5, 6, 0.5), segment(6, 6.5)]);
    expect(longer.map((piece) => piece.start)).toEqual([0, 1, 2, 3, 4, 5, 5.5]);
    expect(extended(pieces, [segment(6, 7)])).toBe(pieces);
    expect(extended(pieces, [segment(4, 5)])).toBe(pieces);
    expect(extended([], [segment(7, 7)])).toEqual([]);
    expect(extended(pieces, [segment(5, 6), segment(7, 8)]).length).toBe(6);
  });
});
