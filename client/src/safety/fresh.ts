/** What counts as news of the safety centre. Pure: the moment of the last look is given. */
import type { OwnDecision, ReportView, StatementView } from '../api/types';

export interface Heard {
  reports: readonly Pick<ReportView, 'outcome_at'>[];
  statements: readonly Pick<StatementView, 'at' | 'read_at' | 'withdrawn_at'>[];
  decisions: readonly Pick<OwnDecision, 'in_force_at' | 'overturned_at' | 'appeal'>[];
}

/** Whether something was decided, told or answered since the last look, here or on another device. */
export function isNew(told: Heard, since: number): boolean {
  const moments = [
    ...told.reports.map((one) => one.outcome_at),
    ...told.statements.flatMap((one) => [one.read_at === null ? one.at : null, one.withdrawn_at]),
    ...told.decisions.flatMap((one) => [
      one.in_force_at,
      one.overturned_at,
      one.appeal?.answered_at ?? null,
    ]),
  ];
  return moments.some((at) => at !== null && Date.parse(at) > since);
}
