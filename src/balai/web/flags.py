"""Flags of detectors in a room, and what people decide about them."""

from dataclasses import asdict

from fastapi import APIRouter

from balai.rooms import flags, spoken
from balai.rooms.views import FlagView, flag_view
from balai.web.callers import HouseHere, Somebody
from balai.web.shapes import FlagConfirmed, FlagReleased, WordsView

router = APIRouter(prefix="/api/rooms/{room_id}/flags", tags=["flags"])


@router.get("")
def show(here: HouseHere, by: Somebody, room_id: str) -> list[FlagView]:
    """List a room's flags, newest first, 100 at most (hosts, co-hosts and operators)."""
    with here.database.reading() as session:
        room = flags.room_for(session, room_id, by)
        return [flag_view(flag) for flag in flags.of_room(session, room)]


@router.get("/{flag_id}/words")
def words(here: HouseHere, by: Somebody, room_id: str, flag_id: str) -> list[WordsView]:
    """Tell what was said where a rule of the policy spoke (operators)."""
    with here.database.reading() as session:
        room = flags.room_for(session, room_id, by)
        return [
            WordsView(**asdict(one)) for one in spoken.words_of(session, room, flag_id, by=by)
        ]


@router.post("/{flag_id}/release")
def release(
    here: HouseHere, by: Somebody, room_id: str, flag_id: str, decided: FlagReleased
) -> FlagView:
    """Let go what a rule held; the event `effect` tells when the voice is heard again."""
    with here.writing() as session:
        room = flags.room_for(session, room_id, by)
        flag = flags.release(
            session,
            room,
            flag_id,
            by=by,
            reason=decided.reason or "",
            air_held=decided.air_held,
        )
        return flag_view(flag)


@router.post("/{flag_id}/confirm")
def confirm(
    here: HouseHere, by: Somebody, room_id: str, flag_id: str, decided: FlagConfirmed
) -> FlagView:
    """Confirm that a flag was raised rightly: the hold stays, what was held never airs."""
    with here.writing() as session:
        room = flags.room_for(session, room_id, by)
        flag = flags.confirm(session, room, flag_id, by=by, reason=decided.reason or "")
        return flag_view(flag)
