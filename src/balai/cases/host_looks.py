"""The looks at hosts: rooms in which something about a host's cuts is new are judged anew.

What the judgement rests on is counted, room by room; while these numbers, the room's *mark*,
are the same, nothing happened that changes it, and nothing else of the room is read. All
reading is outside the writers' turn, which is taken only to open a case or to tell an open one
what is new.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from balai.cases import hosts
from balai.cases.host_conduct import CUTS_MIN, LASTING
from balai.cases.model import Outcome, Report
from balai.clock import now
from balai.database import Database
from balai.rooms.access import HOSTING
from balai.rooms.model import (
    CONNECTED,
    ON_AIR,
    Hand,
    Restriction,
    Room,
    Seat,
)

ROOMS_MAX: Final = 50  # judged in one look; the others come with the next
AFTER_END: Final = timedelta(hours=1)  # contests and reports still come in

Mark: TypeAlias = tuple[int, ...]
log = logging.getLogger(__name__)


class HostLooks:
    """Looks at the rooms on air or just over; remembers what it judged each of them by.

    On failure: a room that cannot be judged is logged and tried again with the next look. Who
    begins anew judges all of these rooms once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._judged: dict[str, Mark] = {}

    def look(self) -> int:
        """Judge the rooms in which something is new; give how many cases that concerned."""
        with self._database.reading() as session:
            marks = marks_of(session, now())
        self._judged = {room_id: self._judged.get(room_id, ()) for room_id in marks}
        fresh = [room_id for room_id, mark in marks.items() if mark != self._judged[room_id]]
        return sum(self._judge(room_id, marks[room_id]) for room_id in fresh[:ROOMS_MAX])

    def _judge(self, room_id: str, mark: Mark) -> bool:
        try:
            with self._database.reading() as session:
                is_new = hosts.has_news(session, room_id)
            if is_new:
                with self._database.transaction() as session:
                    hosts.observe(session, room_id)
        except Exception:
            log.exception("a room's host could not be judged", extra={"room": room_id})
            return False
        self._judged[room_id] = mark
        return is_new


def marks_of(session: Session, at: datetime) -> dict[str, Mark]:
    """Sum up each room in which hosts cut three times: its cuts, and what can speak of them."""
    marks = _cuts(session, at)
    others = [
        _counts(session, Hand.room_id, marks, Hand.state.in_(hosts.ANSWERED)),
        _counts(session, Report.room_id, marks, true()),
        _counts(session, Report.room_id, marks, Report.outcome == Outcome.NO_VIOLATION),
        _counts(session, Seat.room_id, marks, Seat.state.in_(CONNECTED)),
        _counts(session, Seat.room_id, marks, Seat.role.in_(HOSTING)),
    ]
    return {
        room_id: (*mark, *(one.get(room_id, 0) for one in others))
        for room_id, mark in marks.items()
    }


def _cuts(session: Session, at: datetime) -> dict[str, Mark]:
    """Count a room's cuts: all, contested, lifted, and those that have lasted."""
    recent = or_(Room.state.in_(ON_AIR), Room.ended_at > at - AFTER_END)
    query = (
        select(
            Restriction.room_id,
            func.count(),
            func.count(Restriction.contested_at),
            func.count(Restriction.lifted_at),
            func.count().filter(Restriction.from_at <= at - LASTING),
        )
        .where(Restriction.room_id.in_(select(Room.id).where(recent)), hosts.IS_CUT)
        .group_by(Restriction.room_id)
        .having(func.count() >= CUTS_MIN)
    )
    return {room_id: tuple(numbers) for room_id, *numbers in session.execute(query).all()}


def _counts(
    session: Session,
    room_id: InstrumentedAttribute[str],
    rooms: Iterable[str],
    which: ColumnElement[bool],
) -> Mapping[str, int]:
    query = select(room_id, func.count()).where(room_id.in_(list(rooms)), which)
    return dict(session.execute(query.group_by(room_id)).all())
