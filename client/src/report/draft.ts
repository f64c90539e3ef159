/** What somebody wrote before they closed the sheet by mistake; gone with the page, or once it is sent. */
import type { Concern } from '../api/types';

export interface Draft {
  concern: Concern | null;
  text: string;
  isUrgent: boolean;
}

const EMPTY: Draft = { concern: null, text: '', isUrgent: false };

/** Only the room that was reported last is remembered. */
class Drafts {
  #room = '';
  #draft = EMPTY;

  of(room: string): Draft {
    return room === this.#room ? this.#draft : EMPTY;
  }

  keep(room: string, draft: Draft): void {
    this.#room = room;
    this.#draft = draft;
  }
}

export const drafts = new Drafts();
