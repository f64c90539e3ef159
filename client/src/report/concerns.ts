/** What can be wrong, in plain words; the most frequent first. */
import type { Concern } from '../api/types';
import { m } from '../paraglide/messages';

export const CONCERNS: readonly Concern[] = [
  'harassment',
  'hate',
  'threat',
  'private',
  'danger',
  'child',
  'terror',
  'other',
];

const WORDS: Record<Concern, () => string> = {
  harassment: m.report_concern_harassment,
  hate: m.report_concern_hate,
  threat: m.report_concern_threat,
  private: m.report_concern_private,
  danger: m.report_concern_danger,
  child: m.report_concern_child,
  terror: m.report_concern_terror,
  other: m.report_concern_other,
};

const MEANS: Record<Concern, () => string> = {
  harassment: m.report_concern_harassment_means,
  hate: m.report_concern_hate_means,
  threat: m.report_concern_threat_means,
  private: m.report_concern_private_means,
  danger: m.report_concern_danger_means,
  child: m.report_concern_child_means,
  terror: m.report_concern_terror_means,
  other: m.report_concern_other_means,
};

export const concernWord = (concern: Concern): string => WORDS[concern]();
export const concernMeans = (concern: Concern): string => MEANS[concern]();
