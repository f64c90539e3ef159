"""The hallway's event stream: when to look at the lists of rooms again."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from balai.feed import FeedEntry
from balai.people.sign_in import Caller
from balai.rooms.model import Openness
from balai.web.callers import Anybody, HouseHere
from balai.web.events import HEADERS, RETRY_MS
from balai.web.house import address_of
from balai.web.streams import HALLWAY, Follower, Streams

router = APIRouter(tags=["events"])


@router.get(
    "/api/hallway/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "See docs/events.md"}
    },
)
async def follow_hallway(request: Request, here: HouseHere, who: Anybody) -> StreamingResponse:
    """Follow the lists of rooms: `rooms` says that they changed, and nothing more.

    Whoever comes back reads the lists again anyway, so the stream always starts from now.
    """
    follower = Follower(HALLWAY, who, address_of(request))
    here.streams.require_place(HALLWAY, follower.address)
    return StreamingResponse(
        _tell(here.streams, follower), media_type="text/event-stream", headers=HEADERS
    )


async def _tell(streams: Streams, follower: Follower) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    async for entry in streams.follow(follower, after=streams.newest):
        if entry is None:
            yield ": still here\n\n"
        elif _shows(entry, follower.caller):
            yield f"id: {entry.id}\nevent: rooms\ndata: {{}}\n\n"


def _shows(entry: FeedEntry, who: Caller) -> bool:
    """A room for invited people is in nobody's hallway."""
    room = entry.data["room"]
    openness = room.get("openness") if isinstance(room, dict) else None
    return openness == Openness.OPEN or (openness == Openness.HOUSE and who.person is not None)
