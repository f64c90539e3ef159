/** Whom a report can be about, and who spoke when. */
import { stretches, type RoomModel } from '../room/reduce';
import type { Line } from './heard';
import { overlaps, type Span } from './moment';

export interface Voice {
  seat: string;
  name: string;
  spans: readonly Span[];
}

const PRESENT: readonly string[] = ['on_stage', 'reconnecting'];

/** Who is or was on stage, as far as this page knows; whoever spoke last in the reach comes first. */
export function voicesIn(model: RoomModel, lines: readonly Line[], reach: Span): Voice[] {
  const names = new Map<string, string>();
  for (const line of lines) if (line.seat !== line.speaker) names.set(line.seat, line.speaker);
  for (const seat of model.seats) {
    if (PRESENT.includes(seat.state) || seat.state === 'left') names.set(seat.id, seat.name);
  }
  if (model.me.seat_id) names.delete(model.me.seat_id);
  const spoken = spokenIn(model, lines, reach);
  const lastOf = (seat: string) => spoken.get(seat)?.at(-1)?.to ?? -1;
  return [...names]
    .map(([seat, name]) => ({ seat, name, spans: spoken.get(seat) ?? [] }))
    .sort((a, b) => lastOf(b.seat) - lastOf(a.seat) || a.name.localeCompare(b.name));
}

/** Who spoke when: as the stage told it, else by captions. */
function spokenIn(model: RoomModel, lines: readonly Line[], reach: Span): Map<string, Span[]> {
  const onAirAt = Date.parse(model.room.on_air_at ?? '');
  const told = stretches(model, onAirAt + reach.from * 1_000).map((one) => ({
    seat: one.seat,
    from: (one.fromAt - onAirAt) / 1_000,
    to: one.toAt === null ? reach.to : (one.toAt - onAirAt) / 1_000,
  }));
  const written = lines.map((line) => ({ seat: line.seat, ...line.span }));
  const found = new Map<string, Span[]>();
  for (const { seat, from, to } of told.length > 0 ? told : written) {
    if (!overlaps({ from, to }, reach)) continue;
    const span = { from: Math.max(from, reach.from), to: Math.min(to, reach.to) };
    found.set(seat, [...(found.get(seat) ?? []), span]);
  }
  for (const spans of found.values()) spans.sort((a, b) => a.to - b.to);
  return found;
}
