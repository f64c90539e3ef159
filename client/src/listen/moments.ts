/** Where a moment of speech lies in a playlist. Times of speech are ms since 1970, places are seconds of media. */

export interface Piece {
  start: number;
  duration: number;
  programDateTime: number | null;
}

/**
 * The place of a moment. A room whose delay was lengthened has times that step back over silence,
 * so the last piece that holds the moment wins; a moment nobody holds gives the nearest edge.
 */
export function placeOf(pieces: readonly Piece[], at: number): number | null {
  const timed = pieces.filter((piece) => piece.programDateTime !== null);
  const first = timed[0];
  if (!first) return null;
  const before = timed.findLast((piece) => (piece.programDateTime ?? 0) <= at);
  if (!before) return first.start;
  const inside = (at - (before.programDateTime ?? 0)) / 1_000;
  return before.start + Math.min(inside, before.duration);
}

/** The moment of speech at a place, or null outside the pieces. */
export function momentAt(pieces: readonly Piece[], place: number): number | null {
  const piece = pieces.findLast((one) => one.start <= place);
  if (!piece || piece.programDateTime === null) return null;
  return piece.programDateTime + (place - piece.start) * 1_000;
}
