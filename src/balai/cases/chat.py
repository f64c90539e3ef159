"""The chat in a case: which lines are shown in it, and when all others are forgotten.

A chat lives until its room can be reported no longer. What a case shows of it stays for as long
as anybody is to decide on that case, and a line that was taken out for as long as its writer
may contest that.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from balai import feed
from balai.cases import lines
from balai.cases.forgetting import is_wanted
from balai.cases.model import Case, CaseRestriction
from balai.cases.nearness import first_of, nearness_at
from balai.cases.parts import WrittenTold
from balai.cases.views import Moment
from balai.clock import now
from balai.database import Database
from balai.database.base import UtcDateTime
from balai.evidence.sound import RATE_HZ
from balai.rooms.chat import ChatLine
from balai.rooms.model import OVER, Restriction, Room
from balai.statements.compile import SIX_MONTHS

LINES_MAX: Final = 100
OWN_MAX: Final = 50  # lines around which others are shown
AROUND: Final = timedelta(minutes=1)
ROOMS_MAX: Final = 50  # in one look; the others wait for the next


def of_case(session: Session, case: Case, *, hidden: bool) -> tuple[list[Moment], int]:
    """Show what was written around a case's stretch or reported in it, and count the rest.

    Of more than 100 lines those that were reported or taken out, then the nearest.
    """
    own = _own(session, case)
    near = _nearness(session, case, own)
    query = _belonging(session, case, own).order_by(
        ChatLine.id.in_(own).desc(), near.desc(), ChatLine.id
    )
    rows, unshown = first_of(session, query, LINES_MAX)
    untold = set(session.scalars(lines.by_decision(case))) if hidden else None
    free = set(session.scalars(select(ChatLine.id).where(lines.takeable(case))))
    shown = [
        WrittenTold(
            name=line.name,
            text=line.text,
            is_reported=line.id in own,
            is_taken=_is_taken(line, untold),
            may_be_taken=line.id in free,
        )
        for line, _ in rows
    ]
    return [_moment(line, told) for (line, _), told in zip(rows, shown, strict=True)], unshown


def look(database: Database, *, window_s: float, again: bool = False) -> int:
    """Forget the chats of rooms that can be reported no longer; give how many lines went.

    `again`: look at what was kept, and may go by now.
    """
    before = now() - timedelta(seconds=window_s)
    with database.reading() as session:
        due = [(one, _kept(session, one)) for one in _rooms(session, before, kept=again)]
        due = [(one, kept) for one, kept in due if not again or _has_more(session, one, kept)]
    return sum(_forget(database, room_id) for room_id, _ in due)


def _is_taken(line: ChatLine, untold: set[str | None] | None) -> bool:
    """Tell whether a line is out of the chat.

    `untold`: restrictions that would tell what was decided before; so would it that a line was
    given back. None: all may be told.
    """
    if untold is None:
        return line.taken_by is not None
    return line.restriction_id is not None and line.restriction_id not in untold


def _moment(line: ChatLine, told: WrittenTold) -> Moment:
    return Moment(kind="chat", from_position=None, to_position=None, at=line.at, chat=told)


def _own(session: Session, case: Case) -> set[str]:
    """Give the lines that the case is about: reported, or taken out and contested."""
    contested = (
        select(ChatLine.id)
        .join(CaseRestriction, CaseRestriction.restriction_id == ChatLine.restriction_id)
        .where(CaseRestriction.case_id == case.id)
    )
    return set(session.scalars(lines.reported(case).union(contested)))


def _belonging(session: Session, case: Case, own: set[str]) -> Select[ChatLine]:
    return select(ChatLine).where(
        ChatLine.room_id == case.room_id,
        or_(ChatLine.id.in_(own), *_around(session, case, own)),
    )


def _nearness(session: Session, case: Case, own: set[str]) -> SQLColumnExpression[Any]:
    """How near a line is to one that the case is about, else to the case's stretch."""
    days = [func.julianday(literal(at, UtcDateTime())) for at in _newest(session, own)]
    if not days:
        return nearness_at(case, ChatLine.at)
    ways = [func.abs(func.julianday(ChatLine.at) - one) for one in days]
    return -(func.min(*ways) if len(ways) > 1 else ways[0])


def _newest(session: Session, own: set[str]) -> list[datetime]:
    newest = select(ChatLine.at).where(ChatLine.id.in_(own)).order_by(ChatLine.at.desc())
    return list(session.scalars(newest.limit(OWN_MAX)))


def _around(session: Session, case: Case, own: set[str]) -> list[ColumnElement[bool]]:
    """Give the conditions for what was written within a minute of what the case is about."""
    spans = [(at, at) for at in _newest(session, own)]
    live_at = case.room.live_at
    if live_at and case.from_position is not None and case.to_position is not None:
        ends = (case.from_position, case.to_position)
        begin, end = (live_at + timedelta(seconds=one / RATE_HZ) for one in ends)
        spans.append((begin, end))
    return [ChatLine.at.between(begin - AROUND, end + AROUND) for begin, end in spans]


def _rooms(session: Session, ended_before: datetime, *, kept: bool) -> Sequence[str]:
    query = (
        select(Room.id)
        .join(ChatLine, ChatLine.room_id == Room.id)
        .where(ChatLine.kept.is_(kept), Room.state.in_(OVER), Room.ended_at <= ended_before)
        .distinct()
    )
    return session.scalars(query if kept else query.limit(ROOMS_MAX)).all()


def _has_more(session: Session, room_id: str, kept: set[str]) -> bool:
    query = select(ChatLine.id).where(ChatLine.room_id == room_id, ChatLine.id.not_in(kept))
    return session.scalar(query.limit(1)) is not None


def _forget(database: Database, room_id: str) -> int:
    """Forget a room's lines but for those that are kept; nobody reads these in the room."""
    with database.transaction() as session:
        kept = _kept(session, room_id)
        feed.forget(session, room_id=room_id, kind="chat")
        feed.append(session, room_id=room_id, kind="chat", data={"line": None})
        of_room = ChatLine.room_id == room_id
        stays = update(ChatLine).where(of_room, ChatLine.id.in_(kept))
        session.execute(stays.values(kept=True, entry_id=None))
        gone = delete(ChatLine).where(of_room, ChatLine.id.not_in(kept)).returning(ChatLine.id)
        return len(session.scalars(gone).all())


def _kept(session: Session, room_id: str) -> set[str]:
    """Give the lines of a room that a case shows, or whose writer may contest."""
    at = now()
    contestable = (
        select(ChatLine.id)
        .join(Restriction, Restriction.id == ChatLine.restriction_id)
        .where(
            ChatLine.room_id == room_id,
            ChatLine.taken_by.is_not(None),
            Restriction.from_at >= at - SIX_MONTHS,
        )
    )
    kept = set(session.scalars(contestable))
    for case in session.scalars(select(Case).where(Case.room_id == room_id, is_wanted(at))):
        belonging = _belonging(session, case, _own(session, case))
        kept.update(line.id for line in session.scalars(belonging))
    return kept
