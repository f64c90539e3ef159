import { expect, it } from 'vitest';
import { regional } from './region';

const at = (chosen: string, device: string[]) =>
  new Intl.DateTimeFormat(regional(chosen, device), { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
    .format(Date.UTC(2026, 10, 22, 19, 21))
    .replace(/\s/g, ' ');

it('keeps the conventions of the region of the device', () => {
  expect(at('en', ['en-US', 'en'])).toBe('Nov 22, 2026, 7:21 PM');
  expect(at('en', ['en-GB', 'en-US'])).toBe('22 Nov 2026, 19:21');
  expect(at('id', ['id-ID', 'id'])).toBe('22 Nov 2026, 19.21');
});

it('gives English on a device of another language no American dates', () => {
  expect(at('en', ['id-ID'])).toBe('22 Nov 2026, 19:21');
  expect(at('en', ['id-ID', 'id', 'en-US', 'en'])).toBe('22 Nov 2026, 19:21');
  expect(at('en', ['id', 'en'])).toBe('22 Nov 2026, 19:21');
});

it('takes the language as it is where the device tells nothing of it', () => {
  expect(regional('id', ['en-US'])).toBe('id');
  expect(regional('en', [])).toBe('en');
});
