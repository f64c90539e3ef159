/** Short names for the shapes of the house's API. Times are ISO-8601 in UTC. */
import type { components } from './schema';

type Shapes = components['schemas'];

export type ClauseView = Shapes['ClauseView'];
export type EffectKind = Exclude<
  Shapes['WishKind'],
  'open' | 'end' | 'set_delay' | 'set_captions' | 'hang_up'
>;
export type ExampleView = Shapes['ExampleView'];
export type FiguresView = Shapes['FiguresView'];
export type FlagView = Shapes['FlagView'];
export type LineView = Shapes['LineView'];
export type HandView = Shapes['HandView'];
export type IceServer = Shapes['IceServer'];
export type Invitation = Shapes['InvitationListed'];
export type Me = Shapes['Me'];
export type MyPlace = Shapes['MeView'];
export type NewRoom = Required<Shapes['NewRoom']>;
export type PackView = Shapes['PackView'];
export type Person = Shapes['PersonView'];
export type PolicyRunning = Shapes['PolicyRunning'];
export type PolicyText = Shapes['PolicyText'];
export type PolicyView = Shapes['PolicyView'];
export type PromotionView = Shapes['PromotionView'];
export type RestrictionView = Shapes['RestrictionView'];
export type RoomCard = Shapes['RoomCard'];
export type RoomView = Shapes['RoomView'];
export type SeatView = Shapes['SeatView'];
export type SessionView = Shapes['SessionView'];
export type TrialView = Shapes['TrialView'];
export type WordsView = Shapes['WordsView'];
