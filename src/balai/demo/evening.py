"""The demonstration's room and its two accounts, in a house where nobody has a room yet."""

from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai.demo.dialogue import GuestScript, Script
from balai.ids import new_id
from balai.people import accounts, invitations
from balai.people.model import Person
from balai.rooms import opening
from balai.rooms.model import OVER, Room, Seat


@dataclass(frozen=True, slots=True)
class Evening:
    """A demonstration that is to be held: where and by whom. Each token signs in once."""

    room_id: str
    host_token: str
    guest_token: str
    guest_handle: str  # as the account has it: the script's may be somebody else's


def prepare(session: Session, script: Script) -> Evening | None:
    """Make room and accounts, or find those that were left behind; None in a house in use."""
    if session.scalar(select(Room.id).where(Room.is_demo.is_(False)).limit(1)) is not None:
        return None
    host, guest = (_account(session, who) for who in script.guests)
    room = _room_left(session, host) or opening.create(
        session,
        opening.Plan(
            title=script.title,
            description=script.description,
            language=script.language,
            delay_s=script.delay_s,
            recording=False,
            chat=True,
        ),
        host=host,
        is_demo=True,
    )
    return Evening(
        room_id=room.id,
        host_token=invitations.way_back(session, host, by=host)[1],
        guest_token=invitations.way_back(session, guest, by=host)[1],
        guest_handle=guest.handle,
    )


def _room_left(session: Session, host: Person) -> Room | None:
    """Find a demonstration whose guests have gone, but whose room has not ended."""
    query = select(Room).where(Room.host_id == host.id, Room.state.not_in(OVER))
    return session.scalars(query.limit(1)).first()


def _account(session: Session, who: GuestScript) -> Person:
    """Find the guest's account of an earlier demonstration, or make one.

    Only who sat on the stage of a demonstration is taken for its guest: somebody else may have
    chosen that handle.
    """
    sat = select(Seat.person_id).join(Room, Room.id == Seat.room_id).where(Room.is_demo)
    hosted = select(Room.host_id).where(Room.is_demo)
    query = select(Person).where(
        Person.handle == who.handle, or_(Person.id.in_(sat), Person.id.in_(hosted))
    )
    if earlier := session.scalars(query.limit(1)).first():
        return earlier
    try:
        return accounts.sign_up(session, handle=who.handle, display_name=who.name)
    except accounts.HandleTaken:
        handle = f"{who.handle}_{new_id()}"
        return accounts.sign_up(session, handle=handle, display_name=who.name)
