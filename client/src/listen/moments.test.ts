import { expect, it } from 'vitest';
import { momentAt, placeOf, type Piece } from './moments';

const piece = (start: number, at: number): Piece => ({ start, duration: 1, programDateTime: at });
const plain = [piece(0, 10_000), piece(1, 11_000), piece(2, 12_000)];
/** After two pieces the host lengthened the delay by two seconds: silence, then the same times go on. */
const lengthened = [piece(0, 10_000), piece(1, 11_000), piece(2, 10_000), piece(3, 11_000), piece(4, 12_000)];

it('finds the place of a moment and the moment of a place', () => {
  expect(placeOf(plain, 11_500)).toBe(1.5);
  expect(momentAt(plain, 1.5)).toBe(11_500);
});

it('gives the nearest edge for what is outside', () => {
  expect(placeOf(plain, 0)).toBe(0);
  expect(placeOf(plain, 99_000)).toBe(3);
  expect(placeOf([], 0)).toBe(null);
  expect(momentAt(plain, -1)).toBe(null);
});

it('prefers the later place where times step back', () => {
  expect(placeOf(lengthened, 11_250)).toBe(3.25);
  expect(placeOf(lengthened, 12_500)).toBe(4.5);
});
