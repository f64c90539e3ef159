"""What reviewers, and those whom it concerns, are shown of cases."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel

from balai.cases import claiming
from balai.cases.model import (
    BLIND,
    Appeal,
    AppealState,
    Case,
    CaseKind,
    CaseState,
    Concern,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
)
from balai.cases.parts import (
    FlagTold,
    GapTold,
    LineTold,
    MessageTold,
    ReportTold,
    WrittenTold,
)
from balai.rooms.model import Restriction, RestrictionKind, Role, RoomState

_ASKED_AGAIN: Final = BLIND | {JobKind.APPEAL}


class RoomTold(BaseModel):
    """The room of a case; while the case is blind, nothing tells which, or how old it is."""

    id: str | None
    title: str | None
    language: str
    state: RoomState | None
    recording: bool
    live_at: datetime | None
    ended_at: datetime | None


class JobView(BaseModel):
    """One question to one reviewer, with what the queue shows of its case.

    `kind` golden never comes: a golden question is shown as a second one. `opened_at`: since
    when the case waits, of a second one or an appeal since when it is asked again.
    `room_title`: null while the case is blind; by its room one could know how old it is.
    """

    id: str
    kind: JobKind
    state: JobState
    priority: int
    concern: Concern
    language: str
    due_at: datetime
    lease_until: datetime | None
    first_view: Outcome | None
    case_id: str
    case_kind: CaseKind
    is_urgent: bool
    is_severe: bool
    room_title: str | None
    opened_at: datetime


class RestrictionTold(BaseModel):
    """What was taken from a voice; while the case is blind, not until when."""

    id: str
    kind: RestrictionKind
    by_name: str
    by_role: Role | None  # none: a rule of the house
    reason: str
    until_at: datetime | None
    lifted_at: datetime | None
    is_contested: bool


class EffectTold(BaseModel):
    """One thing that was decided, and what was observed of it; `observed` is one word.

    `from_position` and `to_position`: the words that are taken out of a replay.
    """

    id: str
    measure: Measure
    room_id: str | None
    from_position: int | None
    to_position: int | None
    until_at: datetime | None
    state: EffectState
    observed: str | None
    error: str | None
    attempts: int
    observed_at: datetime | None
    undone_at: datetime | None


class AppealTold(BaseModel):
    """An appeal: `by` is `person` or `reporter`."""

    id: str
    by: Literal["person", "reporter"]
    text: str
    state: AppealState
    at: datetime
    answered_at: datetime | None
    answer: str | None


class DecisionTold(BaseModel):
    """A decision as the safety team reads it; who decided is named by the ledger only."""

    id: str
    state: DecisionState
    outcome: Outcome
    is_blind: bool
    clause: str | None
    pack_hash: str | None
    facts: str
    at: datetime
    in_force_at: datetime | None
    overturned_at: datetime | None
    statement_id: str | None
    ledger_index: int
    effects: list[EffectTold]


class Moment(BaseModel):
    """One thing on a case's timeline; the field named by `kind` is there, the others are not.

    Positions are samples at 48 kHz since the room went on air; what has none has `at` only.
    While the case is blind nothing has `at`: what has no position has its place in the room.
    """

    kind: Literal["flag", "report", "restriction", "line", "chat", "gap", "message", "decision"]
    from_position: int | None
    to_position: int | None
    at: datetime | None
    flag: FlagTold | None = None
    report: ReportTold | None = None
    restriction: RestrictionTold | None = None
    contest_text: str | None = None
    line: LineTold | None = None
    chat: WrittenTold | None = None
    gap: GapTold | None = None
    message: MessageTold | None = None
    decision: DecisionTold | None = None


class SpentTold(BaseModel):
    """What a reviewer saw in the last eight hours, and how much that may be."""

    severe_s: float
    severe_s_max: float
    any_s: float
    any_s_max: float
    severe_in_a_row: int
    severe_in_a_row_max: int
    may_see_severe: bool
    is_over: bool


class CaseVoice(BaseModel):
    """Somebody who was on the stage, and may be named as whom a case concerns."""

    seat_id: str
    name: str


class PieceTold(BaseModel):
    """Sealed sound that a report or a flag kept, by its place in the room.

    `voices` null: all voices were sealed; of whom there is sound is known once it is heard.
    """

    id: str
    from_position: int
    to_position: int
    voices: list[CaseVoice] | None


class SoundTold(BaseModel):
    """What can be heard of a case: the piece that fits its stretch and its voice best is first.

    `on_stage`: who had come to the stage by then, and may be in a piece of all voices.
    """

    pieces: list[PieceTold]
    on_stage: list[CaseVoice]


class CaseView(BaseModel):
    """One case: everything that points at it, on one timeline.

    `is_blind`: decisions, what was decided about flags, and all that tells how old the case is
    are hidden until the reviewer has said what they think. `voices`: whom one may name, where
    no voice is known. `failed`: an effect could not be carried out. `invited_removed`: how many
    of those whom the person concerned invited were removed from the house; it is shown and
    counts for nothing. `unshown`: how much is not shown because there is too much of its kind;
    it is farther from the case's stretch, or weighs less.
    `revision`: what was read; it is sent with each answer.
    """

    id: str
    kind: CaseKind
    state: CaseState
    concern: Concern
    language: str
    is_urgent: bool
    is_severe: bool
    brigade: dict[str, object] | None
    from_position: int | None
    to_position: int | None
    seat_id: str | None
    name: str | None
    is_about_person: bool
    voices: list[CaseVoice]
    room: RoomTold
    opened_at: datetime
    due_at: datetime
    closed_at: datetime | None
    failed: bool
    invited_removed: int
    is_blind: bool
    job: JobView | None
    timeline: list[Moment]
    sound: SoundTold
    unshown: int
    appeals: list[AppealTold]
    spent: SpentTold
    revision: str


class OwnDecision(BaseModel):
    """A decision as the person concerned reads it, with how far their appeal is.

    `contested`: the restrictions that it judged, because the person contested them.
    """

    id: str
    room_id: str
    room_title: str
    outcome: Outcome
    clause: str | None
    facts: str
    in_force_at: datetime
    overturned_at: datetime | None
    effects: list[EffectTold]
    statement_ids: list[str]
    contested: list[str]
    appeal_until: datetime
    appeal: AppealTold | None


def job_view(job: Job) -> JobView:
    """Show a job."""
    case = job.case
    return JobView(
        id=job.id,
        kind=JobKind.SECOND if job.kind in BLIND else job.kind,
        state=job.state,
        priority=job.priority,
        concern=job.concern,
        language=job.language,
        due_at=job.due_at,
        lease_until=job.lease_until,
        first_view=job.first_view,
        case_id=job.case_id,
        case_kind=case.kind,
        is_urgent=case.is_urgent,
        is_severe=case.is_severe,
        room_title=None if claiming.is_blind(job) else case.room.title,
        opened_at=asked_at(job),
    )


def asked_at(job: Job) -> datetime:
    """Give since when a case waits; how old it is would tell a golden one from another."""
    return job.created_at if job.kind in _ASKED_AGAIN else job.case.opened_at


def effect_told(effect: DecidedEffect) -> EffectTold:
    """Show an effect."""
    named = {name: getattr(effect, name) for name in EffectTold.model_fields}
    return EffectTold(**named)


def appeal_told(appeal: Appeal) -> AppealTold:
    """Show an appeal."""
    return AppealTold(
        id=appeal.id,
        by="person" if appeal.by_role == "person" else "reporter",
        text=appeal.text,
        state=appeal.state,
        at=appeal.at,
        answered_at=appeal.answered_at,
        answer=appeal.answer,
    )


def decision_told(decision: Decision, effects: list[DecidedEffect]) -> DecisionTold:
    """Show a decision with its effects."""
    named = {
        name: getattr(decision, name) for name in DecisionTold.model_fields if name != "effects"
    }
    own = [effect_told(one) for one in effects if one.decision_id == decision.id]
    return DecisionTold(effects=own, **named)


def room_told(case: Case, *, hidden: bool) -> RoomTold:
    """Show the room of a case; `hidden`: without all that tells which, or how old it is."""
    room = case.room
    return RoomTold(
        id=None if hidden else room.id,
        title=None if hidden else room.title,
        language=room.language,
        recording=room.recording,
        state=None if hidden else room.state,
        live_at=None if hidden else room.live_at,
        ended_at=None if hidden else room.ended_at,
    )


def restriction_told(one: Restriction, *, hidden: bool) -> RestrictionTold:
    """Show what was taken from a voice; `hidden`: without until when."""
    return RestrictionTold(
        id=one.id,
        kind=one.kind,
        by_name=one.by_name,
        by_role=one.by_role,
        reason=one.reason,
        until_at=None if hidden else one.until_at,
        lifted_at=None if hidden else one.lifted_at,
        is_contested=one.contested_at is not None,
    )
