/** What was heard in the reach of a report: its words and how loud it was, from what the hall publishes. */
import type { RoomCard } from '../api/types';
import { momentAt } from '../listen/moments';
import { extended, readPlaylist, type Segment } from '../words/playlist';
import { readPhrases, type Phrase } from '../words/vtt';
import type { Span } from './moment';

/** A phrase on the room's clock: when it was said. */
export interface Line extends Phrase {
  span: Span;
}

/** Loudness per second of the reach, 0 to 1; null where nothing is known. */
export type Bars = readonly (number | null)[];

type Addresses = Pick<RoomCard, 'on_air_at' | 'rewind_url' | 'replay_url' | 'transcript_url'>;

const PATIENCE_MS = 10_000;
const AT_ONCE = 6;
/** Two minutes are 120 segments of 8 kB; more would be somebody else's playlist. */
const SEGMENTS_MAX = 130;
const SOUND_BYTES_MAX = 3_000_000;
/** Enough to see how loud it is, and a tenth of the memory. */
const LOOK_HZ = 8_000;
const QUIETEST_DB = -50;

async function fetched(url: string): Promise<Response | null> {
  const response = await fetch(url, {
    credentials: 'omit',
    cache: 'force-cache',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return response.ok ? response : null;
}

/** A list grows while the room is live: what a cache kept of it is too old. */
async function textAt(url: string | null): Promise<string> {
  if (!url) return '';
  const response = await fetch(url, {
    credentials: 'omit',
    cache: 'no-cache',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return response.ok ? response.text() : '';
}

export interface Published {
  lines: readonly Line[];
  list: string;
  segments: readonly Segment[];
  url: string;
}

const NOTHING: Published = { lines: [], list: '', segments: [], url: '' };

/** Put phrases, which lie in media time, on the room's clock; keep those within the reach. */
export function linesOf(
  phrases: readonly Phrase[],
  segments: readonly Segment[],
  onAirAt: number,
  reach: Span,
): Line[] {
  const pieces = extended([], segments);
  const lines: Line[] = [];
  for (const phrase of phrases) {
    const at = momentAt(pieces, phrase.fromS);
    if (at === null) continue;
    const from = (at - onAirAt) / 1_000;
    const span = { from, to: from + phrase.toS - phrase.fromS };
    if (from < reach.to && span.to > reach.from) lines.push({ ...phrase, span });
  }
  return lines.sort((a, b) => a.span.from - b.span.from);
}

/** Read what was said. Without a programme or a transcript there is nothing, and that is no failure. */
export async function published(room: Addresses, reach: Span): Promise<Published> {
  const url = room.replay_url ?? room.rewind_url;
  if (!url) return NOTHING;
  const asked = [textAt(url), textAt(room.transcript_url)] as const;
  const [list, transcript] = await Promise.all(asked).catch(() => ['', ''] as const);
  const { segments } = readPlaylist(list, url);
  const onAirAt = Date.parse(room.on_air_at ?? '');
  return { url, list, segments, lines: linesOf(readPhrases(transcript), segments, onAirAt, reach) };
}

const secondsOf = (segment: Segment, onAirAt: number) => ((segment.saidAt ?? NaN) - onAirAt) / 1_000;

/** The segments that hold a part of the reach, newest kept when there are too many. */
export function segmentsIn(segments: readonly Segment[], onAirAt: number, reach: Span): Segment[] {
  return segments
    .filter((one) => {
      const from = secondsOf(one, onAirAt);
      return from < reach.to && from + one.durationS > reach.from;
    })
    .slice(-SEGMENTS_MAX);
}

/** How loud each second is; `at` tells where on the room's clock a stretch of the samples lies. */
export function barsOf(
  samples: Float32Array,
  rateHz: number,
  at: readonly { from: number; durationS: number }[],
  reach: Span,
): Bars {
  const bars: (number | null)[] = Array.from({ length: Math.ceil(reach.to - reach.from) }, () => null);
  let place = 0;
  for (const { from, durationS } of at) {
    const count = Math.round(durationS * rateHz);
    for (let index = 0; index < count && place + index < samples.length; index += 1) {
      const bar = Math.floor(from + index / rateHz - reach.from);
      if (bar < 0 || bar >= bars.length) continue;
      bars[bar] = Math.max(bars[bar] ?? 0, Math.abs(samples[place + index] ?? 0));
    }
    place += count;
  }
  return bars.map((peak) => peak === null ? null : heightOf(peak));
}

function heightOf(peak: number): number {
  const db = 20 * Math.log10(Math.max(peak, 1e-6));
  return Math.max(0, Math.min(1, 1 - db / QUIETEST_DB));
}

function initUrl(list: string, url: string): string | null {
  const name = /^#EXT-X-MAP:.*URI="([^"]+)"/m.exec(list)?.[1];
  if (!name || !URL.canParse(name, url)) return null;
  const address = new URL(name, url);
  return address.origin === new URL(url).origin ? address.href : null;
}

async function bytesOf(urls: readonly string[]): Promise<(ArrayBuffer | null)[]> {
  const found: (ArrayBuffer | null)[] = urls.map(() => null);
  let next = 0;
  const work = async () => {
    while (next < urls.length) {
      const mine = next++;
      const response = await fetched(urls[mine] ?? '').catch(() => null);
      found[mine] = (await response?.arrayBuffer()) ?? null;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

/**
 * Look at how loud the reach was. Most of it is in the browser's cache; whoever asked for little
 * data, or whose browser cannot read it, sees who spoke and no waveform.
 */
export async function loudness(room: Addresses, from: Published, reach: Span): Promise<Bars | null> {
  const saves = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData;
  const init = initUrl(from.list, from.url);
  if (saves || !init || typeof OfflineAudioContext === 'undefined') return null;
  const onAirAt = Date.parse(room.on_air_at ?? '');
  const wanted = segmentsIn(from.segments, onAirAt, reach);
  const [head, ...bodies] = await bytesOf([init, ...wanted.map((one) => one.url)]);
  const kept = wanted.flatMap((one, index) => {
    const body = bodies[index];
    return body ? [{ body, from: secondsOf(one, onAirAt), durationS: one.durationS }] : [];
  });
  const size = kept.reduce((sum, one) => sum + one.body.byteLength, 0);
  if (!head || kept.length === 0 || size > SOUND_BYTES_MAX) return null;
  try {
    const whole = await new Blob([head, ...kept.map((one) => one.body)]).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, LOOK_HZ).decodeAudioData(whole);
    return barsOf(sound.getChannelData(0), sound.sampleRate, kept, reach);
  } catch {
    return null;
  }
}
