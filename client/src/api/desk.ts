/** The routes of the live desk: what the safety team sees and does in rooms of others. */
import { answerOf, api } from './client';

const inRoom = (room_id: string) => ({ params: { path: { room_id } } });

export const deskStreamUrl = '/api/desk/stream';
export const goOnDuty = (hours: number) =>
  answerOf(api.PUT('/api/desk/duty', { body: { hours } }));
export const lockHands = (room_id: string, locked: boolean, reason: string) =>
  answerOf(
    api.POST('/api/desk/rooms/{room_id}/hands', { ...inRoom(room_id), body: { locked, reason } }),
  );
/** One person raises a hand only so often; 0 ends it. */
export const slowDown = (room_id: string, slow_s: number, reason: string) =>
  answerOf(
    api.POST('/api/desk/rooms/{room_id}/slow', { ...inRoom(room_id), body: { slow_s, reason } }),
  );
export const messageHosts = (room_id: string, text: string) =>
  answerOf(api.POST('/api/desk/rooms/{room_id}/message', { ...inRoom(room_id), body: { text } }));
export const takeOver = (room_id: string, reason: string) =>
  answerOf(
    api.POST('/api/desk/rooms/{room_id}/take-over', { ...inRoom(room_id), body: { reason } }),
  );
/** Where the programme is; that somebody asked, and why, is written down. */
export const listenIn = (room_id: string, reason: string) =>
  answerOf(api.POST('/api/desk/rooms/{room_id}/listen', { ...inRoom(room_id), body: { reason } }));
/** Hear the stage before it airs: an offer that only receives, answered at once. */
export const hearAhead = (room_id: string, reason: string, offer: string) =>
  answerOf(api.POST('/api/desk/rooms/{room_id}/monitor', { ...inRoom(room_id), body: { reason, offer } }));
export const stopHearing = (room_id: string) =>
  answerOf(api.DELETE('/api/desk/rooms/{room_id}/monitor', inRoom(room_id)));
export const leaveNote = (text: string) => answerOf(api.POST('/api/desk/notes', { body: { text } }));
export const takeNoteAway = (note_id: string) =>
  answerOf(api.DELETE('/api/desk/notes/{note_id}', { params: { path: { note_id } } }));
/** The first person asks, a second one confirms within ten minutes. */
export const endTogether = (room_id: string, reason: string) =>
  answerOf(api.POST('/api/desk/rooms/{room_id}/end', { ...inRoom(room_id), body: { reason } }));
