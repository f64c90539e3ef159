/** What a host can dump. */

const LAST_S: readonly number[] = [5, 15];

/** The lengths that reach less far than the whole delay, then null: all that has not aired. */
export const dumpChoices = (delayS: number): (number | null)[] => [...LAST_S.filter((seconds) => seconds < delayS), null];
