"""Bans: kept as salted hashes, so they outlive leaving and a deleted account."""

from collections.abc import Collection, Sequence, Set
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people import sign_in
from balai.people.keys import HouseKey
from balai.people.model import Person, PersonSession
from balai.people.sign_in import Caller
from balai.rooms.errors import Banned, ListenOnly, ShutOut
from balai.rooms.model import Ban, BanSubject, Openness, Room
from balai.rooms.restrictions import Ruling

FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)  # how "without end" is told as a moment


def record(  # noqa: PLR0913 - a ban's whole content
    session: Session,
    room_id: str | None,
    person: Person,
    ruling: Ruling,
    *,
    key: HouseKey,
    until_at: datetime | None,
    stage_only: bool = False,
) -> Ban:
    """Ban a person from a room, with their handle and every device they were seen on.

    Without a room, from the house; `stage_only`: they may listen and not speak.
    """
    ban = Ban(
        id=new_id(),
        room_id=room_id,
        reason=ruling.reason,
        by_person_id=ruling.by_person_id,
        stage_only=stage_only,
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
    running = [ban for ban in _here(session, room_id, caller, key) if not ban.stage_only]
    return max((ban.until_at or FOR_GOOD for ban in running), default=None)


def lift(ban: Ban) -> None:
    """End a ban now. Does nothing when it has run out."""
    at = now()
    if ban.until_at is None or ban.until_at > at:
        ban.until_at = at


def of_person(
    session: Session, room_id: str, person: Person, *, key: HouseKey
) -> Sequence[Ban]:
    """Read the bans of one room (not of the house) that weigh on a person now."""
    caller = Caller(person=person)
    return [ban for ban in _here(session, room_id, caller, key) if ban.room_id == room_id]


def shut_out_until(session: Session, person: Person, *, key: HouseKey) -> datetime | None:
    """Tell until when this person may not use the house; devices do not count here.

    Somebody else who shares a device keeps their account.
    """
    mark = key.sign("person", person.id)
    query = _of_house(frozenset({mark}))
    return max((ban.until_at or FOR_GOOD for ban in session.scalars(query)), default=None)


def on_the_team(session: Session, session_ids: Collection[str], *, key: HouseKey) -> Set[str]:
    """Give those of these sessions that are good, and of an operator who is not shut out."""
    found = sign_in.of_operators(session, session_ids)
    marks_of = {key.sign("person", person_id): person_id for person_id in found.values()}
    banned = _of_house(marks_of.keys()).with_only_columns(Ban.id)
    query = select(BanSubject.subject_hash).where(
        BanSubject.ban_id.in_(banned), BanSubject.subject_hash.in_(marks_of)
    )
    shut_out = {marks_of[mark] for mark in session.scalars(query)}
    return {one for one, person_id in found.items() if person_id not in shut_out}


def require_may_join(
    session: Session, *, handle: str, device_hash: str | None, key: HouseKey
) -> None:
    """Let a newcomer in, unless handle or device are those of somebody who was shut out.

    Raises:
        ShutOut: they are.
    """
    known = {key.sign("handle", handle)} | ({device_hash} if device_hash else set())
    if session.scalar(_of_house(known).limit(1)) is not None:
        raise ShutOut


def _of_house(known: Set[str]) -> Select[Ban]:
    """Ask for the running bans of the house that know somebody by one of these hashes."""
    marked = select(BanSubject.ban_id).where(BanSubject.subject_hash.in_(known))
    is_running = or_(Ban.until_at.is_(None), Ban.until_at > now())
    whole = Ban.stage_only.is_(False)
    return select(Ban).where(Ban.id.in_(marked), Ban.room_id.is_(None), whole, is_running)


def _here(session: Session, room_id: str, caller: Caller, key: HouseKey) -> Sequence[Ban]:
    here = or_(Ban.room_id == room_id, Ban.room_id.is_(None))
    return session.scalars(select(Ban).where(here, *_running(session, caller, key))).all()


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
    running = _running(session, caller, key)
    query = select(Ban.room_id).where(Ban.stage_only.is_(False), *running)
    shut = set(session.scalars(query))
    return free if None in shut else free | (guarded - shut)


def require_not_banned(
    session: Session, room_id: str, caller: Caller, *, key: HouseKey
) -> None:
    """Let pass whoever may take part in the room, on its stage too.

    Raises:
        Banned: they may not at present.
        ListenOnly: they may listen, not speak.
    """
    running = _here(session, room_id, caller, key)
    if any(not ban.stage_only for ban in running):
        raise Banned
    if running:
        raise ListenOnly


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
