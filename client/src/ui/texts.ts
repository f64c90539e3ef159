/** Texts that a house wrote in several languages. */
import { getLocale } from '../paraglide/runtime';

/** The reader's own, else the English one, else any. */
export function inMyWords(texts: Record<string, string>): string {
  return texts[getLocale()] ?? texts.en ?? Object.values(texts)[0] ?? '';
}
