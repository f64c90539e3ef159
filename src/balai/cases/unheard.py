"""Where machines did not hear the voice of a case, also where no record says that it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.cases.model import Case
from balai.cases.nearness import first_of, length_of, nearness
from balai.cases.parts import GapTold
from balai.cases.transcript import AROUND
from balai.cases.views import Moment
from balai.evidence.sound import RATE_HZ
from balai.feed import FeedEntry
from balai.rooms.announce import seats_of
from balai.rooms.model import OVER, WatchState
from balai.rooms.views import seat_name

READ_MAX: Final = 200
GAPS_MAX: Final = 20
JOINED: Final = 3 * RATE_HZ  # gaps so near each other are one: in between nobody could follow
_STATES: Final = (WatchState.UNHEARD.value, WatchState.UNWATCHED.value)


def of_case(session: Session, case: Case, *, hidden: bool) -> tuple[list[Moment], int]:
    """Show the gaps of this voice (or of any, if the case is about none), and count the rest.

    Shown are those within a minute of the case's stretch, joined where they nearly touch; of
    more than 20 those that lie most in it, then the nearest.
    """
    told = FeedEntry.data
    seat_id, was = told["seat_id"].as_string(), told["was"].as_string()
    begin = told["from_position"].as_integer()
    end = func.max(told["to_position"].as_integer())  # the entry of its beginning has none
    why = func.max(told["why"].as_string())
    query = (
        select(seat_id, was, begin, end, why, func.max(FeedEntry.at))
        .where(FeedEntry.room_id == case.room_id, FeedEntry.kind == "watch")
        .where(was.in_(_STATES))
        .group_by(seat_id, was, begin)
        .having(nearness(case, begin, end) >= -AROUND)
        .order_by(nearness(case, begin, end).desc(), begin, seat_id)
    )
    if case.seat_id is not None:
        query = query.where(seat_id == case.seat_id)
    rows, unread = first_of(session, query, READ_MAX)
    gaps = _joined(_Gap(rank, *row[:-1]) for rank, row in enumerate(rows))
    names = {seat.id: seat_name(seat) for seat in seats_of(session, case.room_id)}
    shown = [_moment(gap, case, names, hidden=hidden) for gap in gaps[:GAPS_MAX]]
    return shown, unread + len(gaps[GAPS_MAX:])


@dataclass(slots=True)
class _Gap:
    """One voice that was not heard for one reason; `end` None: until now, or nobody knows.

    `rank`: how many gaps are shown rather than this one.
    """

    rank: int
    seat_id: str
    was: str
    begin: int
    end: int | None
    why: str
    at: datetime


def _joined(gaps: Iterable[_Gap]) -> list[_Gap]:
    """Make one of gaps that nearly touch, and of their ranks the best."""
    joined: list[_Gap] = []
    last: dict[tuple[str, str, str], _Gap] = {}
    for gap in sorted(gaps, key=lambda one: one.begin):
        kind = (gap.seat_id, gap.was, gap.why)
        before = last.get(kind)
        if before is None or (before.end is not None and gap.begin > before.end + JOINED):
            last[kind] = gap
            joined.append(gap)
        else:
            _grow(before, gap)
    return sorted(joined, key=lambda one: one.rank)


def _grow(gap: _Gap, more: _Gap) -> None:
    has_end = gap.end is not None and more.end is not None
    gap.end = max(gap.end or 0, more.end or 0) if has_end else None
    gap.at, gap.rank = max(gap.at, more.at), min(gap.rank, more.rank)


def _moment(gap: _Gap, case: Case, names: dict[str, str], *, hidden: bool) -> Moment:
    name = names.get(gap.seat_id, "")
    return Moment(
        kind="gap",
        from_position=gap.begin,
        to_position=_end(case, gap.begin, hidden=hidden) if gap.end is None else gap.end,
        at=gap.at,
        gap=GapTold(seat_id=gap.seat_id, name=name, state=WatchState(gap.was), why=gap.why),
    )


def _end(case: Case, begin: int, *, hidden: bool) -> int | None:
    """Give the end of what nothing ended: that of the room; None while that is on air.

    Where the case is blind there is none: nobody learns from it whether the room is over.
    """
    if hidden or case.room.state not in OVER:
        return None
    return max(begin, length_of(case.room))
