"""Seats as the worker observes them: connected, reconnecting, left."""

from sqlalchemy.orm import Session

from balai.clock import now
from balai.rooms.announce import tell_seat, tell_watch
from balai.rooms.errors import SeatMissing
from balai.rooms.model import SEAT_STEPS, Role, Seat, SeatState


def connected(session: Session, seat_id: str) -> Seat:
    """Record that a seat's voice arrives; `muted` and `held` tell what still weighs on it.

    A seat that has left meanwhile stays so: see its state, and hang up.
    """
    seat = get(session, seat_id)
    if _step(seat, SeatState.ON_STAGE):
        seat.joined_at = seat.joined_at or now()
        tell_seat(session, seat)
    return seat


def reconnecting(session: Session, seat_id: str) -> Seat:
    """Record that nothing is heard of a seat for the moment."""
    seat = get(session, seat_id)
    if _step(seat, SeatState.RECONNECTING):
        tell_seat(session, seat)
    return seat


def left(session: Session, seat_id: str) -> Seat:
    """Record that a seat is empty. Does nothing when it is already."""
    seat = get(session, seat_id)
    if _step(seat, SeatState.LEFT):
        seat.resource_hash = None
        tell_seat(session, seat)
    return seat


def unwatched(session: Session, seat_id: str, from_position: int) -> None:
    """Record that no detector listens to a voice from a position on, and tell everybody."""
    seat = get(session, seat_id)
    if seat.state is SeatState.LEFT:
        return
    seat.unwatched_from = from_position
    tell_watch(session, seat, from_position, None)


def watched(session: Session, seat_id: str, from_position: int, to_position: int) -> None:
    """Record the stretch of a voice that no detector heard, and that one listens again."""
    seat = get(session, seat_id)
    seat.unwatched_from = None
    tell_watch(session, seat, from_position, to_position)


def put_down(session: Session, seat: Seat) -> None:
    """Empty a seat against its person's will: a co-host is one no more."""
    was_cohost = seat.role is Role.COHOST
    if was_cohost:
        seat.role = Role.SPEAKER
    seat.resource_hash = None
    if _step(seat, SeatState.LEFT) or was_cohost:
        tell_seat(session, seat)


def get(session: Session, seat_id: str) -> Seat:
    """Read a seat.

    Raises:
        SeatMissing: there is none.
    """
    seat = session.get(Seat, seat_id)
    if seat is None:
        raise SeatMissing
    return seat


def _step(seat: Seat, to: SeatState) -> bool:
    """Take a step if it is allowed from here; what comes too late is no error."""
    if to not in SEAT_STEPS[seat.state]:
        return False
    seat.state = to
    if to is SeatState.LEFT:
        seat.unwatched_from = None
    return True
