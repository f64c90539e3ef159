"""Who may see a room, and who may act in it."""

from collections.abc import Set
from typing import Final

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import Session

from balai.people.model import Person
from balai.rooms.announce import seat_of
from balai.rooms.errors import HostOnly, HostsOnly, RoomMissing
from balai.rooms.model import Openness, Role, Room, RoomGuest, Seat, SeatState

HOSTING: Final = frozenset({Role.HOST, Role.COHOST})


def visible_to(person: Person | None) -> ColumnElement[bool]:
    """Give the condition for rooms that somebody may see."""
    if person is None:
        return Room.openness == Openness.OPEN
    return or_(Room.openness.in_((Openness.OPEN, Openness.HOUSE)), belongs_to(person))


def belongs_to(person: Person | None) -> ColumnElement[bool]:
    """Give the condition for rooms that somebody hosts, has a seat in or was invited to."""
    if person is None:
        return false()
    seats = select(Seat.room_id).where(
        Seat.person_id == person.id,
        or_(Seat.state != SeatState.LEFT, Seat.joined_at.is_not(None)),
    )
    guests = select(RoomGuest.room_id).where(RoomGuest.person_id == person.id)
    return or_(Room.host_id == person.id, Room.id.in_(seats), Room.id.in_(guests))


def find(session: Session, room_id: str, person: Person | None) -> Room:
    """Read a room that somebody may see.

    Raises:
        RoomMissing: there is none, or it is not open to them; they cannot tell which.
    """
    query = select(Room).where(Room.id == room_id, visible_to(person))
    room = session.scalars(query).first()
    if room is None:
        raise RoomMissing
    return room


def let_in(session: Session, room_id: str, person: Person) -> None:
    """Open a room to a person for good."""
    if session.get(RoomGuest, (room_id, person.id)) is None:
        session.add(RoomGuest(room_id=room_id, person_id=person.id))
        session.flush()


def role_of(room: Room, seat: Seat | None, person: Person | None) -> Role | None:
    """Tell a person's role in a room, None for a listener."""
    if person is not None and room.host_id == person.id:
        return Role.HOST
    if seat is not None and seat.role is Role.COHOST:
        return Role.COHOST
    return Role.SPEAKER if seat is not None and seat.state is not SeatState.LEFT else None


def require_hosts(session: Session, room: Room, person: Person) -> Role:
    """Let only the host and the co-hosts pass; tell which.

    Raises:
        HostsOnly: this is somebody else.
    """
    role = role_of(room, seat_of(session, room.id, person.id), person)
    if role not in HOSTING:
        raise HostsOnly
    return role


def require_host(room: Room, person: Person) -> None:
    """Let only the host pass.

    Raises:
        HostOnly: this is somebody else.
    """
    if room.host_id != person.id:
        raise HostOnly


def hosts_of(session: Session, room_id: str) -> Set[str]:
    """Give the people who run a room: its host and co-hosts."""
    host = select(Room.host_id).where(Room.id == room_id)
    cohosts = select(Seat.person_id).where(Seat.room_id == room_id, Seat.role == Role.COHOST)
    return set(session.scalars(host.union_all(cohosts)))


def spoke_in(session: Session, room_id: str) -> Set[str]:
    """Give the people who have been on a room's stage, also those who left it."""
    joined = select(Seat.person_id).where(Seat.room_id == room_id, Seat.joined_at.is_not(None))
    return set(session.scalars(joined))


def hosts_any_room(session: Session, person: Person) -> bool:
    """Tell whether a person has ever made a room."""
    found = session.scalar(select(Room.id).where(Room.host_id == person.id).limit(1))
    return found is not None
