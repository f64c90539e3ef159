/** Sentences of the cases. */
import type { CaseView, DecisionTold, EffectTold, JobView, Moment, PolicyText, RestrictionView, SpentTold } from '../api/types';
import { m } from '../paraglide/messages';
import { wasEnded } from '../ui/ends';
import { inReaderWords } from '../ui/fixed';
import { dayAndTime, languageName } from '../ui/locale.svelte';
import { length, stopwatch, untilWord } from '../ui/words';
import { observedWord } from './observed';
import { minutesLeft } from './shift';

const DAY_S = 86_400;

const JOBS: Record<JobView['kind'], () => string> = {
  first: m.case_job_first,
  second: m.case_job_second,
  golden: m.case_job_second, // it never comes: the house shows it as a second one
  approval: m.case_job_approval,
  appeal: m.case_job_appeal,
  effect: m.case_job_effect,
};
export const jobWord = (kind: JobView['kind']) => JOBS[kind]();

const KINDS: Record<CaseView['kind'], () => string> = {
  conduct: m.case_kind_conduct,
  contest: m.case_kind_contest,
  host: m.case_kind_host,
};
export const kindWord = (kind: CaseView['kind']) => KINDS[kind]();

const STATES: Record<CaseView['state'], () => string> = {
  open: m.case_state_open,
  decided: m.case_state_decided,
  closed: m.case_state_closed,
};
export const stateWord = (state: CaseView['state']) => STATES[state]();

const MEASURES: Record<EffectTold['measure'], () => string> = {
  nudge: m.case_measure_nudge,
  timed_mute: m.case_measure_timed_mute,
  listen_only: m.case_measure_listen_only,
  off_stage: m.case_measure_off_stage,
  room_ban: m.case_measure_room_ban,
  house_ban: m.case_measure_house_ban,
  permanent: m.case_measure_permanent,
  out_of_replay: m.case_measure_out_of_replay,
  take_line: m.case_measure_take_line,
  give_back: m.case_measure_give_back,
};
export const measureWord = (measure: EffectTold['measure']) => MEASURES[measure]();

const EFFECTS: Record<EffectTold['state'], () => string> = {
  pending: m.case_effect_pending,
  carried_out: m.case_effect_carried_out,
  failed: m.case_effect_failed,
  undoing: m.case_effect_undoing,
  undone: m.case_effect_undone,
};
/** What is taken out of a replay waits for the end of a room that is still on air. */
export function effectWord(effect: EffectTold, isOver = true): string {
  const observed = observedWord(effect);
  if (observed) return observed;
  const waits = effect.measure === 'out_of_replay' && effect.state === 'pending' && !isOver;
  return waits ? m.case_effect_waits() : EFFECTS[effect.state]();
}

export function decisionWord(decision: DecisionTold): string {
  if (decision.is_blind) return m.case_decision_second();
  const words: Record<DecisionTold['state'], () => string> = {
    proposed: m.case_decision_proposed,
    refused: m.case_decision_refused,
    in_force: m.case_decision,
    overturned: m.case_decision_overturned,
  };
  return words[decision.state]();
}

/** What was found, in the words of the question that the kind of case asks. */
export function outcomeWord(outcome: DecisionTold['outcome'], kind: CaseView['kind']): string {
  if (kind === 'contest') return outcome === 'violation' ? m.case_contest_wrong() : m.case_contest_right();
  return outcome === 'violation' ? m.case_violation() : m.case_no_violation();
}

/** Who took what from the person whom it concerns, and why. */
export function takenSentence(one: Pick<RestrictionView, 'kind' | 'by_name' | 'by_role' | 'reason'>, policy: PolicyText | null): string {
  const safety = one.by_role === 'safety' ? m.desk_safety_team() : one.by_name;
  const told = { by: one.by_role === null ? m.case_took_rule() : safety, reason: inReaderWords(one.reason, policy) };
  switch (one.kind) {
    case 'mute':
      return m.case_took_mute(told);
    case 'hold':
      return m.case_took_hold(told);
    case 'move_to_hall':
      return m.case_took_move(told);
    case 'take_line':
      return m.case_took_line(told);
    default:
      return m.case_took_remove(told);
  }
}

/** When it ended, or will: what was lifted after its time was over by then. */
export function endWord({ until_at, lifted_at }: { until_at: string | null; lifted_at: string | null }): string {
  if (wasEnded(lifted_at, until_at)) return m.case_lifted({ when: dayAndTime(lifted_at) });
  return until_at === null ? '' : m.case_until({ when: untilWord(until_at) });
}

/** What machines did not hear: words, or whether it was a known recording. */
export function gapSentence({ state, name }: NonNullable<Moment['gap']>): string {
  const told = { name: name || m.case_this_person() };
  return state === 'unwatched' ? m.case_gap_unwatched(told) : m.case_gap_unheard(told);
}

const RATE_HZ = 48_000;

/** Of sealed sound, from where to where in the room it is, and whose voice. */
export function pieceWord(piece: CaseView['sound']['pieces'][number]): string {
  const { from_position, to_position, voices } = piece;
  return m.case_sound_span({
    from: stopwatch(from_position / RATE_HZ),
    to: stopwatch(to_position / RATE_HZ),
    voices: voices ? voices.map((one) => one.name).join(', ') : m.case_sound_of_all(),
  });
}

export function howLong(seconds: number | null): string {
  if (seconds === null) return m.case_for_good();
  if (seconds === DAY_S) return m.case_day();
  return seconds > DAY_S ? m.case_days({ n: Math.round(seconds / DAY_S) }) : length(seconds);
}

export function dueWord(due_at: string, now: number): string {
  const when = dayAndTime(due_at);
  return Date.parse(due_at) < now ? m.case_overdue({ when }) : m.case_due({ when });
}

export const languageWord = (code: string) =>
  code === '' || code === 'und' ? m.case_language_any() : languageName(code);

/** How much more of this one may take in, plainly. */
export function budgetSentence(spent: SpentTold): string {
  if (spent.is_over) return m.case_budget_over();
  if (!spent.may_see_severe) return m.case_budget_lighter();
  const n = minutesLeft(spent.any_s, spent.any_s_max);
  return m.case_budget({ n, severe: Math.min(n, minutesLeft(spent.severe_s, spent.severe_s_max)) });
}
