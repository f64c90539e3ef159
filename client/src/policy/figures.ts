/** What a policy did when it was tried, as people say it. */
import type { FiguresView, PromotionView, TrialView } from '../api/types';
import { m } from '../paraglide/messages';
import { getLocale } from '../paraglide/runtime';

const EFFECTS: Record<string, () => string> = {
  none: m.effect_none,
  priority: m.effect_priority,
  notice: m.effect_notice,
  delay: m.effect_delay,
  hold: m.effect_hold,
};

export function effectWord(effect: string): string {
  return EFFECTS[effect]?.() ?? effect;
}

export function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return new Intl.NumberFormat(getLocale(), { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value);
}

export function caught(figures: Pick<FiguresView, 'caught' | 'missed'>): string {
  const all = figures.caught + figures.missed;
  return all === 0 ? number(null) : m.n_of_all({ n: number(figures.caught), all: number(all) });
}

/** The figures that matter most, each with what it means. */
export function keyFigures(trial: TrialView): { name: string; value: string; means: string }[] {
  return [
    { name: m.fig_caught(), value: caught(trial), means: m.fig_caught_means() },
    { name: m.fig_false(), value: number(trial.false_flags), means: m.fig_false_means() },
    { name: m.fig_held(), value: m.seconds({ n: number(trial.held_s) }), means: m.fig_held_means() },
    {
      name: m.fig_wrong_hold(),
      value: m.seconds({ n: number(trial.wrong_hold_s_per_h) }),
      means: m.fig_wrong_hold_means(),
    },
    { name: m.fig_flags(), value: number(trial.flags_per_h), means: m.fig_flags_means() },
    {
      name: m.fig_delay(),
      value: trial.delay_needed_s === null ? '–' : m.seconds({ n: number(trial.delay_needed_s) }),
      means: m.fig_delay_means(),
    },
  ];
}

export interface Row {
  name: string;
  figures: FiguresView;
}

export function rowsOf(
  trial: TrialView,
  languageName: (code: string) => string,
): { languages: Row[]; groups: Row[] } {
  const rows = (of: Record<string, FiguresView>, nameOf: (key: string) => string) =>
    Object.entries(of)
      .map(([key, figures]) => ({ name: nameOf(key), figures }))
      .sort((a, b) => b.figures.lines - a.figures.lines);
  return {
    languages: rows(trial.languages, (code) => (code && code !== 'und' ? languageName(code) : m.case_language_any())),
    groups: rows(trial.groups, (name) => name || m.group_none()),
  };
}

/** What a proposed pack would have done in live rooms, most frequent first: “did -> would”. */
export function shadowSentences(promotion: PromotionView): string[] {
  return Object.entries(promotion.shadow)
    .sort(([, a], [, b]) => b - a)
    .map(([change, n]) => {
      const [did = '', would = ''] = change.split(' -> ');
      return m.shadow_count({ n: number(n), did: effectWord(did), would: effectWord(would) });
    });
}

/** How many rules and phrases there are: one short line. */
export function sizeOf(pack: { clauses: number; rules: number; phrases: Record<string, number> }): string {
  const phrases = Object.values(pack.phrases).reduce((sum, n) => sum + n, 0);
  return m.pack_size({ clauses: number(pack.clauses), phrases: number(phrases), rules: number(pack.rules) });
}
