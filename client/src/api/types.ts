/** What the house's API speaks. Times are ISO-8601 in UTC. */
export type RoomPhase = 'draft' | 'opening' | 'live' | 'ended' | 'interrupted';
export type Role = 'host' | 'cohost' | 'speaker' | 'listener';
export type SeatPhase = 'invited' | 'green_room' | 'on_stage' | 'reconnecting' | 'left';
export type EffectKind =
  'hold' | 'release' | 'dump' | 'mute' | 'unmute' | 'move_to_hall' | 'remove';

export interface Person {
  id: string;
  handle: string;
  display_name: string;
  is_operator: boolean;
}

export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export interface Me {
  person: Person | null;
  csrf_token: string;
  house_name: string;
  ice_servers: (IceServer | string)[];
}

export interface RoomCard {
  id: string;
  title: string;
  description: string;
  language: string;
  openness: 'open' | 'house' | 'invited';
  state: RoomPhase;
  delay_s: number;
  recording: boolean;
  is_demo: boolean;
  host: { display_name: string };
  speakers: string[];
  listeners_band: string;
  playlist_url: string | null;
  low_latency_url: string | null;
  rewind_url: string | null;
  replay_url: string | null;
  opened_at: string | null;
  on_air_at: string | null;
  hands_locked?: boolean;
}

export interface SeatView {
  id: string;
  name: string;
  role: Role;
  state: SeatPhase;
  muted: boolean;
  held?: boolean | null;
  speaking: boolean;
}

export interface HandView {
  id: string;
  name: string;
  raised_at: string;
  state: 'raised' | 'lowered' | 'accepted' | 'declined';
  first_time?: boolean;
}

export interface RestrictionView {
  id: string;
  kind: string;
  by_name: string;
  by_role: string;
  reason: string;
  from_at: string;
  until_at: string | null;
  lifted_at: string | null;
  contested_at: string | null;
}

export interface MyPlace {
  role: Role;
  seat_id: string | null;
  hand_id: string | null;
  restrictions: RestrictionView[];
  banned_until: string | null;
}

export interface RoomView {
  room: RoomCard;
  seats: SeatView[];
  hands: HandView[];
  me: MyPlace;
  last_event_id: number;
}

export interface EffectView {
  id: string;
  kind: string;
  state: 'pending' | 'carried_out' | 'failed';
}

export interface Ticket {
  ticket: string;
  whip_url: string;
  expires_at: string;
}

export interface InvitationView {
  valid: boolean;
  reason?: string | null;
  house_name: string;
  invited_by: string;
  expires_at: string;
  room: { id: string; title: string } | null;
}

export interface Invitation {
  id: string;
  url?: string | null;
  uses_left: number;
  expires_at: string;
}

export interface SessionView {
  id: string;
  created_at: string;
  last_seen_at?: string | null;
  user_agent?: string | null;
  current: boolean;
}

export interface NewRoom {
  title: string;
  description: string;
  language: string;
  openness: RoomCard['openness'];
  delay_s: number;
  recording: boolean;
}
