/** The routes of people and rooms, one function each. */
import { answerOf, api } from './client';
import { press } from './press';
import type { EffectKind, NewRoom } from './types';

const inRoom = (room_id: string) => ({ params: { path: { room_id } } });

export const me = () => answerOf(api.GET('/api/me'));
export const becomeOperator = (token: string, handle: string, display_name: string) =>
  answerOf(api.POST('/api/operator', { body: { token, handle, display_name } }));
export const invitation = (token: string) =>
  answerOf(api.GET('/api/invitations/{token}', { params: { path: { token } } }));
/** Names are for newcomers; a link back, or into one more room, needs none. */
export const acceptInvitation = (
  token: string,
  names: { handle: string; display_name: string } | null,
) =>
  answerOf(
    api.POST('/api/invitations/{token}/accept', { params: { path: { token } }, body: names ?? {} }),
  );

export const invitations = () => answerOf(api.GET('/api/invitations'));
export const invite = (uses: number, hours: number, room_id: string | null = null) =>
  answerOf(api.POST('/api/invitations', { body: { uses, hours, room_id } }));
export const withdrawInvitation = (invitation_id: string) =>
  answerOf(
    api.DELETE('/api/invitations/{invitation_id}', { params: { path: { invitation_id } } }),
  );

export const appointOperator = (handle: string) =>
  answerOf(api.POST('/api/people/{handle}/operator', { params: { path: { handle } } }));

export const sessions = () => answerOf(api.GET('/api/sessions'));
export const makeWayBack = (handle: string) =>
  answerOf(api.POST('/api/people/{handle}/link', { params: { path: { handle } } }));
export const waysBack = () => answerOf(api.GET('/api/me/links'));
export const revokeSession = (session_id: string) =>
  answerOf(api.DELETE('/api/sessions/{session_id}', { params: { path: { session_id } } }));
export const signOut = () => answerOf(api.POST('/api/sign-out'));
export const deleteAccount = () => answerOf(api.DELETE('/api/me'));

export const rooms = (state: 'live' | 'upcoming' | 'ended' | 'mine') =>
  answerOf(api.GET('/api/rooms', { params: { query: { state } } }));
export const createRoom = (body: NewRoom) => answerOf(api.POST('/api/rooms', { body }));
export const roomView = (id: string) => answerOf(api.GET('/api/rooms/{room_id}', inRoom(id)));
export const changeRoom = (
  id: string,
  body: { title?: string; hands_locked?: boolean; slow_s?: number; delay_s?: number; captions?: boolean; chat?: boolean },
) => answerOf(api.PATCH('/api/rooms/{room_id}', { ...inRoom(id), body }));
export const openRoom = (id: string) => answerOf(api.POST('/api/rooms/{room_id}/open', inRoom(id)));
export const endRoom = (id: string) => answerOf(api.POST('/api/rooms/{room_id}/end', inRoom(id)));
export const hallwayUrl = '/api/hallway/events';
export const eventsUrl = (id: string, after: number) =>
  `/api/rooms/${encodeURIComponent(id)}/events?after=${after}`;

export const raiseHand = (id: string) => answerOf(api.POST('/api/rooms/{room_id}/hand', inRoom(id)));
export const lowerHand = (id: string) =>
  answerOf(api.DELETE('/api/rooms/{room_id}/hand', inRoom(id)));
export const acceptHand = (room_id: string, hand_id: string) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/hands/{hand_id}/accept', { params: { path: { room_id, hand_id } } }),
  );
export const declineHand = (room_id: string, hand_id: string) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/hands/{hand_id}/decline', { params: { path: { room_id, hand_id } } }),
  );
export const chatLines = (id: string) => answerOf(api.GET('/api/rooms/{room_id}/chat', inRoom(id)));
export const writeLine = (id: string, text: string) =>
  answerOf(api.POST('/api/rooms/{room_id}/chat', { ...inRoom(id), body: { text } }));
export const takeLine = (room_id: string, line_id: string, reason: string) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/chat/{line_id}/take', {
      params: { path: { room_id, line_id } },
      body: { reason },
    }),
  );
export const inviteToStage = (id: string, handle: string) =>
  answerOf(api.POST('/api/rooms/{room_id}/stage-invitations', { ...inRoom(id), body: { handle } }));

export const consent = (
  id: string,
  alias: string | null,
  recording_ok: boolean,
  language: string | null,
) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/seat/consent', {
      ...inRoom(id),
      body: { alias, recording_ok, language },
    }),
  );
export const stageTicket = (id: string) =>
  answerOf(api.POST('/api/rooms/{room_id}/seat/ticket', inRoom(id)));
export const stepDown = (id: string) =>
  answerOf(api.POST('/api/rooms/{room_id}/seat/step-down', inRoom(id)));
export const ownRecordings = () => answerOf(api.GET('/api/me/recordings'));
/** For good: the replay is made without my voice. */
export const withdrawRecording = (id: string) =>
  answerOf(api.DELETE('/api/rooms/{room_id}/seat/recording', inRoom(id)));

export interface EffectBody {
  seat_id?: string;
  reason?: string;
  seconds?: number | null;
  air_held?: boolean;
  ban_s?: number | null;
}
/** A dump reaches back from where the stage is now: each press of it counts. */
export const sendEffect = (room_id: string, kind: EffectKind, body: EffectBody) =>
  press(kind === 'dump' ? null : JSON.stringify([room_id, kind, body]), (token, signal) =>
    answerOf(
      api.POST('/api/rooms/{room_id}/effects/{kind}', {
        params: { path: { room_id, kind } },
        body: { air_held: false, ...body, token },
        signal,
      }),
    ),
  );
export const releaseFlag = (
  room_id: string,
  flag_id: string,
  reason: string,
  air_held: boolean,
) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/flags/{flag_id}/release', {
      params: { path: { room_id, flag_id } },
      body: { reason, air_held },
    }),
  );
export const confirmFlag = (room_id: string, flag_id: string, reason: string) =>
  answerOf(
    api.POST('/api/rooms/{room_id}/flags/{flag_id}/confirm', {
      params: { path: { room_id, flag_id } },
      body: { reason },
    }),
  );
/** What was said where a rule spoke (operators). */
export const flagWords = (room_id: string, flag_id: string) =>
  answerOf(
    api.GET('/api/rooms/{room_id}/flags/{flag_id}/words', { params: { path: { room_id, flag_id } } }),
  );
export const playJingle = (id: string) =>
  answerOf(api.POST('/api/rooms/{room_id}/jingle', inRoom(id)));
export const setCohost = (id: string, seat_id: string, cohost: boolean) =>
  answerOf(api.POST('/api/rooms/{room_id}/cohosts', { ...inRoom(id), body: { seat_id, cohost } }));
export const contest = (restriction_id: string, text: string) =>
  answerOf(
    api.POST('/api/restrictions/{restriction_id}/contest', {
      params: { path: { restriction_id } },
      body: { text },
    }),
  );
