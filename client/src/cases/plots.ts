/** What a plot shows of figures: rows on one axis, each with what chance leaves open. */
import type { FigureView } from '../api/types';

/** Below so many the figure may be chance alone; it is drawn dashed. */
export const FEW = 10;
/** Times are shown on a logarithmic axis from a second to a day. */
export const DAY_S = 86_400;
const Z = 1.96;

export interface Row {
  key: string;
  name: string;
  /** Where it lies on the axis, 0 to 1; null: there was nothing to count. */
  at: number | null;
  low?: number;
  high?: number;
  shown: string;
  n: number;
}

export interface Guide {
  at: number;
  word: string;
}

export const isFew = (row: Pick<Row, 'n'>) => row.n > 0 && row.n < FEW;

/** The figures of one name, those of all things first. */
export function named(figures: readonly FigureView[], name: string): FigureView[] {
  const own = figures.filter((one) => one.name === name);
  return [...own.filter((one) => one.of === 'all'), ...own.filter((one) => one.of !== 'all')];
}

export function figure(figures: readonly FigureView[], name: string): FigureView {
  return named(figures, name)[0] ?? { name, of: 'all', value: null, n: 0 };
}

/** Where a share may truly lie, of which so many were seen (Wilson, 95 %). */
export function wilson(share: number, n: number): { low: number; high: number } {
  if (n <= 0) return { low: 0, high: 1 };
  const z2 = (Z * Z) / n;
  const middle = (share + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n))) / (1 + z2);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

const within = (at: number) => Math.min(1, Math.max(0, at));

/** A number's place on an axis. */
export const placeOf = (value: number, from: number, to: number): number =>
  to > from ? within((value - from) / (to - from)) : 0;

/** A time's place between a second and a day; each step is as many times longer. */
export const placeOfTime = (seconds: number): number =>
  within(Math.log(Math.max(1, seconds)) / Math.log(DAY_S));

export function percent(share: number, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(share);
}

/** Rows of shares, with what chance leaves open. */
export function shareRows(
  figures: readonly FigureView[],
  nameOf: (of: string) => string,
  locale: string,
): Row[] {
  return figures.map(({ of, value, n }) => {
    if (value === null) return { key: of, name: nameOf(of), at: null, shown: '–', n };
    const { low, high } = wilson(value, n);
    return { key: of, name: nameOf(of), at: within(value), low, high, shown: percent(value, locale), n };
  });
}

/** Rows of amounts, beside the greatest of them. */
export function amountRows(
  figures: readonly FigureView[],
  nameOf: (of: string) => string,
  say: (value: number) => string,
): Row[] {
  const most = Math.max(...figures.map((one) => one.value ?? 0), 0);
  return figures.map(({ of, value, n }) => ({
    key: of,
    name: nameOf(of),
    at: value === null ? null : placeOf(value, 0, most),
    shown: value === null ? '–' : say(value),
    n,
  }));
}

/** The greatest amount among figures; 0: there is none. */
export const most = (figures: readonly FigureView[]): number =>
  Math.max(...figures.map((one) => one.value ?? 0), 0);
