"""Tickets for the stage: one connection each, within a minute; and what hangs it up again."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai.clock import now
from balai.database import Base
from balai.ids import new_secret
from balai.people.keys import digest
from balai.people.model import Person
from balai.rooms.errors import (
    RoomNotOnAir,
    SeatMissing,
    SeatNotConnectable,
    TicketRefused,
)
from balai.rooms.green_room import own_seat
from balai.rooms.model import CONNECTED, ON_AIR, Room, Seat, SeatState

TICKET_S: Final = 60
_CONNECTABLE: Final = CONNECTED | {SeatState.GREEN_ROOM}


class StageTicket(Base):
    """A permission to connect one seat once, within a minute."""

    __tablename__ = "stage_ticket"
    __table_args__ = (Index(None, "seat_id"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    seat_id: Mapped[str] = mapped_column(ForeignKey("seat.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def issue(
    session: Session, room: Room, person: Person, *, session_id: str | None
) -> tuple[str, datetime]:
    """Give a person a ticket for their seat, with its end. Older ones of the seat end now.

    The seat is emptied when the session that asked for the ticket ends.

    Raises:
        RoomNotOnAir: there is no stage to connect to.
        SeatMissing: they have no seat here.
        SeatNotConnectable: they have not consented yet, or have left.
    """
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    seat = own_seat(session, room, person)
    if seat.state not in _CONNECTABLE or seat.consented_at is None:
        raise SeatNotConnectable
    session.execute(delete(StageTicket).where(StageTicket.seat_id == seat.id))
    token = new_secret()
    expires_at = now() + timedelta(seconds=TICKET_S)
    ticket = StageTicket(token_hash=digest(token), seat_id=seat.id, expires_at=expires_at)
    session.add(ticket)
    seat.session_id = session_id
    return token, expires_at


def redeem(session: Session, room_id: str, token: str) -> Seat:
    """Use a ticket up, in a writing transaction so that two cannot.

    Raises:
        TicketRefused: unknown, used, too old or for another room; nobody is told which.
        RoomNotOnAir, SeatNotConnectable: things changed since it was given.
    """
    ticket = session.get(StageTicket, digest(token))
    if ticket is None or ticket.used_at is not None or ticket.expires_at <= now():
        raise TicketRefused
    seat = session.get_one(Seat, ticket.seat_id)
    if seat.room_id != room_id:
        raise TicketRefused
    ticket.used_at = now()
    require_connectable(seat)
    return seat


def require_connectable(seat: Seat) -> None:
    """Let only a seat pass that may be connected to the stage now.

    Raises:
        RoomNotOnAir, SeatNotConnectable: it may not.
    """
    if seat.room.state not in ON_AIR:
        raise RoomNotOnAir
    if seat.state not in _CONNECTABLE:
        raise SeatNotConnectable


def name_connection(seat: Seat) -> str:
    """Give a seat's new connection a secret name; knowing it is the right to hang up."""
    secret = new_secret()
    seat.resource_hash = digest(secret)
    return secret


def seat_of_connection(session: Session, room_id: str, secret: str) -> Seat:
    """Find the seat whose present connection has this name.

    Raises:
        SeatMissing: none has, or the room is another.
    """
    seat = session.scalars(
        select(Seat).where(Seat.resource_hash == digest(secret), Seat.room_id == room_id)
    ).first()
    if seat is None:
        raise SeatMissing
    return seat
