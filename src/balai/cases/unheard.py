"""Where machines did not hear the voice of a case, also where no record says that it ended."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.cases.model import Case
from balai.cases.nearness import first_of, length_of, nearness
from balai.cases.views import GapTold, Moment
from balai.feed import FeedEntry
from balai.rooms.announce import seats_of
from balai.rooms.model import OVER, WatchState
from balai.rooms.views import seat_name

GAPS_MAX: Final = 200
_STATES: Final = (WatchState.UNHEARD.value, WatchState.UNWATCHED.value)


def of_case(session: Session, case: Case, *, hidden: bool) -> tuple[list[Moment], int]:
    """Show the gaps of this voice (or of any, if the case is about none), and count the rest.

    Of more than 200 those are shown that lie most in the case's stretch, then the nearest.
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
        .order_by(nearness(case, begin, end).desc(), begin, seat_id)
    )
    if case.seat_id is not None:
        query = query.where(seat_id == case.seat_id)
    rows, unshown = first_of(session, query, GAPS_MAX)
    names = {seat.id: seat_name(seat) for seat in seats_of(session, case.room_id)}
    return [_moment(row, case, names, hidden=hidden) for row in rows], unshown


def _moment(row: Sequence[Any], case: Case, names: dict[str, str], *, hidden: bool) -> Moment:
    seat_id, was, begin, end, why, at, _ = row
    return Moment(
        kind="gap",
        from_position=begin,
        to_position=_end(case, begin, hidden=hidden) if end is None else end,
        at=at,
        gap=GapTold(seat_id=seat_id, name=names.get(seat_id, ""), state=was, why=why),
    )


def _end(case: Case, begin: int, *, hidden: bool) -> int | None:
    """Give the end of what nothing ended: that of the room; None while that is on air.

    Where the case is blind there is none: nobody learns from it whether the room is over.
    """
    if hidden or case.room.state not in OVER:
        return None
    return max(begin, length_of(case.room))
