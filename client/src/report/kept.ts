/** How a browser remembers receipts: as text that anybody may have written. */

export interface Kept {
  receipt: string;
  id: string;
  /** Whose it is; null without an account. */
  by: string | null;
  /** When its reporter appealed from here. */
  appealedAt?: string;
}

/** When it is full, the oldest is forgotten; the report itself stays. */
export const KEPT_MAX = 20;
const RECEIPT = /^[A-Za-z0-9_-]{1,64}$/;

function whole(one: Partial<Kept> | null): one is Kept {
  return (
    typeof one?.receipt === 'string' &&
    RECEIPT.test(one.receipt) &&
    typeof one.id === 'string' &&
    (one.by === null || typeof one.by === 'string') &&
    (one.appealedAt === undefined || !Number.isNaN(Date.parse(String(one.appealedAt))))
  );
}

/** Read what was kept; what is no receipt is left out. */
export function readKept(text: string | null): Kept[] {
  try {
    const found: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(found) ? (found as (Partial<Kept> | null)[]).filter(whole).slice(0, KEPT_MAX) : [];
  } catch {
    return [];
  }
}
