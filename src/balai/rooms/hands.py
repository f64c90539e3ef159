"""Raised hands and the fair queue: who has not spoken yet first, then who waits longest."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from balai.clock import now
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms.announce import seat_of, tell_hand
from balai.rooms.errors import (
    AlreadyOnStage,
    HandMissing,
    HandsLocked,
    RoomNotOnAir,
    TooManyHands,
)
from balai.rooms.green_room import invite
from balai.rooms.model import ON_AIR, Hand, HandState, Room, Seat, SeatState

HANDS_MAX: Final = 200


def raise_hand(session: Session, room: Room, person: Person) -> Hand:
    """Ask to speak; who has asked already keeps their place.

    Raises:
        RoomNotOnAir, AlreadyOnStage, HandsLocked: it makes no sense now.
        TooManyHands: 200 are raised.
    """
    if room.state not in ON_AIR:
        raise RoomNotOnAir
    seat = seat_of(session, room.id, person.id)
    if seat is not None and seat.state is not SeatState.LEFT:
        raise AlreadyOnStage
    hand = raised_by(session, room.id, person)
    if hand is not None:
        return hand
    if room.hands_locked:
        raise HandsLocked
    if _raised_count(session, room) >= HANDS_MAX:
        raise TooManyHands
    hand = Hand(
        id=new_id(),
        room_id=room.id,
        person_id=person.id,
        raised_at=now(),
        state=HandState.RAISED,
    )
    session.add(hand)
    tell_hand(session, hand)
    return hand


def lower_hand(session: Session, room: Room, person: Person) -> None:
    """Take one's hand down. Does nothing when it is not up."""
    hand = raised_by(session, room.id, person)
    if hand is not None:
        _answer(session, hand, HandState.LOWERED)


def accept(session: Session, room: Room, hand: Hand, *, by: Person, speakers_max: int) -> None:
    """Invite to the stage whoever raised a hand.

    Raises:
        StageSeatsTaken, AlreadyOnStage, RoomEnded: as for any invitation.
    """
    invite(session, room, hand.person, by=by, speakers_max=speakers_max)
    _answer(session, hand, HandState.ACCEPTED)


def decline(session: Session, hand: Hand) -> None:
    """Send a hand away."""
    _answer(session, hand, HandState.DECLINED)


def waiting(session: Session, room: Room, hand_id: str) -> Hand:
    """Find a raised hand.

    Raises:
        HandMissing: it is not up any more.
    """
    hand = session.get(Hand, hand_id)
    if hand is None or hand.room_id != room.id or hand.state is not HandState.RAISED:
        raise HandMissing
    return hand


def raised_by(session: Session, room_id: str, person: Person) -> Hand | None:
    """Find a person's raised hand."""
    return session.scalars(
        select(Hand).where(
            Hand.room_id == room_id,
            Hand.person_id == person.id,
            Hand.state == HandState.RAISED,
        )
    ).first()


def queue(session: Session, room_id: str, seats: Mapping[str, Seat]) -> list[Hand]:
    """Read the raised hands in fair order; `seats` are the room's, by person."""
    hands = session.scalars(
        select(Hand)
        .where(Hand.room_id == room_id, Hand.state == HandState.RAISED)
        .options(joinedload(Hand.person))
    )

    def place(hand: Hand) -> tuple[bool, object, str]:
        seat = seats.get(hand.person_id)
        has_spoken = seat is not None and seat.joined_at is not None
        return has_spoken, hand.raised_at, hand.id

    return sorted(hands, key=place)


def _answer(session: Session, hand: Hand, state: HandState) -> None:
    hand.state = state
    tell_hand(session, hand)


def _raised_count(session: Session, room: Room) -> int:
    query = (
        select(func.count())
        .select_from(Hand)
        .where(Hand.room_id == room.id, Hand.state == HandState.RAISED)
    )
    return session.scalar(query) or 0
