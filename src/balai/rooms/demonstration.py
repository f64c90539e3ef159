"""The demonstration room: its operator may ask a guest for the jingle that the ear knows."""

from sqlalchemy.orm import Session

from balai import feed
from balai.people.accounts import OperatorsOnly
from balai.people.model import Person
from balai.rooms.errors import NoDemonstration, RoomNotOnAir
from balai.rooms.model import Room, RoomState


def ask_for_jingle(session: Session, room: Room, *, by: Person) -> None:
    """Tell the guests (one of whom is the room's host) to play their jingle.

    Raises:
        OperatorsOnly: somebody else asks.
        NoDemonstration, RoomNotOnAir: there is no guest who could play it.
    """
    if not by.is_operator:
        raise OperatorsOnly
    if not room.is_demo:
        raise NoDemonstration
    if room.state is not RoomState.LIVE:
        raise RoomNotOnAir
    feed.append(
        session, room_id=room.id, kind="cue", data={"play": "jingle"}, audience=feed.HOSTS
    )
