"""Bans: kept as salted hashes, so they outlive leaving and a deleted account."""

from collections.abc import Sequence, Set
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people.keys import HouseKey
from balai.people.model import Person, PersonSession
from balai.people.sign_in import Caller
from balai.rooms.errors import Banned
from balai.rooms.model import Ban, BanSubject, Openness, Room
from balai.rooms.restrictions import Ruling

FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)  # how "without end" is told as a moment


def record(
    session: Session,
    room_id: str,
    person: Person,
    ruling: Ruling,
    *,
    key: HouseKey,
    until_at: datetime | None,
) -> Ban:
    """Ban a person from a room, with their handle and every device they were seen on."""
    ban = Ban(
        id=new_id(),
        room_id=room_id,
        reason=ruling.reason,
        by_person_id=ruling.by_person_id,
        created_at=now(),
        until_at=until_at,
    )
    session.add(ban)
    session.flush()
    session.add_all(
        BanSubject(ban_id=ban.id, subject_hash=mark)
        for mark in marks(session, Caller(person=person), key=key)
    )
    return ban


def banned_until(
    session: Session, room_id: str, caller: Caller, *, key: HouseKey
) -> datetime | None:
    """Tell until when somebody is banned (FOR_GOOD: without end), None when they are not."""
    here = or_(Ban.room_id == room_id, Ban.room_id.is_(None))
    running = session.scalars(select(Ban).where(here, *_running(session, caller, key)))
    return max((ban.until_at or FOR_GOOD for ban in running), default=None)


def hears(session: Session, room: Room, caller: Caller, *, key: HouseKey) -> bool:
    """Tell whether somebody is given the programme of a room that they may see.

    An open room plays for everybody, known or not. From any other, a ban shuts out; they still
    see the room, because there stands who sent them away and how to contest it.
    """
    return room.id in heard_by(session, [room], caller, key=key)


def heard_by(
    session: Session, rooms: Sequence[Room], caller: Caller, *, key: HouseKey
) -> Set[str]:
    """Give the ids of those of many rooms whose programme somebody is given; see `hears`."""
    free = {
        room.id
        for room in rooms
        if room.openness is Openness.OPEN or room.host_id == caller.person_id
    }
    guarded = {room.id for room in rooms} - free
    if not guarded:
        return free
    shut = set(session.scalars(select(Ban.room_id).where(*_running(session, caller, key))))
    return free if None in shut else free | (guarded - shut)


def require_not_banned(
    session: Session, room_id: str, caller: Caller, *, key: HouseKey
) -> None:
    """Let pass whoever may take part in the room.

    Raises:
        Banned: they may not at present.
    """
    if banned_until(session, room_id, caller, key=key) is not None:
        raise Banned


def _running(
    session: Session, caller: Caller, key: HouseKey
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Give the conditions for bans that weigh on somebody at this moment."""
    known = select(BanSubject.ban_id).where(
        BanSubject.subject_hash.in_(marks(session, caller, key=key))
    )
    return Ban.id.in_(known), or_(Ban.until_at.is_(None), Ban.until_at > now())


def marks(session: Session, caller: Caller, *, key: HouseKey) -> Set[str]:
    """Give the hashes by which somebody is known again: person, handle, devices."""
    found = {caller.device_hash} if caller.device_hash else set()
    if caller.person is not None:
        found.add(key.sign("person", caller.person.id))
        found.add(key.sign("handle", caller.person.handle))
        found.update(
            session.scalars(
                select(PersonSession.device_hash).where(
                    PersonSession.person_id == caller.person.id
                )
            )
        )
    return found
