/** What joined a case while somebody read it. */
import type { CaseView, Moment } from '../api/types';

/** One thing on the timeline, by what would be new about it; null: nothing that an answer settles. */
function mark({ flag, report, restriction }: Moment): string | null {
  if (flag) return `${flag.flag.id} ${flag.flag.stage} ${flag.flag.held} ${flag.words.length}`;
  if (report) return report.id;
  return restriction ? `${restriction.id} ${restriction.is_contested}` : null;
}

export const marksOf = (view: CaseView): ReadonlySet<string> =>
  new Set([...view.timeline.map(mark), ...view.appeals.map((one) => one.id)].filter((one) => one !== null));

/** Whether something was not there when the case was read first; null: nobody has read it yet. */
export function isNew(one: Moment | { id: string }, known: ReadonlySet<string> | null): boolean {
  const own = 'kind' in one ? mark(one) : one.id;
  return known !== null && own !== null && !known.has(own);
}
