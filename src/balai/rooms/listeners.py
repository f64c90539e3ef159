"""How many listen to rooms now, as they were last counted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.rooms.audience import MINUTE_S, AudienceMinute
from balai.rooms.model import Room

COUNT_MINUTES: Final = 3  # for so long after its own minute a count is the present one


@dataclass(frozen=True, slots=True)
class Count:
    """How many listened to a room when it was last counted, and until when that is believed."""

    listeners: int
    until: datetime

    def at(self, moment: datetime) -> int | None:
        """Give how many listen at a moment; None: the count is too old to know."""
        return self.listeners if moment < self.until else None


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


def _until(live_at: datetime, minute: int) -> datetime:
    return live_at + timedelta(seconds=(minute + 1 + COUNT_MINUTES) * MINUTE_S)
