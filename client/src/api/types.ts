/** Short names for the shapes of the house's API. Times are ISO-8601 in UTC. */
import type { components } from './schema';

type Shapes = components['schemas'];

export type AnswerSent = Shapes['AnswerSent'];
export type AppealTold = Shapes['AppealTold'];
export type ApprovalSent = Shapes['ApprovalSent'];
export type CaseView = Shapes['CaseView'];
export type CauseView = Shapes['CauseView'];
export type ChatLine = Shapes['ChatLineView'];
export type ClauseView = Shapes['ClauseView'];
export type Concern = Shapes['Concern'];
/** A theme that a reviewer can be trained for. */
export type Skill = Shapes['ReviewerTrained']['skills'][number];
export type DecisionTold = Shapes['DecisionTold'];
export type DeskCourse = Shapes['DeskCourse'];
export type DeskFlag = Shapes['DeskFlag'];
export type DeskGauge = Shapes['DeskGauge'];
export type DeskPhrase = Required<Shapes['DeskPhrase']>;
export type DeskRecord = Shapes['DeskRecord'];
export type DeskSeat = Shapes['DeskSeat'];
export type DutyView = Shapes['DutyView'];
export type EffectKind = Exclude<
  Shapes['WishKind'],
  'open' | 'end' | 'set_delay' | 'set_captions' | 'hang_up'
>;
export type EffectTold = Shapes['EffectTold'];
export type ExampleView = Shapes['ExampleView'];
export type FigureView = Shapes['FigureView'];
export type FiguresView = Shapes['FiguresView'];
export type FindingSent = Shapes['FindingSent'];
export type FlagView = Shapes['FlagView'];
export type GoldenSent = Shapes['GoldenSent'];
export type GoldenView = Shapes['GoldenView'];
export type JobView = Shapes['JobView'];
export type LineView = Shapes['LineView'];
export type HandView = Shapes['HandView'];
export type IceServer = Shapes['IceServer'];
export type Invitation = Shapes['InvitationListed'];
export type Me = Shapes['Me'];
export type Moment = Shapes['Moment'];
export type MyPlace = Shapes['MeView'];
export type NewReport = Shapes['NewReport'];
export type NewRoom = Required<Shapes['NewRoom']>;
export type Outcome = Shapes['Outcome'];
export type OwnDecision = Shapes['OwnDecision'];
export type PackView = Shapes['PackView'];
export type Person = Shapes['PersonView'];
export type PolicyRunning = Shapes['PolicyRunning'];
export type PolicyText = Shapes['PolicyText'];
export type PolicyView = Shapes['PolicyView'];
export type PromotionView = Shapes['PromotionView'];
export type QueuePage = Shapes['QueuePage'];
export type RecordingState = Shapes['RecordingState'];
export type RoomState = Shapes['RoomState'];
export type RecordingView = Shapes['RecordingView'];
export type ReportTaken = Shapes['ReportTaken'];
export type OwnStatement = Shapes['OwnStatement'];
export type ReportView = Shapes['ReportView'];
export type RestrictionView = Shapes['RestrictionView'];
export type ReviewerView = Shapes['ReviewerView'];
export type RoomCard = Shapes['RoomCard'];
export type RoomView = Shapes['RoomView'];
export type SeatView = Shapes['SeatView'];
export type SessionView = Shapes['SessionView'];
export type SignInLinkView = Shapes['SignInLinkView'];
export type SoundAsked = Shapes['SoundAsked'];
export type SpentTold = Shapes['SpentTold'];
export type StatementView = Shapes['StatementView'];
export type StepAsked = Shapes['StepAsked'];
export type TrialView = Shapes['TrialView'];
export type WordsView = Shapes['WordsView'];
