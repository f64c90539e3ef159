/** Short names for the shapes of the house's API. Times are ISO-8601 in UTC. */
import type { components } from './schema';

type Shapes = components['schemas'];

export type EffectKind = Exclude<Shapes['WishKind'], 'open' | 'end' | 'set_delay' | 'hang_up'>;
export type FlagView = Shapes['FlagView'];
export type HandView = Shapes['HandView'];
export type IceServer = Shapes['IceServer'];
export type Invitation = Shapes['InvitationListed'];
export type Me = Shapes['Me'];
export type MyPlace = Shapes['MeView'];
export type NewRoom = Required<Shapes['NewRoom']>;
export type Person = Shapes['PersonView'];
export type RestrictionView = Shapes['RestrictionView'];
export type RoomCard = Shapes['RoomCard'];
export type RoomView = Shapes['RoomView'];
export type SeatView = Shapes['SeatView'];
export type SessionView = Shapes['SessionView'];
