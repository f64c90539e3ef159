import { afterEach, expect, it } from 'vitest';
import { overwriteGetLocale } from '../paraglide/runtime';
import { inReaderWords, takenWord } from './fixed';

const policy = { clauses: [{ title: { en: 'Insults to a people', id: 'Hinaan pada suatu bangsa' } }] } as never;

afterEach(() => overwriteGetLocale(() => 'en'));

it('says a fixed reason and the title of a rule in the language of who reads', () => {
  overwriteGetLocale(() => 'id');
  expect(inReaderWords('Insults')).toBe('Menghina');
  expect(inReaderWords('Insults to a people', policy)).toBe('Hinaan pada suatu bangsa');
  expect(takenWord({ told: { measure: { kind: 'mute' } } } as never)).toContain('dibisukan');
  overwriteGetLocale(() => 'en');
  expect(inReaderWords('Hinaan pada suatu bangsa', policy)).toBe('Insults to a people');
});

it('leaves what somebody wrote themselves as it is', () => {
  expect(inReaderWords('You shouted', policy)).toBe('You shouted');
});
