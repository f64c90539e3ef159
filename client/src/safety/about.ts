/** Everything that was decided about one person, in one list: a decision with its statements, or a statement alone. */
import type { OwnDecision, OwnStatement } from '../api/types';
import { wasEnded } from '../ui/ends';

export interface About {
  key: string;
  at: string;
  room: string | null;
  decision: OwnDecision | null;
  statements: readonly OwnStatement[];
}

function inOrder(statements: readonly OwnStatement[], { id, statement_ids }: OwnDecision) {
  const own = statements.filter((one) => one.decision_id === id);
  return own.sort((a, b) => statement_ids.indexOf(a.id) - statement_ids.indexOf(b.id));
}

export function aboutMe(
  decisions: readonly OwnDecision[],
  statements: readonly OwnStatement[],
): About[] {
  const told = new Set(decisions.map((one) => one.id));
  const decided = decisions.map((decision) => ({
    key: decision.id,
    at: decision.in_force_at,
    room: decision.room_title,
    decision,
    // They come newest first; within a decision the first step was taken first.
    statements: inOrder(statements, decision),
  }));
  const alone = statements
    .filter((one) => one.decision_id === null || !told.has(one.decision_id))
    .map((statement) => ({
      key: statement.id,
      at: statement.at,
      room: statement.room_title,
      decision: null,
      statements: [statement],
    }));
  return [...decided, ...alone].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

/** Whether something still holds, and until when. */
export type Standing = 'withdrawn' | 'over' | 'until' | 'open';

export function standingOf(statement: OwnStatement, now: number): Standing {
  const { until_at } = statement.told.duration;
  if (statement.withdrawn_at) return 'withdrawn';
  if (statement.ended_at) return 'over';
  if (until_at === null) return 'open';
  return Date.parse(until_at) > now ? 'until' : 'over';
}

/** When it was over: what was lifted after its time had ended by then. */
export function overAt({ ended_at, told, at }: OwnStatement): string {
  const { until_at } = told.duration;
  return wasEnded(ended_at, until_at) ? ended_at : (until_at ?? at);
}

/** Where the whole decision is overturned, that is said once, and not again of each thing it took. */
export const isSaidOfAll = (one: OwnStatement, { decision }: About) =>
  Boolean(decision?.overturned_at) && one.withdrawn_at !== null;

/** Why things were withdrawn, each reason once; an appeal's answer is shown as such. */
export function withdrawnWhys({ statements, decision }: About): string[] {
  const whys = statements.map((one) => one.withdrawn_why ?? '');
  return [...new Set(whys)].filter((why) => why && why !== decision?.appeal?.answer);
}

/** What became of a contest: it waits, it was judged and things stand, or things were given back. */
export type Contest = 'waits' | 'stands' | 'given_back';

export function contestOf(one: OwnStatement, decisions: readonly OwnDecision[]): Contest {
  if (one.withdrawn_at) return 'given_back';
  const isJudged = decisions.some(({ contested }) => contested.includes(one.restriction_id ?? ''));
  return isJudged ? 'stands' : 'waits';
}

/** What can be done about it: appeal against a decision, contest what a host or a rule did, or nothing any more. */
export type Redress = 'appeal' | 'contest' | 'none';

export function redressOf(about: About, now: number): Redress {
  const { decision, statements } = about;
  if (decision) {
    const isOpen = !decision.overturned_at && !decision.appeal && Date.parse(decision.appeal_until) > now;
    return isOpen && !isGift(decision) ? 'appeal' : 'none';
  }
  const [one] = statements;
  if (!one?.restriction_id || one.withdrawn_at) return 'none';
  return Date.parse(one.told.redress.complaint_until) > now ? 'contest' : 'none';
}

/** Nobody appeals against getting back what was theirs. */
export function isGift(decision: OwnDecision): boolean {
  return decision.effects.length > 0 && decision.effects.every((one) => one.measure === 'give_back');
}

export const isUnread = (about: About): boolean =>
  about.statements.some((one) => one.read_at === null);
