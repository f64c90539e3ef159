/** Everything that was decided about one person, in one list: a decision with its statements, or a statement alone. */
import type { OwnDecision, OwnStatement } from '../api/types';

export interface About {
  key: string;
  at: string;
  room: string | null;
  decision: OwnDecision | null;
  statements: readonly OwnStatement[];
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
    statements: statements.filter((one) => one.decision_id === decision.id),
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
