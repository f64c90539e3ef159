"""Seats as the worker observes them: connected, reconnecting, left."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from balai.clock import now
from balai.rooms.announce import tell_seat, tell_watch
from balai.rooms.errors import SeatMissing
from balai.rooms.model import SEAT_STEPS, Gap, Role, Seat, SeatState, WatchState


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


def gap_began(session: Session, seat_id: str, gap: Gap) -> None:
    """Record that machines do not hear a voice from a position on, and tell everybody."""
    seat = get(session, seat_id)
    if seat.state is SeatState.LEFT:
        return
    _set_gap(seat, gap.state, gap.from_position, gap.why)
    tell_watch(session, seat, gap)


def gap_ended(session: Session, seat_id: str, gap: Gap) -> None:
    """Record the stretch of a voice that was not heard, and that it is again."""
    seat = get(session, seat_id)
    _set_gap(seat, gap.state, None, None)
    tell_watch(session, seat, gap)


def _set_gap(seat: Seat, state: WatchState, position: int | None, why: str | None) -> None:
    if state is WatchState.UNHEARD:
        seat.unheard_from, seat.unheard_why = position, why
    else:
        seat.unwatched_from = position


def put_down(session: Session, seat: Seat) -> None:
    """Empty a seat against its person's will: a co-host is one no more."""
    was_cohost = seat.role is Role.COHOST
    if was_cohost:
        seat.role = Role.SPEAKER
    seat.resource_hash = None
    if _step(seat, SeatState.LEFT) or was_cohost:
        tell_seat(session, seat)


def with_room_and_person(session: Session, seat_id: str) -> Seat:
    """Read a seat for use after the transaction, with its room and its person.

    Raises:
        SeatMissing: there is none.
    """
    query = select(Seat).where(Seat.id == seat_id)
    found = session.scalars(query.options(joinedload(Seat.room), joinedload(Seat.person)))
    seat = found.first()
    if seat is None:
        raise SeatMissing
    return seat


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
        seat.unwatched_from = seat.unheard_from = seat.unheard_why = None
    return True
