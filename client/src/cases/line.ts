/** What the queue says of a job: how pressing it is, and what about. */
import type { CaseView, JobView } from '../api/types';
import { m } from '../paraglide/messages';
import { concernWord } from '../report/concerns';

const HURT = 0;
const HELD = 1;
/** Up to these priorities a case is due within half an hour, and within four hours. */
const GRAVE = 14;
const SOON = 19;
/** A contest of what still weighs on somebody in a live room is due within half an hour, too. */
const CONTESTED_NOW = 17;
const DAY_MS = 86_400_000;

export function priorityWord(job: JobView, now: number): string {
  if (job.kind === 'effect') return m.case_failed();
  if (job.kind === 'appeal') return dueSoon(job, now) ? m.case_priority_soon() : m.case_priority_later();
  if (job.priority <= HURT) return m.case_priority_hurt();
  if (job.priority === HELD) return m.case_priority_held();
  const isContestedNow = job.case_kind === 'contest' && job.priority === CONTESTED_NOW;
  if (job.priority <= GRAVE || isContestedNow) return m.case_priority_grave();
  return job.priority <= SOON ? m.case_priority_soon() : m.case_priority_later();
}

/** An appeal has two weeks, however grave what it is about. */
const dueSoon = (job: JobView, now: number) => Date.parse(job.due_at) - now < DAY_MS;

/** What a case is about; “something else” is a reporter's word, and most such cases no person reported. */
export function aboutWord(kind: CaseView['kind'], concern: CaseView['concern']): string {
  if (kind === 'contest') return m.case_contest_title();
  if (kind === 'host') return m.case_host_title();
  return concern === 'other' ? m.case_other_title() : concernWord(concern);
}

export const isPressing = (job: JobView) => job.priority <= HELD;
