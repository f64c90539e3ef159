"""One's own voice in replays: where it is recorded, and withdrawing one's consent to it."""

from fastapi import APIRouter

from balai.rooms import recording_consent, replays
from balai.rooms.replays import RecordingView
from balai.web.callers import Concerned, HouseHere

router = APIRouter(prefix="/api", tags=["recordings"])


@router.get("/me/recordings")
def mine(here: HouseHere, by: Concerned) -> list[RecordingView]:
    """List the recorded rooms in which one spoke, newest first, 50 at most."""
    with here.database.reading() as session:
        return replays.of_person(session, by)


@router.delete("/rooms/{room_id}/seat/recording")
def withdraw(here: HouseHere, by: Concerned, room_id: str) -> RecordingView:
    """Withdraw one's consent to the recording, for good; the replay is made without one."""
    with here.writing() as session:
        return recording_consent.withdraw(session, room_id, by)
