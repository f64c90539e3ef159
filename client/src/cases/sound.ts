/** What can be chosen of a case's sealed sound. */
import type { CaseView } from '../api/types';

type Sound = CaseView['sound'];
type Piece = Sound['pieces'][number];
type Voice = CaseView['voices'][number];

/** Whose voice may be heard in a piece; of one that was opened it is known (`opened`). */
export function voicesOf(piece: Piece, sound: Sound, opened?: string[]): Voice[] {
  const known = piece.voices ?? sound.on_stage;
  return opened ? known.filter((one) => opened.includes(one.seat_id)) : known;
}

/** Whether the words for a piece name the one voice in it: then nobody has to say it again. */
export const isOneVoice = (piece: Piece): boolean => piece.voices?.length === 1;

/** The voice that the case is about, if it may be there; empty: whoever speaks most. */
export function firstVoice(voices: Voice[], seat_id: string | null, areKnown: boolean): string {
  const ofCase = voices.find((one) => one.seat_id === seat_id);
  return (ofCase ?? (areKnown ? voices[0] : undefined))?.seat_id ?? '';
}
