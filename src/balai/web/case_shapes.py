"""What requests and answers about cases hold, where the record side has no shape of its own."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from balai.cases.appealing import TEXT_MAX
from balai.cases.finding import FACTS_MAX, STEPS_MAX
from balai.cases.model import CaseKind, CaseState, Concern, DecisionState, Measure, Outcome
from balai.cases.reviewers import LANGUAGES_MAX
from balai.cases.views import JobView, SpentTold
from balai.people.names import HANDLE_MAX
from balai.rooms.replay_turns import StuckReplay
from balai.rooms.restrictions import REASON_MAX
from balai.statements.views import Told
from balai.web.shapes import Sent

KNOWN_MAX: Final = 20  # jobs; nobody holds more than a few
Language = Annotated[str, Field(max_length=12)]
Skill = Literal[
    Concern.DANGER,
    Concern.TERROR,
    Concern.THREAT,
    Concern.HATE,
    Concern.PRIVATE,
    Concern.HARASSMENT,
    Concern.CHILD,
]
# The case as it was read (CaseView.revision): what joined it since is not answered unread.
Revision = Annotated[str, Field(max_length=32)]


class ReviewerAppointed(Sent):
    """Without languages: any."""

    handle: str = Field(max_length=2 * HANDLE_MAX)
    languages: list[Language] = Field([], max_length=LANGUAGES_MAX)


class ReviewerChange(Sent):
    """What is left out stays as it is; no languages: any."""

    languages: list[Language] | None = Field(None, max_length=LANGUAGES_MAX)
    refuses: list[Concern] | None = Field(None, max_length=len(Concern))


class ReviewerTrained(Sent):
    """All that somebody is trained for; nobody is for whatever else there is."""

    skills: list[Skill] = Field(max_length=len(Concern))


class ReviewerView(BaseModel):
    """Somebody of the safety team; `languages` null: any; `skills`: what they are trained for.

    `refuses` and `spent` are told to leads and to the person themselves, else null.
    """

    handle: str
    display_name: str
    is_lead: bool
    languages: list[str] | None
    skills: list[Concern]
    refuses: list[Concern] | None
    spent: SpentTold | None


class QueuePage(BaseModel):
    """One page of what one may do; `next` asks for the page after it, null: there is none.

    `stuck_replays`: for leads; a withdrawn consent has no case that could become red.
    """

    jobs: list[JobView]
    mine: list[JobView]
    next: str | None
    spent: SpentTold
    stuck_replays: list[StuckReplay]


class NextAsked(Sent):
    """`known`: the jobs that the page knows to be its reviewer's.

    A job that is theirs besides, and whose case they have not opened, is answered once more.
    Null: the page does not say.
    """

    known: list[Annotated[str, Field(max_length=12)]] | None = Field(None, max_length=KNOWN_MAX)


class VoiceNamed(Sent):
    """Whose voice it was."""

    seat_id: str = Field(max_length=12)


class FirstView(Sent):
    outcome: Outcome
    revision: Revision


class StepAsked(Sent):
    """`seconds` null: for good, or over at once; `everywhere`: in the whole house.

    `out_of_replay` needs the stretch that was judged, within the case's; no other measure has
    one. `take_line` takes out all lines of this person that were reported in the case.
    """

    measure: Measure
    seconds: float | None = Field(None, gt=0)
    everywhere: bool = False
    from_position: int | None = Field(None, ge=0)
    to_position: int | None = Field(None, ge=0)


class FindingSent(Sent):
    outcome: Outcome
    clause: str | None = Field(None, max_length=40)
    facts: str = Field(max_length=2 * FACTS_MAX)
    effects: list[StepAsked] = Field([], max_length=STEPS_MAX)


class DecisionSent(FindingSent):
    revision: Revision


class ApprovalSent(Sent):
    """`instead` null: one agrees; else one's own finding takes the place of the proposal."""

    why: str = Field("", max_length=2 * REASON_MAX)
    instead: FindingSent | None = None
    revision: Revision


class AnswerSent(Sent):
    """`instead` null: the decision stands; else it is overturned and this takes its place."""

    answer: str = Field(max_length=2 * TEXT_MAX)
    instead: FindingSent | None = None
    revision: Revision


class LookedAfter(Sent):
    """`by_hand`: what an operator did where trying again does not help, for the ledger."""

    by_hand: str = Field("", max_length=2 * REASON_MAX)


class DecisionMade(BaseModel):
    """`case_state` closed: every effect was observed already."""

    id: str
    state: DecisionState
    case_id: str
    case_state: CaseState
    statement_id: str | None
    ledger_index: int


class Preview(BaseModel):
    """The statements of reasons as the person would read them."""

    statements: list[Told]


class CaseListed(BaseModel):
    """A case as leads see it in a list; `failed`: something could not be carried out."""

    id: str
    kind: CaseKind
    state: CaseState
    concern: Concern
    language: str
    is_urgent: bool
    is_severe: bool
    room_title: str
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    failed: bool


class SoundAsked(Sent):
    """One voice of one piece at a time.

    Without a piece it is the one that fits the case best; without a seat the case's voice, or
    the one that speaks most.
    """

    purpose: str = Field(max_length=2 * REASON_MAX)
    piece_id: str | None = Field(None, max_length=12)
    seat_id: str | None = Field(None, max_length=12)


class Retried(BaseModel):
    """How many effects are tried once more."""

    effects: int


class AppealText(Sent):
    text: str = Field(max_length=2 * TEXT_MAX)
