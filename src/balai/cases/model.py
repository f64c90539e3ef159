"""Reports, cases, jobs of reviewers, decisions, their effects, appeals: states and steps."""

from collections.abc import Mapping, Set
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from balai.database import Base, word
from balai.people.model import Person
from balai.rooms.model import Flag, Restriction, Room, Seat


class Subject(StrEnum):
    """What a report is about."""

    MOMENT = "moment"  # a stretch of sound, of one voice or of all
    PERSON = "person"
    ROOM = "room"
    LINE = "line"  # of the chat


class Concern(StrEnum):
    """What somebody says is wrong, in the words of the report's form."""

    DANGER = "danger"  # somebody may be hurt
    TERROR = "terror"
    THREAT = "threat"
    HATE = "hate"
    PRIVATE = "private"  # private facts of somebody are told
    HARASSMENT = "harassment"
    CHILD = "child"
    OTHER = "other"


class CaseKind(StrEnum):
    """What is to be decided."""

    CONDUCT = "conduct"  # what somebody said or did
    CONTEST = "contest"  # whether hosts were right to take something from somebody
    HOST = "host"  # how a host uses the tools of a host


class CaseState(StrEnum):
    """How far a case is; `closed` only when every effect was observed."""

    OPEN = "open"
    DECIDED = "decided"  # effects are under way
    CLOSED = "closed"


CASE_STEPS: Final[Mapping[CaseState, Set[CaseState]]] = {
    CaseState.OPEN: {CaseState.DECIDED},
    CaseState.DECIDED: {CaseState.CLOSED, CaseState.OPEN},  # open: overturned
    CaseState.CLOSED: {CaseState.OPEN},
}


class JobKind(StrEnum):
    """Which question a reviewer is asked."""

    FIRST = "first"
    SECOND = "second"  # blind: what the first one decided is not shown
    GOLDEN = "golden"  # looks like a second one; its right answer is known (cases/golden.py)
    APPROVAL = "approval"  # the second person of what needs two
    APPEAL = "appeal"
    EFFECT = "effect"  # what was decided could not be carried out: see why, and try again


BLIND: Final = frozenset({JobKind.SECOND, JobKind.GOLDEN})  # compared, and without any effect


class JobState(StrEnum):
    """A job is claimed with a lease; a lease that ran out frees it."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    DONE = "done"


class Outcome(StrEnum):
    """What a reviewer found."""

    VIOLATION = "violation"
    NO_VIOLATION = "no_violation"


class Measure(StrEnum):
    """The ladder, weakest first; what a decision may do to a person."""

    NUDGE = "nudge"  # a word, nothing is taken
    TIMED_MUTE = "timed_mute"
    LISTEN_ONLY = "listen_only"  # may hear and write, not speak
    OFF_STAGE = "off_stage"
    ROOM_BAN = "room_ban"
    HOUSE_BAN = "house_ban"
    PERMANENT_REMOVAL = "permanent"  # two people
    OUT_OF_REPLAY = "out_of_replay"  # no step of the ladder: it takes words, not a person
    TAKE_LINE = "take_line"  # no step of the ladder: what was written, out of the chat
    GIVE_BACK = "give_back"  # no step of the ladder: what hosts took wrongly is given back

    @property
    def needs_two(self) -> bool:
        """Whether a second person must agree before it takes effect."""
        return self is Measure.PERMANENT_REMOVAL


class DecisionState(StrEnum):
    """A decision that needs two people is proposed first; an overturned one was undone."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    IN_FORCE = "in_force"
    OVERTURNED = "overturned"


DECISION_STEPS: Final[Mapping[DecisionState, Set[DecisionState]]] = {
    DecisionState.PROPOSED: {DecisionState.IN_FORCE, DecisionState.REFUSED},
    DecisionState.IN_FORCE: {DecisionState.OVERTURNED},
    DecisionState.REFUSED: set(),
    DecisionState.OVERTURNED: set(),
}


