/** The language of the house's own words. Changing it does not reload: what plays goes on playing. */
import { getLocale, locales, overwriteGetLocale, setLocale } from '../paraglide/runtime';
import { regional } from './region';

export type Locale = (typeof locales)[number];

let current = $state<Locale>(getLocale());
overwriteGetLocale(() => current);

export const LANGUAGES: Record<Locale, string> = { en: 'English', id: 'Bahasa Indonesia' };

export function locale(): Locale {
  return current;
}

export function chooseLocale(chosen: Locale): void {
  void setLocale(chosen, { reload: false });
  current = chosen;
  document.documentElement.lang = chosen;
}

/** A language's name in the reader's own language. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([current], { type: 'language' }).of(code) ?? code;
  } catch {
    return code; // not a language tag
  }
}

const form = () => regional(current, globalThis.navigator?.languages ?? []);

export function clockTime(at: string | number): string {
  return new Intl.DateTimeFormat(form(), { timeStyle: 'short' }).format(typeof at === 'string' ? Date.parse(at) : at);
}

export function dayAndTime(at: string | number): string {
  const options = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(form(), options).format(typeof at === 'string' ? Date.parse(at) : at);
}

/** One digit after the point, as the language writes it. */
export function oneDecimal(n: number): string {
  return new Intl.NumberFormat(current, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(n);
}
