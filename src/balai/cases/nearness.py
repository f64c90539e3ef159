"""What of a case is shown when there is too much: what is nearest to its stretch."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, SQLColumnExpression, func, literal
from sqlalchemy.orm import Session

from balai.cases.model import Case
from balai.clock import now
from balai.database.base import UtcDateTime
from balai.evidence.sound import RATE_HZ
from balai.rooms.model import Room

_WITHOUT_END: Final = 1 << 62  # a position after all others


def first_of(
    session: Session, query: Select[*tuple[Any, ...]], limit: int
) -> tuple[Sequence[Sequence[Any]], int]:
    """Read the first rows of a query, and how many more it finds; each row ends with all."""
    rows = session.execute(query.add_columns(func.count().over()).limit(limit)).all()
    return rows, (rows[0][-1] - len(rows)) if rows else 0


def nearness(
    case: Case, from_position: SQLColumnExpression[int], to_position: SQLColumnExpression[int]
) -> SQLColumnExpression[int]:
    """How much of a stretch lies in the case's; below 0: how far it is from it.

    What has no end goes on. A case without a stretch is nearest to what came last.
    """
    if case.from_position is None or case.to_position is None:
        return from_position
    end = func.coalesce(to_position, _WITHOUT_END)
    begins = func.max(from_position, case.from_position)  # of several: the larger one
    return func.min(end, case.to_position) - begins


def nearness_at(case: Case, at: SQLColumnExpression[datetime]) -> SQLColumnExpression[Any]:
    """How near to the middle of the case's stretch something happened; else the last first."""
    live_at = case.room.live_at
    if live_at is None or case.from_position is None or case.to_position is None:
        return at
    middle_s = (case.from_position + case.to_position) / 2 / RATE_HZ
    middle = literal(live_at + timedelta(seconds=middle_s), UtcDateTime())
    return -func.abs(func.julianday(at) - func.julianday(middle))


def length_of(room: Room) -> int:
    """Tell for how many samples a room was, or is, on air."""
    if room.live_at is None:
        return 0
    return round(((room.ended_at or now()) - room.live_at).total_seconds() * RATE_HZ)
