import { describe, expect, it } from 'vitest';
import type { OwnDecision, OwnStatement } from '../api/types';
import { aboutMe, isUnread, redressOf, standingOf } from './about';
import { isNew } from './fresh';

const at = (day: number) => new Date(Date.UTC(2026, 10, day)).toISOString();
const now = Date.parse(at(20));

const statement = (id: string, changes: object = {}, until_at: string | null = null) =>
  ({
    id,
    at: at(1),
    room_id: 'room',
    room_title: 'Rice',
    contested_at: null,
    decision_id: null,
    restriction_id: 'r1',
    read_at: null,
    ended_at: null,
    withdrawn_at: null,
    told: { duration: { until_at }, redress: { complaint_until: at(29) } },
    ...changes,
  }) as unknown as OwnStatement;
const decision = (id: string, changes: object = {}) =>
  ({
    id,
    room_title: 'Rice',
    in_force_at: at(2),
    overturned_at: null,
    appeal: null,
    appeal_until: at(29),
    effects: [{ measure: 'timed_mute' }],
    ...changes,
  }) as unknown as OwnDecision;

it('puts a decision and its statements together, newest first', () => {
  const list = aboutMe(
    [decision('d1'), decision('d2', { in_force_at: at(9) })],
    [statement('s1', { at: at(5) }), statement('s2', { decision_id: 'd1' }), statement('s3', { decision_id: 'gone', at: at(1) })],
  );
  expect(list.map((one) => [one.key, one.room, one.statements.map((told) => told.id)])).toEqual([
    ['d2', 'Rice', []],
    ['s1', 'Rice', ['s1']],
    ['d1', 'Rice', ['s2']],
    ['s3', 'Rice', ['s3']],
  ]);
  expect(list.map(isUnread)).toEqual([false, true, true, true]);
});

it('tells whether something still holds', () => {
  expect([
    standingOf(statement('s'), now),
    standingOf(statement('s', {}, at(21)), now),
    standingOf(statement('s', {}, at(19)), now),
    standingOf(statement('s', { ended_at: at(4) }, at(21)), now),
    standingOf(statement('s', { ended_at: at(4), withdrawn_at: at(5) }), now),
  ]).toEqual(['open', 'until', 'over', 'over', 'withdrawn']);
});

describe('what can be done', () => {
  const redress = (one: OwnDecision | null, ...told: OwnStatement[]) =>
    redressOf({ key: 'k', at: at(1), room: null, decision: one, statements: told }, now);

  it('is an appeal against the safety team, once, in time, and not against a gift', () => {
    expect(redress(decision('d'))).toBe('appeal');
    expect(redress(decision('d', { appeal: { state: 'open' } }))).toBe('none');
    expect(redress(decision('d', { overturned_at: at(3) }))).toBe('none');
    expect(redress(decision('d', { appeal_until: at(19) }))).toBe('none');
    expect(redress(decision('d', { effects: [{ measure: 'give_back' }] }))).toBe('none');
  });

  it('is a contest of what a host or a rule did, also when it is over', () => {
    expect(redress(null, statement('s'))).toBe('contest');
    expect(redress(null, statement('s', { ended_at: at(2) }))).toBe('contest');
    expect(redress(null, statement('s', { withdrawn_at: at(2) }))).toBe('none');
    expect(redress(null, statement('s', { restriction_id: null }))).toBe('none');
    expect(redress(null)).toBe('none');
  });
});

describe('news', () => {
  const nothing = { reports: [], statements: [], decisions: [] };
  const since = Date.parse(at(10));

  it('is a statement that was read nowhere, until somebody has looked here', () => {
    const fresh = statement('s', { at: at(12) });
    expect(isNew({ ...nothing, statements: [fresh] }, since)).toBe(true);
    expect(isNew({ ...nothing, statements: [fresh] }, Date.parse(at(13)))).toBe(false);
    expect(isNew({ ...nothing, statements: [{ ...fresh, read_at: at(12) }] }, since)).toBe(false);
  });

  it('is what was decided or answered since the last look', () => {
    expect(isNew(nothing, 0)).toBe(false);
    expect(isNew({ ...nothing, reports: [{ outcome_at: null }] }, since)).toBe(false);
    expect(isNew({ ...nothing, reports: [{ outcome_at: at(11) }] }, since)).toBe(true);
    const answered = decision('d', { appeal: { answered_at: at(11) } });
    expect(isNew({ ...nothing, decisions: [answered] }, since)).toBe(true);
    expect(isNew({ ...nothing, decisions: [decision('d')] }, since)).toBe(false);
    const withdrawn = statement('s', { read_at: at(2), withdrawn_at: at(11) });
    expect(isNew({ ...nothing, statements: [withdrawn] }, since)).toBe(true);
  });
});
