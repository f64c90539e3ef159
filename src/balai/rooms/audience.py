"""How many listen to a room, minute by minute: for the rules now, for harm later.

A minute counts from when the room went on air. What was not counted has no row: unknown is
not nobody. With each count stands the room's delay, which hosts and rules change on air.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai.database import Base
from balai.rooms.model import Room, RoomState

MINUTE_S: Final = 60
MINUTES_MAX: Final = 48 * 60  # of one room; what airs after two days is not counted
COUNT_MINUTES: Final = 3  # for so long after its own minute a count is the present one


class AudienceMinute(Base):
    """How many followed a room at one moment of one of its minutes on air."""

    __tablename__ = "audience_minute"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True)
    listeners: Mapped[int]
    delay_s: Mapped[float | None]  # the room's in that minute; of old ones nobody knows


@dataclass(frozen=True, slots=True)
class Count:
    """How many listened to a room when it was last counted, and until when that is believed."""

    listeners: int
    until: datetime

    def at(self, moment: datetime) -> int | None:
        """Give how many listen at a moment; None: the count is too old to know."""
        return self.listeners if moment < self.until else None


def minutes_now(session: Session, at: datetime) -> dict[str, int]:
    """Give the rooms that are live, each with its minute on air; not those of two days."""
    query = select(Room.id, Room.live_at).where(
        Room.state == RoomState.LIVE, Room.live_at.is_not(None)
    )
    passed = {
        room_id: int((at - live_at).total_seconds()) // MINUTE_S
        for room_id, live_at in session.execute(query).all()
        if live_at is not None
    }
    return {room_id: minute for room_id, minute in passed.items() if 0 <= minute < MINUTES_MAX}


def note(session: Session, counted: Iterable[tuple[str, int, int]]) -> None:
    """Keep counts of (room, minute, listeners) with the room's delay; the first stays."""
    for room_id, minute, listeners in counted:
        if session.get(AudienceMinute, (room_id, minute)) is not None:
            continue
        delay_s = session.get_one(Room, room_id).delay_s
        session.add(
            AudienceMinute(room_id=room_id, minute=minute, listeners=listeners, delay_s=delay_s)
        )


def last_counts(session: Session, room_ids: Collection[str]) -> dict[str, Count]:
    """Give the newest count of each of these rooms; one that was never counted is not there."""
    newest = (
        select(AudienceMinute.room_id, func.max(AudienceMinute.minute).label("minute"))
        .where(AudienceMinute.room_id.in_(room_ids))
        .group_by(AudienceMinute.room_id)
        .subquery()
    )
    query = (
        select(AudienceMinute, Room.live_at)
        .join(Room, Room.id == AudienceMinute.room_id)
        .join(
            newest,
            (AudienceMinute.room_id == newest.c.room_id)
            & (AudienceMinute.minute == newest.c.minute),
        )
    )
    return {
        one.room_id: Count(one.listeners, _until(live_at, one.minute))
        for one, live_at in session.execute(query).all()
        if live_at is not None
    }


def forget(session: Session, room_ids: Iterable[str]) -> None:
    """Forget the counts of rooms."""
    session.execute(delete(AudienceMinute).where(AudienceMinute.room_id.in_(list(room_ids))))


def _until(live_at: datetime, minute: int) -> datetime:
    return live_at + timedelta(seconds=(minute + 1 + COUNT_MINUTES) * MINUTE_S)
