"""Statements of reasons as the person concerned lists them: with what rooms know of each."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.rooms.model import Restriction, Room
from balai.statements.model import Statement
from balai.statements.views import StatementView, statement_view


class OwnStatement(StatementView):
    """A statement for oneself: in which room it was, and since when one contests it."""

    room_title: str | None
    contested_at: datetime | None


def shown(session: Session, found: Sequence[Statement]) -> list[OwnStatement]:
    """Show statements; the number of queries is fixed."""
    rooms = select(Room.id, Room.title).where(Room.id.in_({one.room_id for one in found}))
    cuts = select(Restriction.id, Restriction.contested_at).where(
        Restriction.id.in_({one.restriction_id for one in found})
    )
    titles, contested = dict(session.execute(rooms).all()), dict(session.execute(cuts).all())
    return [
        OwnStatement(
            **dict(statement_view(one)),
            room_title=titles.get(one.room_id or ""),
            contested_at=contested.get(one.restriction_id or ""),
        )
        for one in found
    ]
