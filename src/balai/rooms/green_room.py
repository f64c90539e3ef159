"""The way to the stage: invited, consent in the green room, and stepping down again."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.people.model import Person
from balai.people.names import clean_line
from balai.rooms import replays, restrictions, seats
from balai.rooms.announce import seat_of, tell_seat
from balai.rooms.errors import (
    AlreadyOnStage,
    ConsentMissing,
    ConsentWithdrawn,
    HostUntouchable,
    RoomEnded,
    SeatMissing,
    StageSeatsTaken,
)
from balai.rooms.languages import require_language
from balai.rooms.model import (
    CONNECTED,
    OVER,
    RestrictionKind,
    Role,
    Room,
    Seat,
    SeatState,
    WishKind,
)
from balai.rooms.requests import request

ALIAS_MAX: Final = 40


def invite(
    session: Session, room: Room, person: Person, *, by: Person, speakers_max: int
) -> Seat:
    """Offer a person a seat; it is theirs once they consent and connect.

    A hold, or a mute without end, of an earlier stay is taken back: the host wants them again.
    What the safety team did stays.

    Raises:
        RoomEnded: it is over.
        AlreadyOnStage: this person has a seat.
        StageSeatsTaken: every seat is given away.
    """
    if room.state in OVER:
        raise RoomEnded
    seat = seat_of(session, room.id, person.id)
    if seat is not None and seat.state is not SeatState.LEFT:
        raise AlreadyOnStage
    if _seats_given(session, room) >= speakers_max:
        raise StageSeatsTaken
    if seat is None:
        seat = _new_seat(session, room, person)
    else:
        seat.state = SeatState.INVITED
        _forgive(session, seat, by)
    tell_seat(session, seat)
    return seat


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a person agrees to, and under which name; `language` None: they speak the room's."""

    recording_ok: bool
    alias: str | None = None
    language: str | None = None


def consent(session: Session, room: Room, person: Person, agreed: Agreed) -> Seat:
    """Record that a person agrees to be heard (and recorded), and under which name.

    Host and co-hosts may come back to their seat without a new invitation.

    Raises:
        RoomEnded: it is over.
        SeatMissing: they have no seat here.
        ConsentMissing: the room is recorded, and they do not agree to that.
        ConsentWithdrawn: they agreed once, and withdrew it; that is for good.
        TextInvalid: the alias cannot be shown.
        LanguageInvalid: this names no language.
    """
    if room.state in OVER:
        raise RoomEnded
    seat = own_seat(session, room, person)
    if room.recording and not agreed.recording_ok:
        raise ConsentMissing
    if room.recording and replays.is_withdrawn(session, seat.id):
        raise ConsentWithdrawn
    if agreed.language:
        require_language(agreed.language)
    seat.alias = clean_line(agreed.alias, length_max=ALIAS_MAX) if agreed.alias else None
    seat.language = agreed.language or None
    seat.consented_at = now()
    if seat.state not in CONNECTED:
        seat.state = SeatState.GREEN_ROOM
    tell_seat(session, seat)
    return seat


def step_down(session: Session, room: Room, person: Person) -> Seat:
    """Leave the stage; the worker hangs up.

    Raises:
        SeatMissing: they have no seat here.
    """
    seat = own_seat(session, room, person)
    empty(session, seat, by=person)
    return seat


def empty(session: Session, seat: Seat, *, by: Person) -> None:
    """Empty a seat and have the worker hang up on whatever is connected."""
    may_be_connected = seat.state in CONNECTED | {SeatState.GREEN_ROOM}
    seats.left(session, seat.id)
    if may_be_connected:
        request(
            session, seat.room_id, WishKind.HANG_UP, {"seat_id": seat.id}, by_person_id=by.id
        )


def set_cohost(session: Session, seat: Seat, *, is_cohost: bool) -> None:
    """Make somebody a co-host, or one no more.

    Raises:
        HostUntouchable: it is the host's own seat.
        SeatMissing: they have left, or never said that they take this seat. Nobody is made to
            answer for a room, and so kept from judging it, by an invitation alone.
    """
    if seat.role is Role.HOST:
        raise HostUntouchable
    if is_cohost and (seat.state is SeatState.LEFT or seat.consented_at is None):
        raise SeatMissing
    seat.role = Role.COHOST if is_cohost else Role.SPEAKER
    tell_seat(session, seat)


def own_seat(session: Session, room: Room, person: Person) -> Seat:
    """Find the seat a person may take.

    Raises:
        SeatMissing: they have none here, or gave it up.
    """
    seat = seat_of(session, room.id, person.id)
    if seat is None or (seat.state is SeatState.LEFT and seat.role is Role.SPEAKER):
        raise SeatMissing
    return seat


def _seats_given(session: Session, room: Room) -> int:
    query = (
        select(func.count())
        .select_from(Seat)
        .where(Seat.room_id == room.id, Seat.state != SeatState.LEFT)
    )
    return session.scalar(query) or 0


def _new_seat(session: Session, room: Room, person: Person) -> Seat:
    seat = Seat(
        id=new_id(),
        room_id=room.id,
        person_id=person.id,
        role=Role.HOST if person.id == room.host_id else Role.SPEAKER,
        state=SeatState.INVITED,
        muted=False,
        held=False,
    )
    session.add(seat)
    return seat


def _forgive(session: Session, seat: Seat, by: Person) -> None:
    mutes = restrictions.weighing(session, seat, RestrictionKind.MUTE)
    if seat.held and not restrictions.is_by_safety(session, seat, RestrictionKind.HOLD):
        args: dict[str, object] = {"seat_id": seat.id, "air_held": False}
        request(session, seat.room_id, WishKind.RELEASE, args, by_person_id=by.id)
    if restrictions.is_by_safety(session, seat, RestrictionKind.MUTE):
        return
    if seat.muted and any(mute.until_at is None for mute in mutes):
        request(
            session, seat.room_id, WishKind.UNMUTE, {"seat_id": seat.id}, by_person_id=by.id
        )
