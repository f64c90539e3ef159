import { expect, it } from 'vitest';
import type { JobView } from '../api/types';
import { aboutWord, priorityWord } from './line';

const HOUR_MS = 3_600_000;
const GRAVE = 10;

const job = (kind: JobView['kind'], hours: number) =>
  ({ kind, case_kind: 'conduct', priority: GRAVE, due_at: new Date(hours * HOUR_MS).toISOString() }) as JobView;

it('presses for an appeal as its own time does, not as what it is about', () => {
  expect(priorityWord(job('appeal', 14 * 24), 0)).toBe('When there is time');
  expect(priorityWord(job('appeal', 5), 0)).toBe('Today');
  expect(priorityWord(job('first', 14 * 24), 0)).toBe('Grave: look at it soon');
});

it('names contests and hosts by what they are, and everything else by what was reported', () => {
  expect(aboutWord('contest', 'other')).toBe('Somebody contests what was taken from them');
  expect(aboutWord('host', 'other')).toBe('A pattern in what a host took from others');
  expect(aboutWord('conduct', 'threat')).toBe('Threats or violence');
  expect(aboutWord('conduct', 'other')).toBe('Something flagged or reported');
});
