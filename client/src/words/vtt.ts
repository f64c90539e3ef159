/** WebVTT as text, read into phrases. Whatever cannot be read is left out; nothing here is ever markup. */

export interface Run {
  text: string;
  isDoubtful: boolean;
}

/** What one voice said in one breath; times are seconds of media since the room's first sound. */
export interface Phrase {
  key: string;
  seat: string;
  speaker: string;
  fromS: number;
  toS: number;
  runs: readonly Run[];
}

/** A day of talk fits; what comes after is dropped. */
const CHARS_MAX = 8_000_000;
const PHRASES_MAX = 20_000;
const SAID_CHARS_MAX = 2_000;
const NAME_CHARS_MAX = 80;

const TIME = String.raw`(?:(\d{1,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})`;
const TIMES = new RegExp(`^${TIME}[ \\t]+-->[ \\t]+${TIME}(?:[ \\t]|$)`);
const PIECES = /<([^<>]*)>|([^<]+|<)/g;
const VOICE = /^v(?:\.\S*)?\s+(\S.*)$/;
const DOUBT = /^c(?:\.[^.\s]+)*\.doubt(?:\.|\s|$)/;
const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&nbsp;': ' ',
  '&lrm;': '',
  '&rlm;': '',
};
/** Controls, and marks that turn the direction of what follows them. */
const UNWRITTEN = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function plain(text: string): string {
  return text
    .replace(/&(?:amp|lt|gt|nbsp|lrm|rlm);/g, (entity) => ENTITIES[entity] ?? '')
    .replace(UNWRITTEN, '')
    .replace(/\s+/g, ' ');
}

function seconds(parts: readonly (string | undefined)[]): number {
  const [hours, minutes, whole, ms] = parts.map((part) => Number(part ?? 0));
  return (hours ?? 0) * 3_600 + (minutes ?? 0) * 60 + (whole ?? 0) + (ms ?? 0) / 1_000;
}

/** Join runs of one kind, and take the spaces off both ends. */
function tidy(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    const startsAnew = !last || last.text.endsWith(' ');
    const text = startsAnew ? run.text.trimStart() : run.text;
    if (!text) continue;
    if (last && last.isDoubtful === run.isDoubtful) last.text += text;
    else joined.push({ ...run, text });
  }
  const last = joined.at(-1);
  if (last) last.text = last.text.trimEnd();
  return joined.filter((run) => run.text);
}

function said(payload: string): { speaker: string; runs: Run[] } {
  let speaker = '';
  let doubts: boolean[] = [];
  const runs: Run[] = [];
  for (const [, tag, text] of payload.slice(0, SAID_CHARS_MAX).matchAll(PIECES)) {
    if (text !== undefined) {
      runs.push({ text: plain(text), isDoubtful: doubts.includes(true) });
    } else if (tag === '/c') {
      doubts = doubts.slice(0, -1);
    } else if (tag && /^c(?:[.\s]|$)/.test(tag)) {
      doubts = [...doubts, DOUBT.test(tag)];
    } else if (tag && !speaker) {
      speaker = plain(VOICE.exec(tag)?.[1] ?? '').trim().slice(0, NAME_CHARS_MAX);
    }
  }
  return { speaker, runs: tidy(runs) };
}

function phraseOf(block: string): Phrase | null {
  const lines = block.split('\n');
  const at = lines.findIndex((line) => line.includes('-->'));
  if (at < 0 || at > 1) return null;
  const times = TIMES.exec(lines[at] ?? '');
  if (!times) return null;
  const [fromS, toS] = [seconds(times.slice(1, 5)), seconds(times.slice(5, 9))];
  const { speaker, runs } = said(lines.slice(at + 1).join(' '));
  if (toS < fromS || runs.length === 0) return null;
  const id = at === 1 ? (lines[0] ?? '').trim() : '';
  const seat = id.slice(0, Math.max(0, id.lastIndexOf('-'))) || speaker;
  return { key: `${id}@${fromS}`, seat, speaker, fromS, toS, runs };
}

/** Read a file of captions, in the order in which it is written; each phrase once. */
export function readPhrases(text: string): Phrase[] {
  if (!/^\ufeff?WEBVTT(?:[ \t\r\n]|$)/.test(text)) return [];
  const phrases = new Map<string, Phrase>();
  for (const block of text.slice(0, CHARS_MAX).replace(/\r\n?/g, '\n').split(/\n{2,}/)) {
    const phrase = phraseOf(block);
    if (phrase && !phrases.has(phrase.key)) phrases.set(phrase.key, phrase);
    if (phrases.size >= PHRASES_MAX) break;
  }
  return [...phrases.values()];
}

export function textOf(phrase: Phrase): string {
  return phrase.runs.map((run) => run.text).join('');
}
