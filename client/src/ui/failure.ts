/** A failure as a sentence in the reader's language; the house's own sentence where none is written. */
import { Failure } from '../api/client';
import { m } from '../paraglide/messages';

const BY_CODE: Record<string, () => string> = {
  offline: m.error_offline,
  invalid: m.error_invalid,
  not_allowed: m.error_not_allowed,
  not_found: m.error_not_found,
  conflict: m.error_conflict,
  unavailable: m.error_unavailable,
  tampered: m.error_tampered,
};

export function sentenceOf(failure: unknown): string {
  if (!(failure instanceof Failure)) return m.error_unavailable();
  const own = BY_CODE[failure.code];
  return own?.() ?? (failure.message || (BY_CODE[failure.kind] ?? m.error_unavailable)());
}
