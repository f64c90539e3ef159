/** What a reviewer finds, as it grows in the form: which steps there are, and when it is whole. */
import type { CaseView, FindingSent, Outcome, StepAsked } from '../api/types';
import { m } from '../paraglide/messages';

type Measure = StepAsked['measure'];

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;
const BANS = [DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S];

export interface Rung {
  measure: Measure;
  means: () => string;
  /** For how long it can be chosen; null: for good. Without lengths it is over at once, or for good. */
  lengths: readonly (number | null)[];
}

/** Weakest first. */
export const LADDER: readonly Rung[] = [
  { measure: 'nudge', means: m.case_measure_nudge_means, lengths: [] },
  {
    measure: 'timed_mute',
    means: m.case_measure_timed_mute_means,
    lengths: [5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, DAY_S],
  },
  { measure: 'off_stage', means: m.case_measure_off_stage_means, lengths: [] },
  { measure: 'listen_only', means: m.case_measure_listen_only_means, lengths: BANS },
  { measure: 'room_ban', means: m.case_measure_room_ban_means, lengths: [...BANS, null] },
  { measure: 'house_ban', means: m.case_measure_house_ban_means, lengths: BANS },
  { measure: 'permanent', means: m.case_measure_permanent_means, lengths: [] },
];

export const rungOf = (measure: Measure | null) => LADDER.find((one) => one.measure === measure);

export interface Draft {
  outcome: Outcome | null;
  clause: string;
  facts: string;
  measure: Measure | null;
  seconds: number | null;
  everywhere: boolean;
  /** No step of the ladder: it takes the words of the stretch that the page shows, not the person. */
  outOfReplay: boolean;
  /** The same for what was written: the reported lines come out of the chat. */
  takeLine: boolean;
}

export const emptyDraft = (): Draft => ({
  outcome: null,
  clause: '',
  facts: '',
  measure: null,
  seconds: null,
  everywhere: false,
  outOfReplay: false,
  takeLine: false,
});

type Subject = Pick<
  CaseView,
  'is_about_person' | 'kind' | 'seat_id' | 'from_position' | 'to_position' | 'timeline'
> & { room: Pick<CaseView['room'], 'recording'> };

/** Whether there are words in a replay that could be taken out of it. */
export const hasReplay = (view: Subject) =>
  view.kind === 'conduct' &&
  view.room.recording &&
  view.seat_id !== null &&
  view.from_position !== null &&
  view.to_position !== null;

/** Whether there is a reported line that could be taken out of the chat. */
export const hasLine = (view: Pick<CaseView, 'kind' | 'timeline'>) =>
  view.kind === 'conduct' && view.timeline.some(({ chat }) => chat?.may_be_taken);

/** Whether something follows besides the ladder. */
export const takesContent = (draft: Draft, view: Subject) =>
  (draft.outOfReplay && hasReplay(view)) || (draft.takeLine && hasLine(view));

export const asksForRule = (draft: Draft, kind: CaseView['kind']) =>
  draft.outcome === 'violation' && kind !== 'contest';

/** The questions that are not answered yet, as the form asks them. */
export function missingOf(draft: Draft, view: Subject): string[] {
  const asksRule = asksForRule(draft, view.kind);
  const isAnswered = draft.measure !== null || takesContent(draft, view);
  return [
    draft.outcome ? '' : m.case_outcome(),
    asksRule && draft.clause === '' ? m.case_clause() : '',
    draft.facts.trim() ? '' : m.case_facts(),
    asksRule && view.is_about_person && !isAnswered ? m.case_step() : '',
  ].filter(Boolean);
}

/** Names what is missing, as it stands in the form. */
export const missingSentence = (questions: readonly string[]) =>
  m.case_missing({ what: questions.map((one) => `“${one}”`).join(', ') });

export function findingOf(draft: Draft, view: Subject): FindingSent {
  const finding: FindingSent = {
    outcome: draft.outcome ?? 'no_violation',
    facts: draft.facts.trim(),
    clause: null,
    effects: [],
  };
  if (!asksForRule(draft, view.kind)) return finding;
  finding.clause = draft.clause;
  if (!view.is_about_person) return finding;
  const effects: StepAsked[] = [];
  if (draft.measure) {
    const seconds = rungOf(draft.measure)?.lengths.length ? draft.seconds : null;
    const everywhere = draft.measure === 'listen_only' && draft.everywhere;
    effects.push({ measure: draft.measure, seconds, everywhere });
  }
  if (draft.outOfReplay && hasReplay(view)) {
    const { from_position, to_position } = view;
    effects.push({ measure: 'out_of_replay', seconds: null, everywhere: false, from_position, to_position });
  }
  if (draft.takeLine && hasLine(view)) effects.push({ measure: 'take_line', seconds: null, everywhere: false });
  return { ...finding, effects };
}
