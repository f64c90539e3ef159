"""What replays are to be without.

A consent that was withdrawn and a decision of the safety team leave rows here, and what is
lifted stays written. How the rows become true: `replay_turns.py`.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import BaseModel
from sqlalchemy import ForeignKey, Index, String, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai.clock import now
from balai.database import Base, word
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms.model import OVER, Room, RoomState, Seat

ATTEMPTS_MAX: Final = 3  # then it is tried more rarely, and people are told
SHOWN_MAX: Final = 50


class OmissionCause(StrEnum):
    """Why a voice is left out."""

    CONSENT = "consent"  # its person withdrew their consent: for good
    DECISION = "decision"  # the safety team decided so; it can be lifted


class ReplayOmission(Base):
    """A stretch of one voice that a replay is to be without; without an end, all that follows.

    Positions are samples at 48 kHz since the room went on air, as they were said on stage.
    `made_at` and `restored_at` tell since when the replay was seen to be so.
    """

    __tablename__ = "replay_omission"
    __table_args__ = (Index(None, "room_id"), Index(None, "seat_id", "cause"))

    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"))
    seat_id: Mapped[str] = mapped_column(ForeignKey("seat.id"))
    from_position: Mapped[int] = mapped_column(default=0)
    to_position: Mapped[int | None]
    cause: Mapped[OmissionCause] = mapped_column(word(OmissionCause))
    effect_id: Mapped[str | None] = mapped_column(String(12), unique=True)  # of a decision
    at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    made_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]


class Replay(Base):
    """How often a room's replay could not be made since it last was."""

    __tablename__ = "replay"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    attempts: Mapped[int] = mapped_column(default=0)  # that failed since it was last made
    tried_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(64))


class RecordingState(StrEnum):
    """Whether somebody's voice may be in a replay."""

    AGREED = "agreed"
    WITHDRAWN = "withdrawn"  # and the replay is still to be made without it
    DELAYED = "delayed"  # the same, and that has failed three times or more
    LEFT_OUT = "left_out"  # the replay was seen to be without it


class RecordingView(BaseModel):
    """A recorded room in which one spoke, and whether one's voice is in its replay."""

    room_id: str
    room_title: str
    room_state: RoomState
    on_air_at: datetime | None
    ended_at: datetime | None
    state: RecordingState


def leave_out(
    session: Session, seat: Seat, *, from_position: int, to_position: int, effect_id: str
) -> None:
    """Want a stretch of a voice out of the replay, because of a decision."""
    session.add(
        ReplayOmission(
            id=new_id(),
            room_id=seat.room_id,
            seat_id=seat.id,
            from_position=from_position,
            to_position=to_position,
            cause=OmissionCause.DECISION,
            effect_id=effect_id,
            at=now(),
        )
    )
    try_again(session, seat.room_id)  # what failed before says nothing of this one


def withdraw(session: Session, seat: Seat) -> bool:
    """Want a voice out of the replay for good; False: it was wanted before."""
    if is_withdrawn(session, seat.id):
        return False
    session.add(
        ReplayOmission(
            id=new_id(),
            room_id=seat.room_id,
            seat_id=seat.id,
            from_position=0,
            cause=OmissionCause.CONSENT,
            at=now(),
        )
    )
    try_again(session, seat.room_id)
    return True


def is_withdrawn(session: Session, seat_id: str) -> bool:
    """Tell whether somebody withdrew their consent to the recording of a seat's voice."""
    return _withdrawn(session, seat_id) is not None


def recording_of(session: Session, room: Room, seat: Seat | None) -> RecordingState | None:
    """Tell whether a voice may be in a replay; None: nothing of it is recorded."""
    if seat is None or not room.recording:
        return None
    state = _state(_withdrawn(session, seat.id), trouble(session, room.id)[0])
    never_spoke = state is RecordingState.AGREED and seat.joined_at is None
    return None if never_spoke else state


def of_person(session: Session, person: Person) -> list[RecordingView]:
    """Read the recorded rooms in which somebody spoke, newest first, 50 at most."""
    gone = and_(
        ReplayOmission.seat_id == Seat.id, ReplayOmission.cause == OmissionCause.CONSENT
    )
    query = (
        select(Room, ReplayOmission, func.coalesce(Replay.attempts, 0))
        .join(Seat, Seat.room_id == Room.id)
        .outerjoin(ReplayOmission, gone)
        .outerjoin(Replay, Replay.room_id == Room.id)
        .where(Seat.person_id == person.id, Room.recording, Seat.joined_at.is_not(None))
        .order_by(Room.created_at.desc(), Room.id)
        .limit(SHOWN_MAX)
    )
    return [_view(*row) for row in session.execute(query).all()]


def of_seat(session: Session, seat: Seat) -> RecordingView:
    """Read what is recorded of one seat."""
    attempts, _error = trouble(session, seat.room_id)
    return _view(seat.room, _withdrawn(session, seat.id), attempts)


def of_effect(session: Session, effect_id: str) -> ReplayOmission | None:
    """Find what a decision's effect leaves out."""
    query = select(ReplayOmission).where(ReplayOmission.effect_id == effect_id)
    return session.scalars(query).first()


def lift(session: Session, effect_id: str) -> bool:
    """Want back what a decision left out; tell whether the replay has to be made for it.

    Once a room is over its replay may be in the making: what it is has to be seen.
    """
    omission = of_effect(session, effect_id)
    if omission is None:
        return False
    omission.lifted_at = omission.lifted_at or now()
    if session.get_one(Room, omission.room_id).state not in OVER:
        omission.restored_at = omission.restored_at or now()
    return omission.restored_at is None


def trouble(session: Session, room_id: str) -> tuple[int, str | None]:
    """Tell how often a replay could not be made since it last was, and why."""
    replay = session.get(Replay, room_id)
    return (replay.attempts, replay.error) if replay else (0, None)


def try_again(session: Session, room_id: str) -> None:
    """Let a replay that could not be made be tried at once, as often as at first."""
    replay = session.get(Replay, room_id)
    if replay is not None:
        replay.attempts = 0


def _withdrawn(session: Session, seat_id: str) -> ReplayOmission | None:
    query = select(ReplayOmission).where(
        ReplayOmission.seat_id == seat_id, ReplayOmission.cause == OmissionCause.CONSENT
    )
    return session.scalars(query).first()


def _view(room: Room, omission: ReplayOmission | None, attempts: int) -> RecordingView:
    return RecordingView(
        room_id=room.id,
        room_title=room.title,
        room_state=room.state,
        on_air_at=room.live_at,
        ended_at=room.ended_at,
        state=_state(omission, attempts),
    )


def _state(omission: ReplayOmission | None, attempts: int) -> RecordingState:
    if omission is None:
        return RecordingState.AGREED
    if omission.made_at is not None:
        return RecordingState.LEFT_OUT
    has_failed = attempts >= ATTEMPTS_MAX
    return RecordingState.DELAYED if has_failed else RecordingState.WITHDRAWN
