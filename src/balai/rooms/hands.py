"""Raised hands and the fair queue: who has not spoken yet first, then who waits longest.

In a *slow* room one person raises a hand, and writes in the chat, only so often. To report, to
contest, to come and to listen are as ever.
"""

import math
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from balai.clock import now
from balai.errors import Invalid
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms.announce import seat_of, tell_hand
from balai.rooms.errors import (
    AlreadyOnStage,
    HandMissing,
    HandsLocked,
    HandTooSoon,
    RoomNotOnAir,
    TooManyHands,
)
from balai.rooms.green_room import invite
from balai.rooms.model import ON_AIR, Hand, HandState, Room, Seat, SeatState

HANDS_MAX: Final = 200
SLOW_S: Final = 60  # what a room that is made slow waits, unless somebody says otherwise
SLOW_S_MAX: Final = 600


class SlowInvalid(Invalid):
    """Between two hands or lines of one person a slow room waits 600 seconds at most."""


def checked_slow(slow_s: int) -> int:
    """Give a wait that a room may have; 0 ends it.

    Raises:
        SlowInvalid: there is no such wait.
    """
    if not 0 <= slow_s <= SLOW_S_MAX:
        raise SlowInvalid
    return slow_s


def raise_hand(session: Session, room: Room, person: Person) -> Hand:
    """Ask to speak; who has asked already keeps their place.

    Raises:
        RoomNotOnAir, AlreadyOnStage, HandsLocked: it makes no sense now.
        HandTooSoon: the room is slow, and theirs was raised a moment ago.
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
    _require_slow(session, room, person)
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


def _require_slow(session: Session, room: Room, person: Person) -> None:
    """Let a slow room's next hand be raised when the last one was raised long enough ago."""
    if not room.slow_s:
        return
    theirs = select(func.max(Hand.raised_at)).where(
        Hand.room_id == room.id, Hand.person_id == person.id
    )
    last = session.scalar(theirs)
    if last is None:
        return
    wait_s = room.slow_s - (now() - last).total_seconds()
    if wait_s > 0:
        raise HandTooSoon(math.ceil(wait_s))


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
