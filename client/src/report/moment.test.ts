import { describe, expect, it } from 'vitest';
import { heardUpTo, isEndOf, lastOf, mayReport, moved, positionsOf, reachOf, type Place } from './moment';

const ON_AIR = Date.parse('2026-11-21T10:00:00Z');
const at = (seconds: number) => ON_AIR + seconds * 1_000;
const iso = (seconds: number) => new Date(at(seconds)).toISOString();
const room = (changes: Partial<Place> = {}): Place => ({
  state: 'live',
  on_air_at: iso(0),
  ended_at: null,
  delay_s: 8,
  ...changes,
});

describe('up to where somebody hears', () => {
  const now = at(300);

  it('is the own playhead of a listener, however far behind', () => {
    expect(heardUpTo(room(), { playheadAt: at(100), isOnStage: false, now })).toBe(100);
  });

  it('is this moment for somebody on stage', () => {
    expect(heardUpTo(room(), { playheadAt: at(100), isOnStage: true, now })).toBe(300);
  });

  it('is what has just aired for somebody who hears nothing', () => {
    expect(heardUpTo(room(), { playheadAt: null, isOnStage: false, now })).toBe(290);
  });

  it('is what has just aired for a player that has not found its place yet', () => {
    expect(heardUpTo(room(), { playheadAt: at(0.4), isOnStage: false, now })).toBe(290);
    expect(heardUpTo(room(), { playheadAt: at(-40), isOnStage: false, now })).toBe(290);
  });

  it('never lies ahead of the room', () => {
    expect(heardUpTo(room(), { playheadAt: at(900), isOnStage: false, now })).toBe(300);
    const over = room({ state: 'ended', ended_at: iso(200) });
    expect(heardUpTo(over, { playheadAt: at(900), isOnStage: false, now })).toBe(200);
    expect(heardUpTo(over, { playheadAt: null, isOnStage: false, now })).toBe(200);
    expect(heardUpTo(over, { playheadAt: at(50), isOnStage: false, now })).toBe(50);
    expect([isEndOf(over, 200), isEndOf(over, 50), isEndOf(room(), 200)]).toEqual([true, false, false]);
  });

  it('is nothing before the first sound', () => {
    expect(heardUpTo(room({ on_air_at: null }), { playheadAt: null, isOnStage: true, now })).toBe(null);
    expect(heardUpTo(room(), { playheadAt: null, isOnStage: false, now: at(5) })).toBe(null);
  });
});

it('takes reports of a live room, and for as long after it as the house says', () => {
  expect(mayReport(room(), at(10), 0)).toBe(true);
  expect(mayReport(room({ state: 'draft', on_air_at: null }), at(10), 60)).toBe(false);
  const over = room({ state: 'interrupted', ended_at: iso(100) });
  expect([mayReport(over, at(1_900), 1_800), mayReport(over, at(1_901), 1_800)]).toEqual([true, false]);
  expect([mayReport(over, at(80_000), 86_400), mayReport(over, at(101), 0)]).toEqual([true, false]);
});

describe('the stretch', () => {
  const reach = reachOf(150);

  it('is the last minute of two, and less of a young room', () => {
    expect(reach).toEqual({ from: 30, to: 150 });
    expect(lastOf(reach)).toEqual({ from: 90, to: 150 });
    expect(lastOf(reachOf(20))).toEqual({ from: 0, to: 20 });
  });

  it('stops at the reach and never turns inside out', () => {
    const span = { from: 90, to: 150 };
    expect(moved(span, 'from', -1_000, reach)).toEqual({ from: 30, to: 150 });
    expect(moved(span, 'from', 1_000, reach)).toEqual({ from: 148, to: 150 });
    expect(moved(span, 'to', -1_000, reach)).toEqual({ from: 90, to: 92 });
    expect(moved(span, 'to', 1_000, reach)).toEqual({ from: 90, to: 150 });
  });

  it('becomes whole positions of two minutes at most', () => {
    expect(positionsOf({ from: 1.5, to: 2.00001 })).toEqual({ from_position: 72_000, to_position: 96_001 });
    const { from_position, to_position } = positionsOf({ from: 0.00001, to: 120.00001 });
    expect(to_position - from_position).toBe(120 * 48_000);
  });
});
