"""What happened in a room, in order: the outbox that event streams and other processes read.

An entry is written in the transaction of the change it tells of, so it stands or falls with it.
Numbers only grow and appear in the order of commits, because there is one writer at a time:
who has read up to a number has missed nothing before it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai.clock import now
from balai.database import Base

EVERYONE: Final = "all"
HOSTS: Final = "hosts"
OPERATORS: Final = "operators"
PAGE: Final = 200
# Each new entry of these kinds replaces the one before; old ones are of no use to anybody.
SUPERSEDED_KINDS: Final = frozenset({"speaking", "audience"})
_SUPERSEDED_AFTER: Final = timedelta(minutes=10)


class FeedEntry(Base):
    """One thing that happened in one room."""

    __tablename__ = "feed"
    __table_args__ = (
        Index(None, "room_id", "id"),
        Index(None, "room_id", "kind", "at"),
        {"sqlite_autoincrement": True},  # a number is never used twice, even after deletion
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(24))
    data: Mapped[dict[str, object]]
    audience: Mapped[str] = mapped_column(String(120), default=EVERYONE)
    at: Mapped[datetime]


def append(
    session: Session,
    *,
    room_id: str,
    kind: str,
    data: dict[str, object],
    audience: str = EVERYONE,
) -> FeedEntry:
    """Tell the room that something happened; its number is given once it is flushed.

    The audience is `all`, or parts joined by `+`: `hosts`, `operators`, `person:<id>`. Entries
    of a kind that supersedes itself (who speaks, how many listen) are kept for ten minutes.
    """
    at = now()
    if kind in SUPERSEDED_KINDS:
        _forget(session, room_id, {kind}, before=at - _SUPERSEDED_AFTER)
    entry = FeedEntry(room_id=room_id, kind=kind, data=data, audience=audience, at=at)
    session.add(entry)
    return entry


def replaces(newer: FeedEntry, older: FeedEntry) -> bool:
    """Tell whether an entry of the chat takes the place of another: of its line, or of all."""
    if newer.kind != "chat" or older.kind != "chat":
        return False
    line, other = newer.data.get("line"), older.data.get("line")
    is_same = isinstance(line, dict) and isinstance(other, dict) and line["id"] == other["id"]
    return line is None or is_same


def take_back(session: Session, number: int | None) -> None:
    """Let nobody read an entry any more, also who follows the room from its beginning."""
    if number is not None:
        session.execute(delete(FeedEntry).where(FeedEntry.id == number))


def audience_of(*person_ids: str, hosts: bool = True) -> str:
    """Name an audience of the hosts (or not) and certain people."""
    parts = [HOSTS] if hosts else []
    return "+".join([*parts, *(f"person:{person_id}" for person_id in person_ids)])


def hears(
    audience: str, *, person_id: str | None, is_host: bool, is_operator: bool = False
) -> bool:
    """Tell whether an entry for this audience may be shown to somebody."""
    parts = audience.split("+")
    return (
        EVERYONE in parts
        or (is_host and HOSTS in parts)
        or (is_operator and OPERATORS in parts)
        or (person_id is not None and f"person:{person_id}" in parts)
    )


def entries_after(
    session: Session, number: int, *, room_id: str | None = None, up_to: int | None = None
) -> list[FeedEntry]:
    """Read the next page (200 entries at most) after a number, of one room or of all."""
    query = select(FeedEntry).where(FeedEntry.id > number).order_by(FeedEntry.id).limit(PAGE)
    if room_id is not None:
        query = query.where(FeedEntry.room_id == room_id)
    if up_to is not None:
        query = query.where(FeedEntry.id <= up_to)
    return list(session.scalars(query))


def last_number(session: Session) -> int:
    """Give the number of the newest entry of the house, 0 when there is none."""
    return session.scalar(select(func.max(FeedEntry.id))) or 0


def latest(session: Session, *, room_id: str, kind: str) -> FeedEntry | None:
    """Give a room's newest entry of a kind."""
    return session.scalars(
        select(FeedEntry)
        .where(FeedEntry.room_id == room_id, FeedEntry.kind == kind)
        .order_by(FeedEntry.id.desc())
        .limit(1)
    ).first()


def close(session: Session, *, room_id: str) -> None:
    """Forget who spoke when, once a room is over; everything else is kept."""
    _forget(session, room_id, SUPERSEDED_KINDS, before=now())


def forget(session: Session, *, room_id: str, kind: str) -> None:
    """Forget all entries of a kind in a room."""
    _forget(session, room_id, {kind}, before=now())


def _forget(
    session: Session, room_id: str, kinds: Collection[str], *, before: datetime
) -> None:
    session.execute(
        delete(FeedEntry).where(
            FeedEntry.room_id == room_id, FeedEntry.kind.in_(kinds), FeedEntry.at < before
        )
    )
