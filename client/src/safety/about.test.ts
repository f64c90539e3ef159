import { describe, expect, it } from 'vitest';
import type { OwnDecision, OwnStatement } from '../api/types';
import { aboutMe, contestOf, isSaidOfAll, isUnread, overAt, redressOf, standingOf, withdrawnWhys } from './about';
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
    statement_ids: [],
    contested: [],
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

it('lists what one decision took in the order in which it was decided', () => {
  const both = [statement('words', { decision_id: 'd' }), statement('mute', { decision_id: 'd' })];
  const [one] = aboutMe([decision('d', { statement_ids: ['mute', 'words'] })], both);
  expect(one?.statements.map((told) => told.id)).toEqual(['mute', 'words']);
});

it('says once that an overturned decision holds no longer, and why', () => {
  const gone = { withdrawn_at: at(3), withdrawn_why: 'Sorry.' };
  const statements = [statement('a', gone), statement('b', gone)];
  const about = (changes: object) => ({ key: 'k', at: at(1), room: null, decision: decision('d', changes), statements });
  const overturned = about({ overturned_at: at(3) });
  expect(statements.map((one) => isSaidOfAll(one, overturned))).toEqual([true, true]);
  expect(withdrawnWhys(overturned)).toEqual(['Sorry.']);
  expect(withdrawnWhys(about({ overturned_at: at(3), appeal: { state: 'overturned', answer: 'Sorry.' } }))).toEqual([]);
  expect(statements.map((one) => isSaidOfAll(one, about({})))).toEqual([false, false]);
});

it('asks nobody to wait for what was judged', () => {
  const answer = decision('d', { contested: ['r1'] });
  expect(contestOf(statement('s'), [decision('d')])).toBe('waits');
  expect(contestOf(statement('s'), [answer])).toBe('stands');
  expect(contestOf(statement('s', { withdrawn_at: at(3) }), [answer])).toBe('given_back');
});

it('takes for the end what came first', () => {
  expect([
    overAt(statement('s', { ended_at: at(4) }, at(3))),
    overAt(statement('s', { ended_at: at(4) }, at(9))),
    overAt(statement('s', { ended_at: at(4) })),
    overAt(statement('s', {}, at(9))),
  ]).toEqual([at(3), at(4), at(4), at(9)]);
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
