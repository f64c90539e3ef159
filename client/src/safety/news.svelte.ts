/** Whether something waits in the safety centre that this person has not seen. */
import { houseNow } from '../api/client';
import { ownDecisions, ownReports, ownStatements, reportOf } from '../api/report';
import { receipts } from '../report/receipts.svelte';
import { session } from '../ui/session.svelte';
import { isNew, type Heard } from './fresh';

/** Asked at most this often, and when something is told. */
const EVERY_MS = 60_000;
/** Without an account each report is asked for by itself; older ones are looked at in the centre. */
const RECEIPTS_ASKED = 3;
const KEY = 'balai.safety-seen';

function seenAt(): number {
  try {
    return Date.parse(localStorage.getItem(KEY) ?? '') || 0;
  } catch {
    return 0;
  }
}

class News {
  isWaiting = $state(false);
  #askedAt = -Infinity;

  /** Ask, unless that was done a moment ago; `soon`: something was told just now. */
  async ask(soon = false): Promise<void> {
    if (!soon && performance.now() < this.#askedAt + EVERY_MS) return;
    this.#askedAt = performance.now();
    const told = await (session.person ? this.#mine() : this.#kept()).catch(() => null);
    if (told) this.isWaiting = isNew(told, seenAt());
  }

  /** The person has looked at the centre. */
  seen(): void {
    this.isWaiting = false;
    try {
      localStorage.setItem(KEY, new Date(houseNow()).toISOString());
    } catch {
      // It then counts as new again.
    }
  }

  async #mine(): Promise<Heard> {
    const [reports, statements, decisions] = await Promise.all([
      ownReports(),
      ownStatements(),
      ownDecisions(),
    ]);
    return { reports, statements, decisions };
  }

  async #kept(): Promise<Heard> {
    const asked = receipts.of(null).slice(0, RECEIPTS_ASKED).map((one) => reportOf(one.receipt));
    return { reports: await Promise.all(asked), statements: [], decisions: [] };
  }
}

export const news = new News();
