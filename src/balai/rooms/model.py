"""Rooms and what is kept of them, with the steps that are allowed from each state."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from balai.database import Base, word
from balai.people.model import Person
from balai.statements.model import Statement


class Openness(StrEnum):
    """Who may enter a room."""

    OPEN = "open"  # everybody, without an account
    HOUSE = "house"  # everybody with an account of this house
    INVITED = "invited"  # the host, people with a seat, people with an invitation for the room


class RoomState(StrEnum):
    """Where a room is in its life; `ended` and `interrupted` are for good."""

    DRAFT = "draft"
    OPENING = "opening"
    LIVE = "live"
    ENDED = "ended"
    INTERRUPTED = "interrupted"


ROOM_STEPS: Final[Mapping[RoomState, Set[RoomState]]] = {
    RoomState.DRAFT: {RoomState.OPENING, RoomState.ENDED},
    RoomState.OPENING: {
        RoomState.LIVE,
        RoomState.DRAFT,
        RoomState.ENDED,
        RoomState.INTERRUPTED,
    },
    RoomState.LIVE: {RoomState.ENDED, RoomState.INTERRUPTED},
    RoomState.ENDED: set(),
    RoomState.INTERRUPTED: set(),
}
ON_AIR: Final = frozenset({RoomState.OPENING, RoomState.LIVE})
OVER: Final = frozenset({RoomState.ENDED, RoomState.INTERRUPTED})


class Role(StrEnum):
    """What a seat lets its person do."""

    HOST = "host"
    COHOST = "cohost"
    SPEAKER = "speaker"
    SAFETY = "safety"  # the house's safety team; never a seat's


class SeatState(StrEnum):
    """How far a person is on the way to the stage."""

    INVITED = "invited"
    GREEN_ROOM = "green_room"  # consented, not yet connected
    ON_STAGE = "on_stage"
    RECONNECTING = "reconnecting"
    LEFT = "left"


SEAT_STEPS: Final[Mapping[SeatState, Set[SeatState]]] = {
    SeatState.INVITED: {SeatState.GREEN_ROOM, SeatState.LEFT},
    SeatState.GREEN_ROOM: {SeatState.ON_STAGE, SeatState.LEFT},
    SeatState.ON_STAGE: {SeatState.RECONNECTING, SeatState.LEFT},
    SeatState.RECONNECTING: {SeatState.ON_STAGE, SeatState.LEFT},
    SeatState.LEFT: {SeatState.INVITED, SeatState.GREEN_ROOM},
}
CONNECTED: Final = frozenset({SeatState.ON_STAGE, SeatState.RECONNECTING})


class HandState(StrEnum):
    """What became of a raised hand."""

    RAISED = "raised"
    LOWERED = "lowered"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class RestrictionKind(StrEnum):
    """What was taken from a person; each needs a reason and is shown to them."""

    MUTE = "mute"
    HOLD = "hold"
    MOVE_TO_HALL = "move_to_hall"
    REMOVE = "remove"
    TAKE_LINE = "take_line"  # a line of the chat


class WishKind(StrEnum):
    """What a room's worker can be asked for."""

    OPEN = "open"
    END = "end"
    HOLD = "hold"
    RELEASE = "release"
    DUMP = "dump"
    MUTE = "mute"
    UNMUTE = "unmute"
    MOVE_TO_HALL = "move_to_hall"
    REMOVE = "remove"
    SET_DELAY = "set_delay"
    SET_CAPTIONS = "set_captions"
    HANG_UP = "hang_up"


class WishState(StrEnum):
    """Whether the worker has done it; both ends are for good."""

    PENDING = "pending"
    CARRIED_OUT = "carried_out"
    FAILED = "failed"


class WatchState(StrEnum):
    """Whether machines listen to a voice: one answer for all of them, the worst."""

    WATCHED = "watched"
    UNHEARD = "unheard"  # known recordings are listened for, words are not heard
    UNWATCHED = "unwatched"  # known recordings are not listened for


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch of a voice that machines did not hear; without an end it goes on.

    Positions are samples at 48 kHz since the room went on air. `why` is one word: detector,
    deadline, engine, language or doubt.
    """

    state: WatchState
    from_position: int
    why: str
    to_position: int | None = None


class FlagKind(StrEnum):
    """Which detector raised a flag."""

    EAR = "ear"  # a known recording
    WORDS = "words"  # words that a rule of the policy speaks of


class FlagStage(StrEnum):
    """How sure a detector is."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"


class FlagState(StrEnum):
    """What a person decided about a flag."""

    OPEN = "open"
    RELEASED = "released"  # harmless, or allowed here
    CONFIRMED = "confirmed"  # rightly raised: what was held never airs


