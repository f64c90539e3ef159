"""What requests and answers about the policy hold."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from balai.policy.clause import Effect, ExampleKind
from balai.rulebook.model import PromotionState
from balai.rulebook.promoting import REASON_MAX
from balai.web.shapes import Sent

Words = dict[str, str]  # a text by language


class ExampleView(BaseModel):
    """Words that a clause means (`use`), or that it does not mean though they sound alike."""

    text: str
    language: str
    kind: ExampleKind
    note: str


class ClauseView(BaseModel):
    """One thing that may not be said here; `effects`: what a machine may do meanwhile."""

    id: str
    title: Words
    text: Words
    grounds: list[str]
    effects: list[Effect]
    examples: list[ExampleView]


class PolicyText(BaseModel):
    """The policy in force, as everybody may read it; `hash` names exactly this text."""

    name: str
    hash: str
    title: Words
    description: Words
    languages: list[str]
    clauses: list[ClauseView]


class FiguresView(BaseModel):
    """What a pack did on some lines; null where there was nothing to count."""

    model_config = ConfigDict(extra="ignore")

    lines: int
    speech_s: float
    flags: int
    caught: int
    missed: int
    false_flags: int
    holds: int
    held_rightly: int
    holds_missed: int
    wrong_holds: int
    held_s: float
    wrong_hold_s: float
    labelled_lines: int
    labelled_s: float
    precision: float | None
    recall: float | None
    flags_per_h: float | None
    wrong_hold_s_per_h: float | None


class LineView(BaseModel):
    """A line of a labelled room that a person should look at."""

    room: str
    speaker: str
    text: str
    clause: str | None
    found: str | None
    rule: str


class TrialView(FiguresView):
    """What a pack did on some rooms; `delay_needed_s`: to keep from air what it holds."""

    pack: str
    pack_hash: str
    delay_needed_s: float | None
    on_recorded_rooms: bool
    languages: dict[str, FiguresView]
    groups: dict[str, FiguresView]
    missed_examples: list[LineView]
    wrong_examples: list[LineView]


class PackView(BaseModel):
    """A pack that this house has; `trial` is null until it was tried."""

    hash: str
    name: str
    title: Words
    clauses: int
    phrases: dict[str, int]
    rules: int
    trial: TrialView | None


class PromotionView(BaseModel):
    """A pack's way into force and out of it; `shadow` counts what it would have done live."""

    pack_hash: str
    pack_name: str
    state: PromotionState
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    in_force_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    reason: str
    shadow: dict[str, int]


class PolicyRunning(BaseModel):
    """The packs of this house and what was decided about them, newest first."""

    in_force: PackView
    shipped: PackView
    packs: list[PackView]
    history: list[PromotionView]
    can_try: bool


class TrialAsked(Sent):
    recorded: bool = False


class PolicyReason(Sent):
    reason: str | None = Field(None, max_length=2 * REASON_MAX)
