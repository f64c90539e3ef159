"""Whose turn it is to have a replay made, and what was seen of it or failed.

The worker of a room that is over makes its replay what the rows of `replays.py` say, and notes
it when it is so: not before.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from balai import feed
from balai.clock import now
from balai.ledger import log as ledger
from balai.rooms.announce import tell_room
from balai.rooms.model import OVER, Room
from balai.rooms.replays import (
    ATTEMPTS_MAX,
    SHOWN_MAX,
    OmissionCause,
    Replay,
    ReplayOmission,
)

RETRY_AFTER: Final = timedelta(minutes=10)  # once it failed three times
ENTERED_MAX: Final = 200  # omissions named in one entry of the ledger; the others are counted


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


class StuckReplay(BaseModel):
    """A replay that could not be made without a voice whose person withdrew their consent."""

    room_id: str
    room_title: str
    attempts: int


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


def stuck(session: Session) -> list[StuckReplay]:
    """Read the replays that still hold a withdrawn voice because making them keeps failing.

    Those that only a decision waits for are not here: its case is red. 50 at most.
    """
    waits = exists().where(
        ReplayOmission.room_id == Replay.room_id,
        ReplayOmission.cause == OmissionCause.CONSENT,
        ReplayOmission.made_at.is_(None),
    )
    query = (
        select(Replay, Room.title)
        .join(Room, Room.id == Replay.room_id)
        .where(Replay.attempts >= ATTEMPTS_MAX, waits)
        .order_by(Replay.attempts.desc(), Replay.room_id)
        .limit(SHOWN_MAX)
    )
    return [
        StuckReplay(room_id=one.room_id, room_title=title, attempts=one.attempts)
        for one, title in session.execute(query).all()
    ]


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
