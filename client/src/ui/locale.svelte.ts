/** The language of the house's own words. Changing it does not reload: what plays goes on playing. */
import { getLocale, locales, overwriteGetLocale, setLocale } from '../paraglide/runtime';

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

/** The reader's own form of the language, so that a clock is as they know it: en-GB says 15:04. */
function regional(): string {
  return globalThis.navigator?.languages?.find((one) => one.split('-')[0] === current) ?? current;
}

export function clockTime(at: string | number): string {
  return new Intl.DateTimeFormat(regional(), { timeStyle: 'short' }).format(typeof at === 'string' ? Date.parse(at) : at);
}

export function dayAndTime(at: string | number): string {
  const options = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(regional(), options).format(typeof at === 'string' ? Date.parse(at) : at);
}
