"""A room's life as its worker observes it: opening, live, ended or interrupted."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai import feed
from balai.clock import now
from balai.rooms.announce import seats_of, tell_room, tell_seat
from balai.rooms.errors import RoomEnded, RoomMissing
from balai.rooms.model import (
    ON_AIR,
    OVER,
    ROOM_STEPS,
    Hand,
    HandState,
    Room,
    RoomState,
    SeatState,
    Wish,
    WishKind,
    WishState,
)


def on_air(session: Session) -> list[Room]:
    """Read the rooms that are opening or live, oldest first."""
    return list(
        session.scalars(select(Room).where(Room.state.in_(ON_AIR)).order_by(Room.opened_at))
    )


def went_live(session: Session, room_id: str, *, at: datetime | None = None) -> None:
    """Record that a room is on air, since `at` when that is known more exactly than now.

    Does nothing when it is live already.

    Raises:
        RoomEnded: it is over, or was never opened.
    """
    room = get(session, room_id)
    if room.state is RoomState.LIVE:
        return
    _step(room, RoomState.LIVE)
    room.live_at = at or now()
    tell_room(session, room)


def back_to_draft(session: Session, room_id: str) -> None:
    """Record that a room could not be opened; its host may try again."""
    room = get(session, room_id)
    if room.state is RoomState.OPENING:
        _step(room, RoomState.DRAFT)
        room.opened_at = None
        tell_room(session, room)


def ended(session: Session, room_id: str) -> None:
    """Record that a room has ended as somebody wished. Does nothing when it is over already."""
    _finish(session, room_id, RoomState.ENDED)


def interrupted(session: Session, room_id: str) -> None:
    """Record that a room's worker died under it. Does nothing when it is over already."""
    _finish(session, room_id, RoomState.INTERRUPTED)


def get(session: Session, room_id: str) -> Room:
    """Read a room.

    Raises:
        RoomMissing: there is none.
    """
    room = session.get(Room, room_id)
    if room is None:
        raise RoomMissing
    return room


def _step(room: Room, to: RoomState) -> None:
    if to not in ROOM_STEPS[room.state]:
        raise RoomEnded
    room.state = to


def _finish(session: Session, room_id: str, state: RoomState) -> None:
    room = get(session, room_id)
    if room.state in OVER:
        return
    _step(room, state)
    room.ended_at = now()
    for seat in seats_of(session, room.id):
        if seat.state is not SeatState.LEFT:
            seat.state = SeatState.LEFT
            seat.resource_hash = None
            seat.unwatched_from = seat.unheard_from = seat.unheard_why = None
            tell_seat(session, seat)
    session.execute(
        update(Hand)
        .where(Hand.room_id == room.id, Hand.state == HandState.RAISED)
        .values(state=HandState.LOWERED)
    )
    _give_up_wishes(session, room, to_end_too=state is RoomState.INTERRUPTED)
    feed.close(session, room_id=room.id)
    tell_room(session, room)


def _give_up_wishes(session: Session, room: Room, *, to_end_too: bool) -> None:
    """Nobody will carry out what is still pending; the wish to end is what is being done."""
    pending = select(Wish).where(Wish.room_id == room.id, Wish.state == WishState.PENDING)
    for wish in session.scalars(pending):
        if wish.kind is not WishKind.END or to_end_too:
            wish.state = WishState.FAILED
            wish.error = RoomEnded.code()
            wish.done_at = now()
