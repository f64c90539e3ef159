"""Leaving: every stage of a session that ends, every room of an account that is deleted."""

from typing import Final

from sqlalchemy import ColumnElement, Select, func, or_, select, true, union_all, update
from sqlalchemy.orm import Session

from balai.feed import FeedEntry
from balai.people.accounts import DELETED_NAME
from balai.people.model import Person
from balai.rooms import green_room, hands
from balai.rooms.chat import ChatLine
from balai.rooms.model import OVER, Hand, HandState, Role, Room, Seat, SeatState
from balai.rooms.opening import end_room

# In which entries a seat or a hand is named: kind, place of its id, place of the name.
_NAMED: Final = (
    ("seat", "$.seat.id", "$.seat.name"),
    ("hand", "$.hand.id", "$.hand.name"),
    ("flag", "$.flag.seat_id", "$.flag.name"),
    ("repair", "$.seat_id", "$.name"),
    ("chat", "$.line.id", "$.line.name"),
)


def leave_stages(session: Session, session_id: str, *, by: Person) -> None:
    """Empty the seats that were connected from a session which has ended."""
    for seat in session.scalars(select(Seat).where(Seat.session_id == session_id)).all():
        if seat.state is not SeatState.LEFT:
            green_room.empty(session, seat, by=by)


def leave_everywhere(session: Session, person: Person) -> None:
    """End the rooms a person hosts, empty their seats, lower their hands, forget aliases."""
    hosted = select(Room).where(Room.host_id == person.id, Room.state.not_in(OVER))
    for room in session.scalars(hosted).all():
        end_room(session, room, by=person)
    for seat in session.scalars(select(Seat).where(Seat.person_id == person.id)).all():
        if seat.state is not SeatState.LEFT:
            green_room.empty(session, seat, by=person)
        seat.alias = None
        if seat.role is Role.COHOST:
            seat.role = Role.SPEAKER
    raised = select(Hand).where(Hand.person_id == person.id, Hand.state == HandState.RAISED)
    for hand in session.scalars(raised).all():
        hands.lower_hand(session, hand.room, person)


def forget_names(session: Session, person: Person) -> None:
    """Take the names of a deleted person out of what rooms were told of them.

    Anybody can follow an open room from its beginning. To be called once they have left and
    are deleted. By whom something was taken stays, for those from whom it was.
    """
    session.flush()
    _forget_speaker(session, person)
    written = update(ChatLine).where(ChatLine.person_id == person.id)
    session.execute(written.values(name=DELETED_NAME))
    theirs = union_all(
        *(select(of.id).where(of.person_id == person.id) for of in (Seat, Hand, ChatLine))
    )
    for kind, id_at, name_at in _NAMED:
        is_theirs = func.json_extract(FeedEntry.data, id_at).in_(theirs)
        _rename(session, _rooms_of(person), kind, name_at, is_theirs)
    hosted = select(Room.id).where(Room.host_id == person.id)
    _rename(session, hosted, "room", "$.room.host.display_name", true())


def _rename(
    session: Session,
    rooms: Select[str],
    kind: str,
    name_at: str,
    condition: ColumnElement[bool],
) -> None:
    session.execute(
        update(FeedEntry)
        .where(FeedEntry.room_id.in_(rooms), FeedEntry.kind == kind, condition)
        .values(data=func.json_set(FeedEntry.data, name_at, DELETED_NAME))
        .execution_options(synchronize_session=False)
    )


def _rooms_of(person: Person) -> Select[str]:
    """Name the rooms in which somebody had a seat, raised a hand or wrote."""
    seats = select(Seat.room_id).where(Seat.person_id == person.id)
    hands_ = select(Hand.room_id).where(Hand.person_id == person.id)
    lines = select(ChatLine.room_id).where(ChatLine.person_id == person.id)
    return select(Room.id).where(
        or_(Room.id.in_(seats), Room.id.in_(hands_), Room.id.in_(lines))
    )


def _forget_speaker(session: Session, person: Person) -> None:
    """A room's facts name who is on stage, as the entries of their seat name them."""
    seats = select(Seat.id).where(Seat.person_id == person.id)
    name = func.json_extract(FeedEntry.data, "$.seat.name")
    named = select(FeedEntry.room_id, name).where(
        FeedEntry.room_id.in_(_rooms_of(person)),
        FeedEntry.kind == "seat",
        func.json_extract(FeedEntry.data, "$.seat.id").in_(seats),
    )
    for room_id, theirs in session.execute(named.distinct()).all():
        told = FeedEntry.room_id == room_id, FeedEntry.kind == "room"
        for entry in session.scalars(select(FeedEntry).where(*told)).all():
            facts = entry.data["room"]
            if isinstance(facts, dict) and theirs in facts["speakers"]:
                speakers = [DELETED_NAME if one == theirs else one for one in facts["speakers"]]
                entry.data = {**entry.data, "room": {**facts, "speakers": speakers}}
    session.flush()