class EffectState(StrEnum):
    """Whether an effect was observed; `undone`: taken back by an appeal, observed too."""

    PENDING = "pending"
    CARRIED_OUT = "carried_out"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class AppealState(StrEnum):
    """What became of an appeal."""

    OPEN = "open"
    UPHELD = "upheld"  # the decision stands
    OVERTURNED = "overturned"


class Case(Base):
    """One matter: a stretch of a voice or a restriction, all that points at it, one outcome.

    Positions are samples at 48 kHz since the room went on air.
    """

    __tablename__ = "safety_case"  # "case" is a word of SQL
    __table_args__ = (
        Index(None, "room_id", "seat_id", "kind"),
        Index(None, "state", "due_at"),
        Index(None, "person_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    kind: Mapped[CaseKind] = mapped_column(word(CaseKind))
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seat.id"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))  # whom it concerns
    from_position: Mapped[int | None]
    to_position: Mapped[int | None]
    state: Mapped[CaseState] = mapped_column(word(CaseState), default=CaseState.OPEN)
    concern: Mapped[Concern] = mapped_column(word(Concern))
    language: Mapped[str] = mapped_column(String(12))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    is_severe: Mapped[bool] = mapped_column(default=False)
    weight: Mapped[float] = mapped_column(default=0.0)  # how much speaks for it, 0 to 1
    brigade: Mapped[dict[str, object] | None]  # what its reports share that they should not
    facts: Mapped[dict[str, object] | None]  # of a case about a host: what was observed
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    room: Mapped[Room] = relationship()
    seat: Mapped[Seat | None] = relationship()
    person: Mapped[Person | None] = relationship()


class Report(Base):
    """Somebody says that something is wrong. Without an account only the receipt leads back.

    `weight` is between 0 and 1: how much this report moves a case's priority.
    """

    __tablename__ = "report"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "by_person_id"),
        Index(None, "by_device_hash"),
        Index(None, "room_id", "at"),
        Index(None, "line_id"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"))
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    subject: Mapped[Subject] = mapped_column(word(Subject))
    seat_id: Mapped[str | None] = mapped_column(ForeignKey("seat.id"))
    from_position: Mapped[int | None]
    to_position: Mapped[int | None]
    concern: Mapped[Concern] = mapped_column(word(Concern))
    text: Mapped[str] = mapped_column(String(1000))
    language: Mapped[str] = mapped_column(String(12))
    is_urgent: Mapped[bool] = mapped_column(default=False)
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    by_device_hash: Mapped[str | None] = mapped_column(String(64))
    weight: Mapped[float]
    at: Mapped[datetime]
    sealed_id: Mapped[str | None] = mapped_column(String(12))
    line_id: Mapped[str | None] = mapped_column(String(12))  # of the chat
    outcome: Mapped[Outcome | None] = mapped_column(word(Outcome))
    outcome_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


class CaseFlag(Base):
    """A detector's flag that belongs to a case."""

    __tablename__ = "case_flag"

    flag_id: Mapped[str] = mapped_column(ForeignKey("flag.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"), index=True)

    flag: Mapped[Flag] = relationship()


class CaseRestriction(Base):
    """A restriction by hosts that a case judges."""

    __tablename__ = "case_restriction"

    restriction_id: Mapped[str] = mapped_column(ForeignKey("restriction.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"), index=True)

    restriction: Mapped[Restriction] = relationship()


class Job(Base):
    """One question to one reviewer; what the queue shows, in the order it should be done."""

    __tablename__ = "job"
    __table_args__ = (
        # The queue's order, and all by which it passes jobs over without reading their cases.
        Index(
            "ix_job_queue",
            *("state", "priority", "due_at", "id", "language", "concern", "case_id"),
            *("kind", "created_at"),
        ),
        Index(None, "case_id", "claimed_by_id", "state", "kind"),
        Index(None, "claimed_by_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"))
    kind: Mapped[JobKind] = mapped_column(word(JobKind))
    state: Mapped[JobState] = mapped_column(word(JobState), default=JobState.WAITING)
    priority: Mapped[int]  # 0 first
    concern: Mapped[Concern] = mapped_column(word(Concern))
    language: Mapped[str] = mapped_column(String(12))
    due_at: Mapped[datetime]
    claimed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    lease_until: Mapped[datetime | None]
    decision_id: Mapped[str | None] = mapped_column(String(12))  # what is approved or appealed
    first_view: Mapped[Outcome | None] = mapped_column(word(Outcome))  # before reading reasons
    first_view_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


class Decision(Base):
    """What one reviewer found: clause, facts, effects, scope and duration.

    `is_blind`: a second review that is compared and changes nothing by itself.
    """

    __tablename__ = "decision"
    __table_args__ = (Index(None, "case_id"), Index(None, "by_person_id"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"))
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"))
    by_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    state: Mapped[DecisionState] = mapped_column(word(DecisionState))
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    is_blind: Mapped[bool] = mapped_column(default=False)
    clause: Mapped[str | None] = mapped_column(String(40))
    pack_hash: Mapped[str | None] = mapped_column(String(64))
    facts: Mapped[str] = mapped_column(String(4000))
    at: Mapped[datetime]
    approved_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    in_force_at: Mapped[datetime | None]
    overturned_at: Mapped[datetime | None]
    statement_id: Mapped[str | None] = mapped_column(String(12))
    ledger_index: Mapped[int]

    case: Mapped[Case] = relationship()


class DecidedEffect(Base):
    """One thing a decision does, and what was observed of it."""

    __tablename__ = "decided_effect"
    __table_args__ = (Index(None, "decision_id"), Index(None, "state"), Index(None, "wish_id"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decision.id"))
    measure: Mapped[Measure] = mapped_column(word(Measure))
    room_id: Mapped[str | None] = mapped_column(ForeignKey("room.id"))  # None: the whole house
    length_s: Mapped[float | None]  # as decided; None: for good, or over at once
    from_position: Mapped[int | None]  # the words that were judged, if it takes words
    to_position: Mapped[int | None]
    until_at: Mapped[datetime | None]  # known once it takes effect
    state: Mapped[EffectState] = mapped_column(word(EffectState), default=EffectState.PENDING)
    wish_id: Mapped[int | None] = mapped_column(ForeignKey("wish.id"))
    ban_id: Mapped[str | None] = mapped_column(ForeignKey("ban.id"))
    restriction_id: Mapped[str | None] = mapped_column(ForeignKey("restriction.id"))
    statement_id: Mapped[str | None] = mapped_column(String(12))
    observed: Mapped[str | None] = mapped_column(String(32))  # one word: what was seen
    error: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    observed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    decision: Mapped[Decision] = relationship()


class Appeal(Base):
    """Somebody concerned asks that somebody else decides again."""

    __tablename__ = "appeal"
    __table_args__ = (UniqueConstraint("decision_id", "by_role"), Index(None, "case_id"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"))
    decision_id: Mapped[str] = mapped_column(ForeignKey("decision.id"))
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    report_id: Mapped[str | None] = mapped_column(ForeignKey("report.id"))  # the reporter's
    by_role: Mapped[str] = mapped_column(String(60))  # person, or report:<id>
    text: Mapped[str] = mapped_column(String(2000))
    state: Mapped[AppealState] = mapped_column(word(AppealState), default=AppealState.OPEN)
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    answer: Mapped[str | None] = mapped_column(String(2000))
    ledger_index: Mapped[int | None]


class Reviewer(Base):
    """Somebody of the safety team: their languages, their skills, what they will not hear."""

    __tablename__ = "reviewer"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    languages: Mapped[dict[str, object]]  # {"any": true} or {"en": true, ...}
    refuses: Mapped[dict[str, object]]  # concerns, e.g. {"child": true}
    skills: Mapped[dict[str, object]] = mapped_column(  # concerns that they are trained for
        default=dict, server_default="{}"
    )
    appointed_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    appointed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Exposure(Base):
    """One look of a reviewer at a case, severe or not, and how long it was.

    One of no `seconds` is none: it says that they read what was decided (care.KNOWS_S).
    """

    __tablename__ = "exposure"
    __table_args__ = (Index(None, "person_id", "at"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"))
    is_severe: Mapped[bool]
    seconds: Mapped[float]
    at: Mapped[datetime]
