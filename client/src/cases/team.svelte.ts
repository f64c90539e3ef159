/**
 * Whether this person is shown the way to the cases. Operators are; who else is in the safety
 * team only the house knows, so whoever could open the queue here once is remembered.
 */
import { session } from '../ui/session.svelte';

const KEY = 'balai.reviewer';

function kept(): string {
  try {
    return localStorage.getItem(KEY) ?? '';
  } catch {
    return ''; // storage may be closed (private window)
  }
}

class Team {
  #remembered = $state(kept());

  get isMember(): boolean {
    const me = session.person;
    return me !== null && (me.is_operator || this.#remembered === me.id);
  }

  /** The house let them in, or did not. */
  remember(isIn: boolean): void {
    this.#remembered = isIn ? (session.person?.id ?? '') : '';
    try {
      localStorage.setItem(KEY, this.#remembered);
    } catch {
      // It then lasts as long as the page.
    }
  }
}

export const team = new Team();
