import { describe, expect, it } from 'vitest';
import { firstVoice, isOneVoice, voicesOf } from './sound';

const ADA = { seat_id: 'a', name: 'Ada' };
const BOB = { seat_id: 'b', name: 'Bob' };
const all = { id: '1', from_position: 48_000 * 61, to_position: 48_000 * 90, voices: null };
const ofAda = { ...all, id: '2', voices: [ADA] };
const sound = { pieces: [all, ofAda], on_stage: [ADA, BOB] };

describe('the sound of a case', () => {
  it('offers the voices that were sealed, or who was on the stage, or who was found in it', () => {
    expect(voicesOf(ofAda, sound)).toEqual([ADA]);
    expect(voicesOf(all, sound)).toEqual([ADA, BOB]);
    expect(voicesOf(all, sound, ['b'])).toEqual([BOB]);
  });

  it('is not named twice after its one voice', () => {
    expect(isOneVoice(ofAda)).toBe(true);
    expect(isOneVoice(all)).toBe(false);
    expect(isOneVoice({ ...all, voices: [ADA, BOB] })).toBe(false);
  });

  it('begins with the voice of the case, and with whoever speaks most where none is known', () => {
    expect(firstVoice([ADA, BOB], 'b', false)).toBe('b');
    expect(firstVoice([ADA, BOB], null, false)).toBe('');
    expect(firstVoice([ADA, BOB], 'x', true)).toBe('a');
  });
});
