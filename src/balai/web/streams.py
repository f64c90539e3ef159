"""Event streams: each follower of a room gets every entry meant for them, once, in order.

One reader for the whole process reads new feed entries when the bell rings and keeps the last
few of each followed room. A follower who is further behind reads from the database until it has
caught up, so a slow client costs no memory.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from balai import feed
from balai.bell import Bell, Ear
from balai.database import Database
from balai.errors import BalaiError, Unavailable
from balai.feed import FeedEntry
from balai.people.sign_in import Caller
from balai.rooms import access
from balai.web import background

RECENT_MAX: Final = 256  # entries a room kept in memory
ROOM_MAX: Final = 5_000
CLIENT_MAX: Final = 256  # many people share an address; a browser needs one for each tab
HALLWAY: Final = ""  # followed like a room: every room's facts, and nothing else
JOINS_MAX: Final = 1_000  # of a room in a minute that are counted
HEARTBEAT_S: Final = 15.0
LIFE_S_MAX: Final = 6 * 3600.0  # then the client comes back by itself and is looked at afresh
_BAND_PAUSE_S: Final = 2.0  # the audience is announced at most this often
_RETRY_S: Final = 1.0
_BANDS: Final = ((1, "0"), (10, "1–9"), (50, "10–49"), (100, "50–99"), (500, "100–499"))
_LARGE_BANDS: Final = ((1_000, "500–999"), (5_000, "1000–4999"))
_LARGEST: Final = "5000+"
_BAND_NAMES: Final = [*(name for _, name in (*_BANDS, *_LARGE_BANDS)), _LARGEST]
_JOINS_S: Final = 60.0

log = logging.getLogger(__name__)


class TooManyStreams(Unavailable):
    """Too many people follow this room from here; try again shortly."""


def band_of(count: int) -> str:
    """Tell a number of listeners in bands, so that nobody is counted alone."""
    for above, band in (*_BANDS, *_LARGE_BANDS):
        if count < above:
            return band
    return _LARGEST


@dataclass(frozen=True, slots=True)
class People:
    """Who runs a room, and who has spoken in it."""

    hosts: Set[str]
    spoke: Set[str]


@dataclass(eq=False, slots=True)
class Follower:
    """One open stream."""

    room_id: str
    caller: Caller
    address: str
    is_closed: bool = False


@dataclass(eq=False, slots=True)
class Channel:
    """What is kept of one room while somebody follows it."""

    floor: int  # entries up to this number are in the database only
    people: People | None = None
    recent: deque[FeedEntry] = field(default_factory=deque)
    followers: set[Follower] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    joins: deque[tuple[float, Caller]] = field(default_factory=lambda: deque(maxlen=JOINS_MAX))
    band_told: str = "0"

    def add(self, entry: FeedEntry) -> None:
        """Keep a new entry; beyond 256 the oldest is left to the database.

        What a line of the chat said before it was taken out, and a chat that is forgotten, are
        in the database no longer, so they are not here either.
        """
        if entry.kind == "chat":
            kept = [one for one in self.recent if not feed.replaces(entry, one)]
            self.recent = deque(kept)
        self.recent.append(entry)
        if len(self.recent) > RECENT_MAX:
            self.floor = self.recent.popleft().id

    def wake(self) -> None:
        """Wake every follower."""
        self.changed.set()
        self.changed = asyncio.Event()

    @property
    def band(self) -> str:
        """How many follow, in bands."""
        return band_of(len(self.followers))


class Streams:
    """All event streams of this process.

    On failure: when the database does not answer, it is asked again a second later.
    """

    def __init__(self, database: Database, bell: Bell) -> None:
        self._database = database
        self._bell = bell
        self._number = 0
        self._channels: dict[str, Channel] = {}
        self._addresses: Counter[str] = Counter()
        self._bands_changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Read and announce while the context lasts."""
        self._loop = asyncio.get_running_loop()
        ear = self._bell.listen()
        self._number = await asyncio.to_thread(self._last_number)
        try:
            reading = partial(self._read_when_rung, ear)
            async with background.running(reading, self._announce_bands):
                yield
        finally:
            self.close_all()

    @property
    def newest(self) -> int:
        """The newest number that was read."""
        return self._number

    def listeners_band(self, room_id: str) -> str:
        """Tell how many follow a room, in bands."""
        channel = self._channels.get(room_id)
        return channel.band if channel else "0"

    def listeners(self, room_id: str) -> int:
        """Count who follows a room; for figures, never to be shown of one room."""
        channel = self._channels.get(room_id)
        return len(channel.followers) if channel else 0

    def joins_per_min(self, room_id: str) -> int:
        """Count who came to a room in the last minute, 1,000 at most."""
        return len(self.came(room_id))

    def came(self, room_id: str) -> list[Caller]:
        """Tell who came to a room in the last minute, 1,000 at most; from any thread."""
        channel = self._channels.get(room_id)
        since = time.monotonic() - _JOINS_S
        joins = tuple(channel.joins) if channel else ()
        return [caller for at, caller in joins if at >= since]

    def of_the_team(self) -> Set[str]:
        """Give the sessions whose streams tell what is for operators; from any thread."""
        callers = [
            follower.caller
            for channel in tuple(self._channels.values())
            for follower in tuple(channel.followers)
        ]
        return {one.session_id for one in callers if one.is_operator and one.session_id}

    def reach(self, room_id: str) -> int:
        """Tell which band of listeners a room has: 0 for nobody."""
        return _BAND_NAMES.index(self.listeners_band(room_id))

    def is_host(self, follower: Follower) -> bool:
        """Tell whether a follower runs the room, at this moment."""
        people = self._people(follower)
        return people is not None and follower.caller.person_id in people.hosts

    def require_place(self, room_id: str, address: str) -> None:
        """Let pass who may open one more stream.

        Raises:
            TooManyStreams: the room or this address has as many as it may.
        """
        channel = self._channels.get(room_id)
        is_full = channel is not None and len(channel.followers) >= ROOM_MAX
        if is_full or self._addresses[address] >= CLIENT_MAX:
            raise TooManyStreams

    def close(self, *, session_id: str | None = None, person_id: str | None = None) -> None:
        """End the streams of a session or of a person; callable from any thread."""

        def is_meant(who: Caller) -> bool:
            return (session_id is not None and who.session_id == session_id) or (
                person_id is not None and who.person_id == person_id
            )

        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._close, is_meant)

    def close_all(self) -> None:
        """End every stream, because the house closes; callable from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._close, lambda _who: True)

    def read_again(self) -> None:
        """Keep nothing of what was read: entries were changed; callable from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._forget_recent)

    async def follow(
        self, follower: Follower, *, after: int
    ) -> AsyncGenerator[FeedEntry | None, None]:
        """Give every entry meant for a follower after a number; None when 15 s were silent."""
        channel = self._join(follower)
        ends_at = asyncio.get_running_loop().time() + LIFE_S_MAX
        try:
            if channel.people is None:
                people = await asyncio.to_thread(self._read_people, follower.room_id)
                channel.people = people if channel.people is None else channel.people
            number = after
            while not follower.is_closed and asyncio.get_running_loop().time() < ends_at:
                changed = channel.changed  # before looking, so that nothing is slept through
                page, reached = await self._next(channel, follower.room_id, number)
                for entry in page:
                    if self._hears(follower, entry):
                        yield entry
                if reached == number and not await _set_within(changed, HEARTBEAT_S):
                    yield None
                number = reached
        finally:
            self._leave(channel, follower)

    def _hears(self, follower: Follower, entry: FeedEntry) -> bool:
        """Who hosts or spoke hears nothing of cases in the room, though they lead the team."""
        is_host, person_id = self.is_host(follower), follower.caller.person_id
        people = self._people(follower)
        spoke = people is not None and person_id in people.spoke
        is_own = is_host or (spoke and entry.kind == "case")
        return feed.hears(
            entry.audience,
            person_id=person_id,
            is_host=is_host,
            is_operator=follower.caller.is_operator and not is_own,
        )

    def _people(self, follower: Follower) -> People | None:
        channel = self._channels.get(follower.room_id)
        return channel.people if channel else None

    async def _next(
        self, channel: Channel, room_id: str, number: int
    ) -> tuple[list[FeedEntry], int]:
        """Give the next entries after a number, and the number they reach."""
        floor = channel.floor
        if number < floor:
            page = await asyncio.to_thread(self._read_page, room_id, number, floor)
            return page, page[-1].id if len(page) == feed.PAGE else floor
        page = [entry for entry in channel.recent if entry.id > number]
        return page, page[-1].id if page else number

    def _join(self, follower: Follower) -> Channel:
        channel = self._channels.setdefault(follower.room_id, Channel(self._number))
        channel.followers.add(follower)
        channel.joins.append((time.monotonic(), follower.caller))
        self._addresses[follower.address] += 1
        self._bands_changed.set()
        return channel

    def _leave(self, channel: Channel, follower: Follower) -> None:
        channel.followers.discard(follower)
        self._addresses[follower.address] -= 1
        if not self._addresses[follower.address]:
            del self._addresses[follower.address]
        if not channel.followers:
            self._channels.pop(follower.room_id, None)
        self._bands_changed.set()

    def _close(self, is_meant: Callable[[Caller], bool]) -> None:
        for channel in tuple(self._channels.values()):
            for follower in channel.followers:
                follower.is_closed = follower.is_closed or is_meant(follower.caller)
            channel.wake()

    def _forget_recent(self) -> None:
        for channel in self._channels.values():
            if channel.recent:
                channel.floor = channel.recent[-1].id
                channel.recent.clear()

    async def _read_when_rung(self, ear: Ear) -> None:
        while True:
            try:
                while await self._read_new():
                    pass
                await ear.heard()
            except BalaiError:
                log.warning("the feed could not be read; trying again")
                await asyncio.sleep(_RETRY_S)

    async def _read_new(self) -> bool:
        """Hand the next page of the feed to the channels; tell whether there was one."""
        page = await asyncio.to_thread(self._read_page, None, self._number, None)
        seats_changed = {entry.room_id for entry in page if entry.kind == "seat"}
        for room_id in seats_changed & self._channels.keys():
            people = await asyncio.to_thread(self._read_people, room_id)
            if room_id in self._channels:
                self._channels[room_id].people = people
        # No await from here on: a channel opened meanwhile starts before this page.
        for entry in page:
            for name in (entry.room_id, *([HALLWAY] if entry.kind == "room" else [])):
                if channel := self._channels.get(name):
                    channel.add(entry)
        self._number = page[-1].id if page else self._number
        for room_id in {entry.room_id for entry in page} | {HALLWAY}:
            if channel := self._channels.get(room_id):
                channel.wake()
        return bool(page)

    async def _announce_bands(self) -> None:
        self._bands_changed.set()  # also when it failed and begins again
        while True:
            await self._bands_changed.wait()
            self._bands_changed.clear()
            told = {
                room_id: channel.band
                for room_id, channel in self._channels.items()
                if channel.band != channel.band_told and room_id != HALLWAY
            }
            if told:
                await self._tell_bands(told)
                await asyncio.sleep(_BAND_PAUSE_S)

    async def _tell_bands(self, bands: dict[str, str]) -> None:
        try:
            await asyncio.to_thread(self._append_bands, bands)
        except BalaiError:
            log.warning("the audience could not be announced")
            self._bands_changed.set()
            return
        for room_id, band in bands.items():
            if channel := self._channels.get(room_id):
                channel.band_told = band

    def _append_bands(self, bands: dict[str, str]) -> None:
        with self._database.transaction() as session:
            for room_id, band in bands.items():
                feed.append(session, room_id=room_id, kind="audience", data={"band": band})
        self._bell.ring()

    def _last_number(self) -> int:
        with self._database.reading() as session:
            return feed.last_number(session)

    def _read_page(
        self, room_id: str | None, number: int, up_to: int | None
    ) -> list[FeedEntry]:
        with self._database.reading() as session:
            page = feed.entries_after(session, number, room_id=room_id, up_to=up_to)
            session.expunge_all()
            return page

    def _read_people(self, room_id: str) -> People:
        with self._database.reading() as session:
            return People(access.hosts_of(session, room_id), access.spoke_in(session, room_id))


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
