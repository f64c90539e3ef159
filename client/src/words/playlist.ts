/** A playlist of captions as text, and where its segments lie in time. */
import type { Piece } from '../listen/moments';

export interface Segment {
  /** Counts from the room's first segment, which is 0. */
  number: number;
  url: string;
  durationS: number;
  /** When its first sample was said, in ms since 1970. */
  saidAt: number | null;
}

export interface Playlist {
  segments: readonly Segment[];
  hasEnded: boolean;
}

/** A day of segments; what comes after is dropped. */
const SEGMENTS_MAX = 90_000;

function addressIn(line: string, playlistUrl: string): string | null {
  if (!URL.canParse(line, playlistUrl)) return null;
  const address = new URL(line, playlistUrl);
  return address.origin === new URL(playlistUrl).origin ? address.href : null;
}

/** Read what this house writes; an address elsewhere, or a segment without a length, is left out. */
export function readPlaylist(text: string, url: string): Playlist {
  const segments: Segment[] = [];
  let number = 0;
  let durationS = Number.NaN;
  let saidAt: number | null = null;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const value = line.slice(line.indexOf(':') + 1);
    if (line.startsWith('#EXT-X-MEDIA-SEQUENCE:')) number = Number.parseInt(value, 10) || 0;
    else if (line.startsWith('#EXTINF:')) durationS = Number.parseFloat(value);
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) {
      const at = Date.parse(value);
      saidAt = Number.isNaN(at) ? null : at;
    } else if (line && !line.startsWith('#')) {
      const address = addressIn(line, url);
      if (address && durationS > 0) segments.push({ number, url: address, durationS, saidAt });
      number += 1;
      durationS = Number.NaN;
      saidAt = null;
      if (segments.length >= SEGMENTS_MAX) break;
    }
  }
  return { segments, hasEnded: text.includes('#EXT-X-ENDLIST') };
}

/**
 * Where segments lie in the media, from the room's first one on: media time adds up without gaps,
 * while times of day jump at silences that were left out and at delays that were lengthened.
 */
export function extended(pieces: readonly Piece[], segments: readonly Segment[]): readonly Piece[] {
  const fresh = segments.filter((one) => one.number >= pieces.length);
  if (fresh.length === 0 || fresh[0]?.number !== pieces.length) return pieces;
  const longer = [...pieces];
  const last = pieces.at(-1);
  let start = last ? last.start + last.duration : 0;
  for (const one of fresh) {
    if (one.number !== longer.length) break; // what follows a hole cannot be placed
    longer.push({ start, duration: one.durationS, programDateTime: one.saidAt });
    start += one.durationS;
  }
  return longer;
}
