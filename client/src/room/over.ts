/** Whether a room is over: ended by its hosts, or cut off with its worker. */
import type { RoomState } from '../api/types';

export const isOverIn = (state: RoomState | null | undefined) => state === 'ended' || state === 'interrupted';
