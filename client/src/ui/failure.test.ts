import { expect, it } from 'vitest';
import { Failure } from '../api/client';
import '../safety/failures';
import { sentenceOf } from './failure';

const refused = (code: string, sentence: string) => sentenceOf(new Failure('invalid', code, sentence, 422));

it('says which field of a statement is wrong, as only the house knows it', () => {
  expect(refused('statement_invalid', 'decision_facts: take a name out.')).toBe(
    'This statement of reasons breaks a rule. decision_facts: take a name out.',
  );
});

it('says in the reader’s words what to do, and the house’s where none are written', () => {
  expect(refused('duty_too_long', 'from the house')).toBe(
    'Duty lasts 12 hours at most. Say so again when it is over.',
  );
  expect(refused('of_tomorrow', 'from the house')).toBe('from the house');
  expect(refused('of_tomorrow', '')).toBe('Something in it is not right. Please correct it and try again.');
  expect(sentenceOf(new Error('of the browser'))).toBe('This does not work right now. Try again shortly.');
});