class Room(Base):
    """One conversation: a stage, a hall and its record."""

    __tablename__ = "room"
    __table_args__ = (Index(None, "state"), Index(None, "host_id"), Index(None, "ended_at"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(12))
    openness: Mapped[Openness] = mapped_column(word(Openness))
    state: Mapped[RoomState] = mapped_column(word(RoomState))
    delay_s: Mapped[float]
    recording: Mapped[bool]
    air_token: Mapped[str] = mapped_column(String(26), unique=True)
    host_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    hands_locked: Mapped[bool] = mapped_column(default=False)
    slow_s: Mapped[int] = mapped_column(default=0)  # one hand, one line a person so often
    chat: Mapped[bool] = mapped_column(default=False)
    captions: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    abridged: Mapped[bool] = mapped_column(default=False)  # words were taken out of its replay
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    host: Mapped[Person] = relationship()


class Seat(Base):
    """One person's place on one room's stage; it is the same row when they come back."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("room_id", "person_id"), Index(None, "person_id"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(word(Role))
    alias: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[SeatState] = mapped_column(word(SeatState))
    consented_at: Mapped[datetime | None]
    muted: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime | None]  # first time on this stage; None: a first-timer
    resource_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(12))  # who asked to be connected
    language: Mapped[str | None] = mapped_column(String(12))  # None: they speak the room's
    unwatched_from: Mapped[int | None]  # position from which no detector hears this voice
    unheard_from: Mapped[int | None]  # position from which nobody hears its words
    unheard_why: Mapped[str | None] = mapped_column(String(16))

    room: Mapped[Room] = relationship()
    person: Mapped[Person] = relationship()


class Hand(Base):
    """Somebody in the hall asks to speak."""

    __tablename__ = "hand"
    __table_args__ = (
        Index(
            "uq_hand_raised",
            "room_id",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'raised'"),
        ),
        Index(None, "room_id", "person_id", "raised_at"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    raised_at: Mapped[datetime]
    state: Mapped[HandState] = mapped_column(word(HandState))

    room: Mapped[Room] = relationship()
    person: Mapped[Person] = relationship()


class Restriction(Base):
    """Something taken from a person: who did it, why, from when until when.

    Without a person and a role it was a rule of the house; a rule can only hold.
    """

    __tablename__ = "restriction"
    __table_args__ = (Index(None, "room_id", "person_id"), Index(None, "seat_id", "kind"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    seat_id: Mapped[str] = mapped_column(ForeignKey("seat.id"))
    kind: Mapped[RestrictionKind] = mapped_column(word(RestrictionKind))
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    by_role: Mapped[Role | None] = mapped_column(word(Role))
    reason: Mapped[str] = mapped_column(String(500))
    statement_id: Mapped[str] = mapped_column(ForeignKey(Statement.id), unique=True)
    from_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    contested_at: Mapped[datetime | None]
    contest_text: Mapped[str | None] = mapped_column(String(1000))


class Flag(Base):
    """A detector recognised something in a voice: what, how surely, and what became of it.

    Positions are samples at 48 kHz since the room went on air; `offset_s` is the place in the
    recording at `from_position`. What the recording is called is kept as it was then. Words are
    not here: `policy` says which rule spoke and where, `FlagWords` what was said.
    """

    __tablename__ = "flag"
    __table_args__ = (
        Index(None, "room_id", "at"),
        Index(None, "seat_id", "recording_id"),
        Index(None, "at"),
    )

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    seat_id: Mapped[str] = mapped_column(ForeignKey("seat.id"))
    kind: Mapped[FlagKind] = mapped_column(word(FlagKind), default=FlagKind.EAR)
    recording_id: Mapped[str | None] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(400))
    category: Mapped[str] = mapped_column(String(80))
    list_name: Mapped[str] = mapped_column(String(400))
    stage: Mapped[FlagStage] = mapped_column(word(FlagStage))
    from_position: Mapped[int]
    to_position: Mapped[int]
    offset_s: Mapped[float | None]
    score: Mapped[float | None]
    false_alarms_per_1000h: Mapped[float | None]
    speed: Mapped[float | None]
    pitch_semitones: Mapped[float | None]
    policy: Mapped[dict[str, object] | None]  # what the policy said: rooms/spoken.py
    detector: Mapped[str] = mapped_column(String(80))
    held: Mapped[bool] = mapped_column(default=False)  # a rule held the voice because of it
    hold_ended_at: Mapped[datetime | None]
    state: Mapped[FlagState] = mapped_column(word(FlagState), default=FlagState.OPEN)
    at: Mapped[datetime]
    decided_by_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decided_by_name: Mapped[str | None] = mapped_column(String(60))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(500))

    seat: Mapped[Seat] = relationship()

    @property
    def holds(self) -> bool:
        """Whether a rule holds the voice because of it now."""
        return self.held and self.hold_ended_at is None


class FlagWords(Base):
    """What was said where a rule of the policy spoke: for those who decide, and nobody else."""

    __tablename__ = "flag_words"

    flag_id: Mapped[str] = mapped_column(ForeignKey("flag.id"), primary_key=True)
    words: Mapped[dict[str, object]]


class Ban(Base):
    """Somebody may not take part in a room (or, without a room, in the house).

    `stage_only`: they may listen and not speak.
    """

    __tablename__ = "ban"
    __table_args__ = (Index(None, "room_id"),)

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str | None] = mapped_column(ForeignKey("room.id"))
    reason: Mapped[str] = mapped_column(String(500))
    by_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    stage_only: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    until_at: Mapped[datetime | None]


class BanSubject(Base):
    """One thing by which a banned person is known again: a salted hash, never the thing."""

    __tablename__ = "ban_subject"
    __table_args__ = (Index(None, "subject_hash"),)

    ban_id: Mapped[str] = mapped_column(ForeignKey("ban.id"), primary_key=True)
    subject_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class RoomGuest(Base):
    """Somebody who was let into one room by an invitation for it."""

    __tablename__ = "room_guest"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)


class Wish(Base):
    """What a room's worker is asked to do, and what it observed when it did it."""

    __tablename__ = "wish"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "token_hash", unique=True),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    kind: Mapped[WishKind] = mapped_column(word(WishKind))
    args: Mapped[dict[str, object]]
    by_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[WishState] = mapped_column(word(WishState), default=WishState.PENDING)
    observed: Mapped[dict[str, object] | None]
    error: Mapped[str | None] = mapped_column(String(64))
    requested_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    token_hash: Mapped[str | None] = mapped_column(String(64))  # see `requests.asked_before`

    room: Mapped[Room] = relationship()

    @property
    def seat_id(self) -> str | None:
        """The seat it is about, if it is about one."""
        seat_id = self.args.get("seat_id")
        return seat_id if isinstance(seat_id, str) else None
