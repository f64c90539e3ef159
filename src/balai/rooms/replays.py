"""What replays are to be without, and what was seen of it.

A consent that was withdrawn and a decision of the safety team leave rows here, and what is
lifted stays written. The worker of a room that is over makes its replay what the rows say, and
notes it when it is so: not before.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pydantic import BaseModel
from sqlalchemy import ForeignKey, Index, String, and_, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai import feed
from balai.clock import now
from balai.database import Base, word
from balai.ids import new_id
from balai.ledger import log as ledger
from balai.people.model import Person
from balai.rooms.announce import tell_room
from balai.rooms.model import OVER, Room, RoomState, Seat

ATTEMPTS_MAX: Final = 3
RETRY_AFTER: Final = timedelta(minutes=10)  # once it failed so often
SHOWN_MAX: Final = 50
ENTERED_MAX: Final = 200  # omissions named in one entry of the ledger; the others are counted


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
    LEFT_OUT = "left_out"  # the replay was seen to be without it


class RecordingView(BaseModel):
    """A recorded room in which one spoke, and whether one's voice is in its replay."""

    room_id: str
    room_title: str
    room_state: RoomState
    on_air_at: datetime | None
    ended_at: datetime | None
    state: RecordingState


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one room's replay is to be without; those in `forgotten` can never come back."""

    room_id: str
    air_token: str
    omissions: Mapping[str, ReplayOmission]

    @property
    def forgotten(self) -> list[str]:
        """The seats of which nothing is kept."""
        gone = (one for one in self.omissions.values() if one.cause is OmissionCause.CONSENT)
        return sorted({one.seat_id for one in gone})


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a replay that was made: how much is changed, and what it is now."""

    segments_changed: int
    silent_samples: int  # that could not be made from the other voices
    segments_hash: str


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
    state = _state(_withdrawn(session, seat.id))
    never_spoke = state is RecordingState.AGREED and seat.joined_at is None
    return None if never_spoke else state


def of_person(session: Session, person: Person) -> list[RecordingView]:
    """Read the recorded rooms in which somebody spoke, newest first, 50 at most."""
    gone = and_(
        ReplayOmission.seat_id == Seat.id, ReplayOmission.cause == OmissionCause.CONSENT
    )
    query = (
        select(Room, ReplayOmission)
        .join(Seat, Seat.room_id == Room.id)
        .outerjoin(ReplayOmission, gone)
        .where(Seat.person_id == person.id, Room.recording, Seat.joined_at.is_not(None))
        .order_by(Room.created_at.desc(), Room.id)
        .limit(SHOWN_MAX)
    )
    return [_view(room, omission) for room, omission in session.execute(query).all()]


def of_seat(session: Session, seat: Seat) -> RecordingView:
    """Read what is recorded of one seat."""
    return _view(seat.room, _withdrawn(session, seat.id))


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


def due(session: Session) -> Wanted | None:
    """Find the first room that is over and whose replay is not what is wanted."""
    is_to_go = and_(ReplayOmission.lifted_at.is_(None), ReplayOmission.made_at.is_(None))
    is_to_come = and_(
        ReplayOmission.lifted_at.is_not(None),
        ReplayOmission.restored_at.is_(None),
    )
    may_be_tried = or_(
        Replay.room_id.is_(None),
        Replay.attempts < ATTEMPTS_MAX,
        Replay.tried_at <= now() - RETRY_AFTER,
    )
    query = (
        select(Room)
        .join(ReplayOmission, ReplayOmission.room_id == Room.id)
        .outerjoin(Replay, Replay.room_id == Room.id)
        .where(
            Room.state.in_(OVER),
            Room.live_at.is_not(None),
            or_(is_to_go, is_to_come),
            may_be_tried,
        )
        .order_by(ReplayOmission.at, ReplayOmission.id)
        .limit(1)
    )
    room = session.scalars(query).first()
    return _wanted(session, room) if room else None


def made(session: Session, wanted: Wanted, seen: Seen) -> Set[str]:
    """Note that a replay was seen to be without what was wanted, and tell everybody.

    Gives the effects of decisions that are to be looked at now.
    """
    at = now()
    changed = set()
    for one in _of_room(session, wanted.room_id):
        if one.id in wanted.omissions and one.made_at is None:
            one.made_at = at
            changed.add(one.effect_id)
        elif one.id not in wanted.omissions and one.lifted_at and one.restored_at is None:
            one.restored_at = at
            changed.add(one.effect_id)
    replay = _replay(session, wanted.room_id)
    replay.attempts, replay.error, replay.tried_at = 0, None, at
    _tell_made(session, wanted)
    _enter_made(session, wanted, seen)
    return {effect_id for effect_id in changed if effect_id is not None}


def failed(session: Session, wanted: Wanted, error: str) -> Set[str]:
    """Note that a replay could not be made; give the effects that wait for it."""
    replay = _replay(session, wanted.room_id)
    replay.attempts, replay.error, replay.tried_at = replay.attempts + 1, error, now()
    waiting = (one for one in _of_room(session, wanted.room_id) if _is_waiting(one))
    return {one.effect_id for one in waiting if one.effect_id is not None}


def _withdrawn(session: Session, seat_id: str) -> ReplayOmission | None:
    query = select(ReplayOmission).where(
        ReplayOmission.seat_id == seat_id, ReplayOmission.cause == OmissionCause.CONSENT
    )
    return session.scalars(query).first()


def _view(room: Room, omission: ReplayOmission | None) -> RecordingView:
    return RecordingView(
        room_id=room.id,
        room_title=room.title,
        room_state=room.state,
        on_air_at=room.live_at,
        ended_at=room.ended_at,
        state=_state(omission),
    )


def _state(omission: ReplayOmission | None) -> RecordingState:
    if omission is None:
        return RecordingState.AGREED
    return RecordingState.LEFT_OUT if omission.made_at else RecordingState.WITHDRAWN


def _wanted(session: Session, room: Room) -> Wanted:
    wanted = (one for one in _of_room(session, room.id) if one.lifted_at is None)
    return Wanted(room.id, room.air_token, {one.id: one for one in wanted})


def _of_room(session: Session, room_id: str) -> list[ReplayOmission]:
    query = select(ReplayOmission).where(ReplayOmission.room_id == room_id)
    return list(session.scalars(query.order_by(ReplayOmission.at, ReplayOmission.id)))


def _is_waiting(one: ReplayOmission) -> bool:
    return one.made_at is None if one.lifted_at is None else one.restored_at is None


def _replay(session: Session, room_id: str) -> Replay:
    replay = session.get(Replay, room_id)
    if replay is None:
        replay = Replay(room_id=room_id, attempts=0)
        session.add(replay)
    return replay


def _tell_made(session: Session, wanted: Wanted) -> None:
    """Tell what players have to know: not whose words, nor why."""
    room = session.get_one(Room, wanted.room_id)
    room.abridged = bool(wanted.omissions)
    state = "made_without" if room.abridged else "restored"
    feed.append(session, room_id=room.id, kind="replay", data={"state": state})
    tell_room(session, room)


def _enter_made(session: Session, wanted: Wanted, seen: Seen) -> None:
    omissions = [
        {
            "omission_id": one.id,
            "seat_id": one.seat_id,
            "from_position": one.from_position,
            "to_position": one.to_position,
            "cause": one.cause.value,
        }
        for one in list(wanted.omissions.values())[:ENTERED_MAX]
    ]
    told: dict[str, object] = {
        "room_id": wanted.room_id,
        "omissions": omissions,
        "omissions_more": len(wanted.omissions) - len(omissions),
        "segments_changed": seen.segments_changed,
        "silent_samples": seen.silent_samples,
        "segments_hash": seen.segments_hash,
    }
    ledger.append(session, kind="replay_made", record=told)
