"""The event stream of a room: server-sent events, resumable at any number."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from balai import feed
from balai.feed import FeedEntry
from balai.people import invitations
from balai.people.sign_in import Caller
from balai.rooms import access, bans
from balai.rooms.model import RestrictionKind
from balai.rooms.queries import Card
from balai.rooms.views import RoomFacts
from balai.web.addresses import hall_url, room_card
from balai.web.callers import Anybody, HouseHere
from balai.web.house import House, address_of
from balai.web.shapes import Number
from balai.web.streams import Follower, Streams

RETRY_MS: Final = 2_000
HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

router = APIRouter(tags=["events"])


@router.get(
    "/api/rooms/{room_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "See docs/events.md"}
    },
)
async def follow(
    request: Request,
    here: HouseHere,
    who: Anybody,
    room_id: str,
    after: Annotated[Number | None, Query()] = None,
    last_event_id: Annotated[Number | None, Header()] = None,
) -> StreamingResponse:
    """Follow a room from a number on (`Last-Event-ID`, else `after`, else from now)."""
    air_token, newest, since = await run_in_threadpool(_enter, here, room_id, who)
    follower = Follower(room_id, who, address_of(request))
    here.streams.require_place(room_id, follower.address)
    asked = last_event_id if last_event_id is not None else after
    hall = hall_url(request, here.settings)
    teller = Teller(here.streams, follower, air_token, hall, confided_since=since)
    return StreamingResponse(
        teller.tell(after=newest if asked is None else min(asked, newest)),
        media_type="text/event-stream",
        headers=HEADERS,
    )


class Teller:
    """Writes one follower's entries as server-sent events."""

    def __init__(
        self,
        streams: Streams,
        follower: Follower,
        air_token: str | None,
        hall: str,
        *,
        confided_since: datetime | None,
    ) -> None:
        self._confided_since = confided_since
        self._streams = streams
        self._follower = follower
        self._air_token = air_token
        self._hall = hall

    async def tell(self, *, after: int) -> AsyncIterator[str]:
        """Give the stream's text; a comment every 15 s keeps proxies from closing it."""
        yield f"retry: {RETRY_MS}\n\n"
        async for entry in self._streams.follow(self._follower, after=after):
            if entry is None:
                yield ": still here\n\n"
            elif not (self._is_confided(entry) or self._is_unheard(entry)):
                data = json.dumps(self._shown(entry), ensure_ascii=False)
                yield f"id: {entry.id}\nevent: {entry.kind}\ndata: {data}\n\n"
                if self._sends_away(entry):
                    return

    def _is_confided(self, entry: FeedEntry) -> bool:
        """Tell whether it is about a report from before this session began with a link."""
        since = self._confided_since
        return entry.kind == "report" and since is not None and entry.at < since

    def _is_unheard(self, entry: FeedEntry) -> bool:
        """Tell whether it was written for those who hear the room, of whom this is none."""
        return entry.kind == "chat" and self._air_token is None

    def _shown(self, entry: FeedEntry) -> dict[str, object]:
        """Complete an entry with what only the edge knows, and hide what is not for all.

        `person_id` says whom an entry concerns; it is never sent, so that an alias stays one.
        """
        data = {name: value for name, value in entry.data.items() if name != "person_id"}
        if entry.kind == "room":
            data["room"] = self._card(entry.data["room"])
        if entry.kind == "seat" and not self._concerns(entry):
            data["seat"] = {**_fields(data["seat"]), "held": None, "by_safety": None}
        return data

    def _card(self, facts: object) -> dict[str, object]:
        card = Card(RoomFacts.model_validate(facts), self._air_token)
        band = self._streams.listeners_band(self._follower.room_id)
        return room_card(self._hall, card, band).model_dump(mode="json")

    def _sends_away(self, entry: FeedEntry) -> bool:
        """Tell whether the follower was removed: they come back, and get what is theirs now."""
        taken = _fields(entry.data.get("restriction"))
        is_own = entry.data.get("person_id") == self._follower.caller.person_id
        return is_own and taken.get("kind") == RestrictionKind.REMOVE

    def _concerns(self, entry: FeedEntry) -> bool:
        is_own = entry.data.get("person_id") == self._follower.caller.person_id
        return is_own or self._streams.is_host(self._follower)


def _enter(here: House, room_id: str, who: Caller) -> tuple[str | None, int, datetime | None]:
    with here.database.reading() as session:
        room = access.find(session, room_id, who.person)
        hears = bans.hears(session, room, who, key=here.key)
        since = invitations.confided_since(session, who.session_id)
        return room.air_token if hears else None, feed.last_number(session), since


def _fields(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
