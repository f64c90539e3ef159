/** Which phrases are shown when, and how they are set: pure, without clock or network. */
import type { Phrase } from './vtt';

/** What is on the page, in the order in which it appeared, and what still waits for its sound. */
export interface Flow {
  shown: readonly Phrase[];
  waiting: readonly Phrase[];
  heardS: number | null;
}

export const NOTHING: Flow = { shown: [], waiting: [], heardS: null };
/** A listener looks back over a few minutes at most. */
const KEPT_S = 300;
const KEPT_MAX = 400;
/** The playhead moves by itself; further than this, a person moved it. */
const JUMP_BACK_S = 1.5;
const JUMP_AHEAD_S = 12;

const byTime = (a: Phrase, b: Phrase) => a.fromS - b.fromS;

/** Add what has arrived; a phrase that is known already changes nothing. */
export function arrived(flow: Flow, phrases: readonly Phrase[]): Flow {
  const known = new Set([...flow.shown, ...flow.waiting].map((phrase) => phrase.key));
  const fresh = phrases.filter((phrase) => !known.has(phrase.key));
  if (fresh.length === 0) return flow;
  return { ...flow, waiting: [...flow.waiting, ...fresh].sort(byTime) };
}

/** Whether a person moved the playhead: then another text is shown, from everything that is known. */
export function isJump(before: number | null, now: number | null): boolean {
  if (before === null || now === null) return false;
  return now < before - JUMP_BACK_S || now > before + JUMP_AHEAD_S;
}

/**
 * Show what has begun at `heardS`; without sound, all that has arrived. A phrase that is shown
 * stays as and where it is.
 */
export function heard(flow: Flow, heardS: number | null): Flow {
  const isDue = (phrase: Phrase) => heardS === null || phrase.fromS <= heardS;
  const due = flow.waiting.filter(isDue);
  if (due.length === 0) return flow.heardS === heardS ? flow : { ...flow, heardS };
  const waiting = flow.waiting.filter((phrase) => !isDue(phrase));
  return { shown: [...flow.shown, ...due], waiting, heardS };
}

/**
 * Drop what is older than a few minutes, by whole turns, so that what stays keeps its lines;
 * `keeps` more when somebody asked for what was before.
 */
export function trimmed(flow: Flow, keeps = KEPT_MAX): Flow {
  const { shown } = flow;
  const newest = shown.at(-1)?.fromS ?? 0;
  const isOld = (phrase?: Phrase) =>
    keeps <= KEPT_MAX && phrase !== undefined && phrase.fromS < newest - KEPT_S;
  if (shown.length <= keeps && !isOld(shown[0])) return flow;
  let dropped = 0;
  for (const turn of turnsOf(shown)) {
    if (shown.length - dropped <= keeps && !isOld(turn.phrases.at(-1))) break;
    dropped += turn.phrases.length;
  }
  return dropped === 0 ? flow : { ...flow, shown: shown.slice(dropped) };
}

/** A stretch of one voice; its name is shown where the voice changes, or comes back after a pause. */
export interface Turn {
  key: string;
  speaker: string;
  isNamed: boolean;
  fromS: number;
  /** Which phrase of all is its first. */
  first: number;
  phrases: readonly Phrase[];
}

const PAUSE_S = 20;
/** A long speech is set in paragraphs, so that an eye finds its way. */
const PHRASES_PER_TURN = 8;

export function turnsOf(phrases: readonly Phrase[]): Turn[] {
  const turns: (Turn & { phrases: Phrase[] })[] = [];
  let last: Phrase | null = null;
  for (const [index, phrase] of phrases.entries()) {
    const turn = turns.at(-1);
    const goesOn = last?.seat === phrase.seat && last.speaker === phrase.speaker;
    const isNamed = !goesOn || phrase.fromS - (last?.toS ?? 0) > PAUSE_S;
    if (turn && !isNamed && turn.phrases.length < PHRASES_PER_TURN) turn.phrases.push(phrase);
    else {
      const { key, speaker, fromS } = phrase;
      turns.push({ key, speaker, isNamed, fromS, first: index, phrases: [phrase] });
    }
    last = phrase;
  }
  return turns;
}

/** The phrase that is heard at a moment: the last that has begun; -1 before the first. */
export function phraseAt(phrases: readonly Phrase[], placeS: number): number {
  let [low, high] = [0, phrases.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((phrases[middle]?.fromS ?? 0) <= placeS) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
