/** What a reporter is told, as sentences. */
import type { ReportView } from '../api/types';
import { m } from '../paraglide/messages';

type Told = Pick<ReportView, 'state' | 'outcome' | 'follow_up'>;

export function stateWord(state: ReportView['state']): string {
  return {
    received: m.safety_state_received,
    in_review: m.safety_state_in_review,
    decided: m.safety_state_decided,
  }[state]();
}

export function outcomeSentence(report: Told): string {
  if (report.state !== 'decided') return m.safety_waits();
  if (report.outcome === 'no_violation') return m.safety_outcome_none();
  if (report.follow_up === 'done') return m.safety_outcome_done();
  return report.follow_up === 'nothing' ? m.safety_outcome_nothing_left() : m.safety_outcome_under_way();
}
