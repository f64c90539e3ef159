import { expect, it } from 'vitest';
import type { SeatView } from '../api/types';
import { unheardSentences } from './why';

const seat = (name: string, why: string | null) => ({ name, watch: { state: 'unheard', from_position: 0, why } }) as SeatView;

it('says once for each reason whose words are not heard', () => {
  expect(unheardSentences([seat('Ada', 'language'), seat('Budi', 'deadline'), seat('Citra', 'language')])).toEqual([
    'The words of Ada, Citra are not heard: no speech engine for this language is set up here.',
    'The words of Budi are not heard: the house is too busy to keep up.',
  ]);
  expect(unheardSentences([seat('Ada', 'something new'), seat('Budi', null)])).toEqual([
    'The words of Ada are not heard.',
    'The words of Budi are not heard.',
  ]);
  expect(unheardSentences([])).toEqual([]);
});
