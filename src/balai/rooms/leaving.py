"""Leaving: every stage of a session that ends, every room of an account that is deleted."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.people.model import Person
from balai.rooms import green_room, hands
from balai.rooms.model import OVER, Hand, HandState, Role, Room, Seat, SeatState
from balai.rooms.opening import end_room


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
