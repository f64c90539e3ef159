/** What somebody wrote before they closed the sheet by mistake; gone with the page, or once it is sent. */
import type { Concern } from '../api/types';

export interface Draft {
  concern: Concern | null;
  text: string;
  isUrgent: boolean;
}

const EMPTY: Draft = { concern: null, text: '', isUrgent: false };

/** 128 random bits: where pages come without TLS, `crypto.randomUUID` is missing. */
export const newToken = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

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
