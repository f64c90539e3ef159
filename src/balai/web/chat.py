"""The chat of a room: read it, write in it, take a line out."""

from fastapi import APIRouter
from pydantic import Field

from balai.rooms import access, bans, chat
from balai.rooms.chat import LINE_MAX, ChatLineView
from balai.rooms.errors import Banned
from balai.rooms.restrictions import REASON_MAX
from balai.web.callers import Anybody, HouseHere, Somebody
from balai.web.shapes import Sent

router = APIRouter(prefix="/api/rooms/{room_id}/chat", tags=["chat"])


class NewLine(Sent):
    text: str = Field(max_length=2 * LINE_MAX)


class LineTakenOut(Sent):
    reason: str | None = Field(None, max_length=2 * REASON_MAX)


@router.get("")
def show(here: HouseHere, who: Anybody, room_id: str) -> list[ChatLineView]:
    """Read the newest lines, oldest first, 200 at most; the event `chat` brings what follows.

    Of a room that can be reported no longer there is nothing to read.
    """
    with here.database.reading() as session:
        room = access.find(session, room_id, who.person)
        if not bans.hears(session, room, who, key=here.key):
            raise Banned
        return chat.newest(session, room)


@router.post("", status_code=201)
def say(
    here: HouseHere, who: Anybody, by: Somebody, room_id: str, new: NewLine
) -> ChatLineView:
    """Write a line: everybody in the room reads it at once. Who may only listen may write."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        if bans.banned_until(session, room.id, who, key=here.key) is not None:
            raise Banned
        return chat.line_view(chat.say(session, room, new.text, by=by))


@router.post("/{line_id}/take")
def take(
    here: HouseHere, by: Somebody, room_id: str, line_id: str, taken: LineTakenOut
) -> ChatLineView:
    """Take a line out (hosts, safety team); who wrote it is told why, and can contest it."""
    with here.writing() as session:
        room = access.find(session, room_id, by)
        return chat.line_view(chat.take(session, room, line_id, by=by, reason=taken.reason))
