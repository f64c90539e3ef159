/** The routes of people and rooms, one function each. */
import { call } from './client';
import type {
  EffectKind,
  EffectView,
  Invitation,
  InvitationView,
  Me,
  NewRoom,
  RoomCard,
  RoomView,
  SessionView,
  Ticket,
} from './types';

const room = (id: string) => `/api/rooms/${encodeURIComponent(id)}`;

export const me = () => call<Me>('GET', '/api/me');
export const becomeOperator = (token: string, handle: string, display_name: string) =>
  call<Me>('POST', '/api/operator', { token, handle, display_name });
export const invitation = (token: string) =>
  call<InvitationView>('GET', `/api/invitations/${encodeURIComponent(token)}`);
export const acceptInvitation = (token: string, handle: string, display_name: string) =>
  call<Me>('POST', `/api/invitations/${encodeURIComponent(token)}/accept`, {
    handle,
    display_name,
  });

export const invitations = () => call<Invitation[]>('GET', '/api/invitations');
export const invite = (uses: number, hours: number, room_id?: string) =>
  call<Invitation>('POST', '/api/invitations', { uses, hours, ...(room_id ? { room_id } : {}) });
export const withdrawInvitation = (id: string) => call('DELETE', `/api/invitations/${id}`);

export const sessions = () => call<SessionView[]>('GET', '/api/sessions');
export const revokeSession = (id: string) => call('DELETE', `/api/sessions/${id}`);
export const signOut = () => call('POST', '/api/sign-out');
export const deleteAccount = () => call('DELETE', '/api/me');

export const rooms = (state: 'live' | 'upcoming' | 'ended' | 'mine') =>
  call<RoomCard[]>('GET', `/api/rooms?state=${state}`);
export const createRoom = (wanted: NewRoom) => call<RoomView>('POST', '/api/rooms', wanted);
export const roomView = (id: string) => call<RoomView>('GET', room(id));
export const changeRoom = (
  id: string,
  change: { title?: string; hands_locked?: boolean; delay_s?: number },
) => call('PATCH', room(id), change);
export const openRoom = (id: string) => call('POST', `${room(id)}/open`);
export const endRoom = (id: string) => call('POST', `${room(id)}/end`);
export const eventsUrl = (id: string, after: number) => `${room(id)}/events?after=${after}`;

export const raiseHand = (id: string) => call('POST', `${room(id)}/hand`);
export const lowerHand = (id: string) => call('DELETE', `${room(id)}/hand`);
export const answerHand = (id: string, hand: string, answer: 'accept' | 'decline') =>
  call('POST', `${room(id)}/hands/${hand}/${answer}`);
export const inviteToStage = (id: string, handle: string) =>
  call('POST', `${room(id)}/stage-invitations`, { handle });

export const consent = (id: string, alias: string | null, recording_ok: boolean) =>
  call('POST', `${room(id)}/seat/consent`, { alias, recording_ok });
export const stageTicket = (id: string) => call<Ticket>('POST', `${room(id)}/seat/ticket`);
export const stepDown = (id: string) => call('POST', `${room(id)}/seat/step-down`);

export interface EffectBody {
  seat_id?: string;
  reason?: string;
  seconds?: number | null;
  air_held?: boolean;
  ban_s?: number | null;
}
export const sendEffect = (id: string, kind: EffectKind, body: EffectBody) =>
  call<EffectView>('POST', `${room(id)}/effects/${kind}`, body);
export const setCohost = (id: string, seat_id: string, cohost: boolean) =>
  call('POST', `${room(id)}/cohosts`, { seat_id, cohost });
export const contest = (restriction: string, text: string) =>
  call('POST', `/api/restrictions/${restriction}/contest`, { text });
