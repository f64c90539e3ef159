/** What a screen reader is told when the feed brings something new. */
import type { FlagView, HandView, SeatView } from '../api/types';
import { m } from '../paraglide/messages';
import { flagTitle } from './flags';
import { mayHost, type FeedEntry, type RoomModel } from './reduce';

interface Voice {
  politely(sentence: string): void;
  atOnce(sentence: string): void;
}

export function announce(voice: Voice, before: RoomModel, after: RoomModel, entry: FeedEntry): void {
  if (entry.kind === 'seat') seatMoved(voice, before, entry.data.seat as SeatView);
  if (entry.kind === 'hand' && mayHost(after)) handMoved(voice, entry.data.hand as HandView);
  if (entry.kind === 'message' && entry.data.from === 'safety') {
    voice.atOnce(`${m.desk_safety_team()}: ${String(entry.data.text)}`);
  }
  if (entry.kind === 'replay' && entry.data.state === 'being_made' && mayHost(after)) {
    voice.politely(m.replay_being_made());
  }
  if (entry.kind === 'flag') flagRaised(voice, before, entry.data.flag as FlagView);
  if (entry.kind === 'room' && before.room.state !== after.room.state) {
    if (after.room.state === 'ended') voice.politely(m.has_ended());
    if (after.room.state === 'live') voice.politely(m.on_air());
  }
}

function seatMoved(voice: Voice, before: RoomModel, seat: SeatView): void {
  const old = before.seats.find((known) => known.id === seat.id);
  if (old?.state === seat.state) return;
  const isMine = before.me.seat_id === seat.id;
  if (seat.state === 'on_stage') {
    if (isMine) voice.atOnce(m.you_are_on_stage());
    else voice.politely(m.came_on_stage({ name: seat.name }));
  }
  if (seat.state === 'left' && !isMine) voice.politely(m.left_stage({ name: seat.name }));
}

/** A flag that is new, or that has just become certain, interrupts: seconds count. */
function flagRaised(voice: Voice, before: RoomModel, flag: FlagView): void {
  const old = before.flags.find((known) => known.id === flag.id);
  if (flag.state !== 'open' || old?.stage === flag.stage) return;
  const { name } = flag;
  const title = flagTitle(flag);
  if (flag.policy) voice.atOnce(flag.held ? m.flag_told_words_held({ name, title }) : m.flag_told_words({ name, title }));
  else if (flag.stage === 'confirmed') voice.atOnce(m.flag_told_confirmed({ name, title }));
  else voice.atOnce(m.flag_told_suspected({ name, title }));
}

function handMoved(voice: Voice, hand: HandView): void {
  if (hand.state === 'raised') voice.politely(m.raised_hand({ name: hand.name }));
}
