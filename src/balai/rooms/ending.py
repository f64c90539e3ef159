"""Ending somebody else's room for the safety team: one person asks, another confirms."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai.clock import now
from balai.database import Base
from balai.errors import NotAllowed
from balai.people.model import Person
from balai.rooms import safety
from balai.rooms.model import Role, Room, Wish, WishKind, WishState
from balai.rooms.requests import request

WAITS: Final = timedelta(minutes=10)


class SecondPersonNeeded(NotAllowed):
    """The safety team ends a room together: ask at the desk, and a second person confirms."""


class AskedByYou(NotAllowed):
    """You have asked for this end; somebody else of the safety team has to confirm it."""


class EndAsked(Base):
    """Somebody of the safety team wants a room to end; it waits ten minutes for another one."""

    __tablename__ = "end_asked"

    room_id: Mapped[str] = mapped_column(ForeignKey("room.id"), primary_key=True)
    by_person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500))
    asked_at: Mapped[datetime]


def ask_or_confirm(session: Session, room: Room, *, by: Person, reason: str) -> EndAsked | None:
    """Ask for a room's end, or confirm what another person asked; None: it is ending now.

    Who asks once more while it is ending asks for nothing new.

    Raises:
        AskedByYou: this person asked, and nobody else has confirmed yet.
    """
    if _is_ending(session, room.id):
        return None
    asked = waiting(session, room.id)
    if asked is not None and asked.by_person_id == by.id:
        raise AskedByYou
    if asked is None:
        return _ask(session, room, by=by, reason=reason)
    session.delete(asked)
    safety.write_down(session, room.id, "end_confirmed", by=by, reason=reason)
    _end(session, room, by=by, reason=asked.reason)
    return None


def require_demonstration(room: Room) -> None:
    """Let one operator end the demonstration, and nothing else.

    Raises:
        SecondPersonNeeded: it is a room of people.
    """
    if not room.is_demo:
        raise SecondPersonNeeded


def waiting(session: Session, room_id: str) -> EndAsked | None:
    """Read what waits for a second person; what waited ten minutes is void."""
    asked = session.get(EndAsked, room_id)
    return asked if asked is not None and asked.asked_at > now() - WAITS else None


def all_waiting(session: Session) -> dict[str, EndAsked]:
    """Read every end that waits for a second person, by room."""
    query = select(EndAsked).where(EndAsked.asked_at > now() - WAITS)
    return {asked.room_id: asked for asked in session.scalars(query)}


def _is_ending(session: Session, room_id: str) -> bool:
    query = select(Wish.id).where(
        Wish.state == WishState.PENDING, Wish.room_id == room_id, Wish.kind == WishKind.END
    )
    return session.scalar(query.limit(1)) is not None


def _ask(session: Session, room: Room, *, by: Person, reason: str) -> EndAsked:
    asked = session.get(EndAsked, room.id) or EndAsked(room_id=room.id)
    asked.by_person_id, asked.reason, asked.asked_at = by.id, reason, now()
    session.add(asked)
    safety.write_down(session, room.id, "end_asked", by=by, reason=reason)
    return asked


def _end(session: Session, room: Room, *, by: Person, reason: str) -> None:
    args: dict[str, object] = {
        "by_name": safety.TEAM_NAME,
        "by_role": Role.SAFETY,
        "reason": reason,
    }
    request(session, room.id, WishKind.END, args, by_person_id=by.id)
