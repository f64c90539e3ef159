"""Withdrawing one's consent to the recording: one's own act, for good, and nothing is asked."""

from sqlalchemy.orm import Session

from balai import feed
from balai.ledger import log as ledger
from balai.people.model import Person
from balai.rooms import green_room, replays
from balai.rooms.announce import seat_of
from balai.rooms.errors import NothingRecorded, SeatMissing
from balai.rooms.model import OVER, Seat, SeatState
from balai.rooms.replays import RecordingView

BEING_MADE = "being_made"


def withdraw(session: Session, room_id: str, person: Person) -> RecordingView:
    """Take one's voice out of a room's replay for ever; who is on its stage leaves it.

    The replay is made without them as soon as the room is over. Doing it again changes nothing.

    Raises:
        SeatMissing: they never had a seat there.
        NothingRecorded: nothing of their voice is recorded there.
    """
    seat = seat_of(session, room_id, person.id)
    if seat is None:
        raise SeatMissing
    if not seat.room.recording or seat.joined_at is None:
        raise NothingRecorded
    if replays.withdraw(session, seat):
        if seat.room.state not in OVER and seat.state is not SeatState.LEFT:
            green_room.empty(session, seat, by=person)
        _tell(session, seat)
    session.flush()
    return replays.of_seat(session, seat)


def _tell(session: Session, seat: Seat) -> None:
    """Tell the person and the hosts; to the ledger it is nobody's name."""
    feed.append(
        session,
        room_id=seat.room_id,
        kind="replay",
        data={"state": BEING_MADE},
        audience=feed.audience_of(seat.person_id),
    )
    told: dict[str, object] = {
        "room_id": seat.room_id,
        "seat_id": seat.id,
        "person_id": seat.person_id,
    }
    ledger.append(session, kind="recording_consent_withdrawn", record=told)
