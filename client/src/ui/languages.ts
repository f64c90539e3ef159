/** Languages that can be chosen from a list; each is named in the reader's own. */
import { languageName } from './locale.svelte';

const CODES = ['en', 'id', 'ar', 'de', 'es', 'fr', 'hi', 'ja', 'jv', 'ms', 'nl', 'pt', 'ru', 'su', 'tr', 'ur', 'zh'];

export interface Language {
  code: string;
  name: string;
}

/** The languages in the order of their names, and any others that are given. */
export function languageChoices(others: readonly string[] = []): Language[] {
  return [...new Set([...CODES, ...others])]
    .map((code) => ({ code, name: languageName(code) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}
