/** The receipts that this browser remembers: the only way back to a report made without an account. */
import { KEPT_MAX, readKept, type Kept } from './kept';

const KEY = 'balai.receipts';

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage may be closed (private window)
  }
}

class Receipts {
  all = $state.raw<readonly Kept[]>(readKept(stored()));

  /** Those of one account, or of nobody's. */
  of(person: string | null): Kept[] {
    return this.all.filter((one) => one.by === person);
  }

  byReport(id: string): Kept | undefined {
    return this.all.find((one) => one.id === id);
  }

  /** Who reports the same again has the same receipt. */
  keep(kept: Kept): void {
    this.#write([kept, ...this.all.filter((one) => one.receipt !== kept.receipt)]);
  }

  appealed(receipt: string, at: string): void {
    this.#write(this.all.map((one) => (one.receipt === receipt ? { ...one, appealedAt: at } : one)));
  }

  forget(receipt: string): void {
    this.#write(this.all.filter((one) => one.receipt !== receipt));
  }

  #write(all: readonly Kept[]): void {
    this.all = all.slice(0, KEPT_MAX);
    try {
      localStorage.setItem(KEY, JSON.stringify(this.all));
    } catch {
      // It is then known as long as the page is open.
    }
  }
}

export const receipts = new Receipts();
