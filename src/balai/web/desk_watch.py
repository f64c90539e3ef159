"""What the live desk shows: one poller for all who watch, whole at first, then what changed.

It runs only while somebody watches: twice a second it asks the worker for its pulse, and reads
the records when the bell rang. Each part of a room (record, gauge, words) is written as JSON
once, and sent again only when its text changed.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from pydantic import TypeAdapter, ValidationError

from balai.bell import Bell, Ear
from balai.cases.on_air import open_reports
from balai.database import Database
from balai.errors import BalaiError, Unavailable
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.sign_in import Caller
from balai.rooms import bans, lifecycle, overview, own_rooms
from balai.rooms.overview import DeskRecord, Hall
from balai.settings import Settings
from balai.web import background
from balai.web.desk_duty import duty_view
from balai.web.desk_shapes import (
    DeskGauge,
    DeskPhrase,
    DutyView,
    Heard,
    HeardRoom,
)
from balai.web.keeping import Keeping
from balai.web.streams import Streams
from balai.wire import StagePort

TURN_S: Final = 0.5
READ_S_MAX: Final = 2.0  # ages and rates change without a bell
PULSE_S_MAX: Final = 1.0
WATCHERS_MAX: Final = 32
FRAMES_MAX: Final = 4  # that wait for one watcher
HEARTBEAT_S: Final = 15.0
LIFE_S_MAX: Final = 6 * 3600.0

_WORDS: Final = TypeAdapter(dict[str, list[DeskPhrase]])
_NOTHING: Final = "null"
log = logging.getLogger(__name__)


class DeskFull(Unavailable):
    """As many pages watch the desk as may at once; close one of them first."""


@dataclass(frozen=True, slots=True)
class _Room:
    """One room as JSON, part by part; `own_record` is for those whose own room it is."""

    record: str
    own_record: str
    owners: Set[str]
    gauge: str = _NOTHING
    words: str = _NOTHING

    def record_for(self, person_id: str | None) -> str:
        """Give the record as somebody may see it."""
        return self.own_record if person_id in self.owners else self.record

    def whole(self, room_id: str, person_id: str | None) -> str:
        return self.changed_since(room_id, None, person_id)

    def changed_since(self, room_id: str, before: "_Room | None", person_id: str | None) -> str:
        """Give the parts that differ from before, an empty text when none does."""
        parts = [
            f'"{name}":{text}'
            for name, text, old in (
                (
                    "record",
                    self.record_for(person_id),
                    before and before.record_for(person_id),
                ),
                ("gauge", self.gauge, before and before.gauge),
                ("words", self.words, before and before.words),
            )
            if text != old
        ]
        return ",".join([f'{{"id":{json.dumps(room_id)}', *parts]) + "}" if parts else ""


@dataclass(frozen=True, slots=True)
class _Picture:
    """Everything at one moment."""

    at: int = 0
    worker_away: bool = True
    words_left_out: int = 0
    duty: str = _NOTHING
    rooms: Mapping[str, _Room] = field(default_factory=dict)

    def head(self) -> str:
        away = json.dumps(self.worker_away)
        told = f'"worker_away":{away},"words_left_out":{self.words_left_out}'
        return f'"at":{self.at},{told}'

    def is_alike(self, person_id: str | None) -> bool:
        """Tell whether somebody sees what everybody sees: no room is their own."""
        return not any(person_id in room.owners for room in self.rooms.values())

    def whole(self, person_id: str | None, *, dropped: int) -> str:
        rooms = ",".join(room.whole(one, person_id) for one, room in self.rooms.items())
        return f'{{{self.head()},"dropped":{dropped},"duty":{self.duty},"rooms":[{rooms}]}}'

    def changed_since(self, before: "_Picture", person_id: str | None) -> str:
        changed = [
            room.changed_since(room_id, before.rooms.get(room_id), person_id)
            for room_id, room in self.rooms.items()
        ]
        gone = json.dumps([room_id for room_id in before.rooms if room_id not in self.rooms])
        on_duty = f'"duty":{self.duty},' if self.duty != before.duty else ""
        rooms = ",".join(text for text in changed if text)
        return f'{{{self.head()},{on_duty}"gone":{gone},"rooms":[{rooms}]}}'


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read of the records for the next picture."""

    records: dict[str, DeskRecord]
    owners: Mapping[str, Set[str]]
    on_duty: DutyView
    welcome: Set[str]


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page; a slow one holds four changes at most, then is told everything anew."""

    caller: Caller
    frames: deque[str] = field(default_factory=deque)
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: int = 0
    needs_whole: bool = True
    is_closed: bool = False

    def take(self, frame: str) -> None:
        """Let a change wait for this watcher; what is too much is dropped and counted."""
        if len(self.frames) >= FRAMES_MAX:
            self.dropped += len(self.frames)
            self.frames.clear()
            self.needs_whole = True
        if self.needs_whole:
            self.dropped += self.dropped > 0
        else:
            self.frames.append(frame)
        self.fresh.set()


class DeskWatch:
    """Tells all watchers of the desk what changes, twice a second.

    On failure: while the worker is away, records are shown without levels and words; while the
    records cannot be read, those of before stay. What a slow watcher misses is counted for it.
    """

    def __init__(  # noqa: PLR0913 - from all of these comes what the desk shows
        self,
        settings: Settings,
        database: Database,
        bell: Bell,
        port: StagePort,
        streams: Streams,
        keeping: Keeping,
        key: HouseKey,
    ) -> None:
        self._settings = settings
        self._database = database
        self._bell = bell
        self._port = port
        self._streams = streams
        self._keeping = keeping
        self._key = key
        self._watchers: set[Watcher] = set()
        self._is_wanted = asyncio.Event()
        self._turning = asyncio.Lock()
        self._picture = _Picture()
        self._records: dict[str, DeskRecord] = {}
        self._owners: Mapping[str, Set[str]] = {}
        self._duty = _NOTHING
        self._read_at = float("-inf")
        self._turned_at = float("-inf")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Poll while the context lasts and somebody watches."""
        ear = self._bell.listen()
        try:
            async with background.running(partial(self._note_rings, ear), self._poll):
                yield
        finally:
            for watcher in self._watchers:
                self._close(watcher)

    async def whole(self, by: Person) -> str:
        """Give everything, half a second old at most, as JSON and as somebody may see it."""
        await self._turn()
        return self._picture.whole(by.id, dropped=0)

    def join(self, caller: Caller) -> Watcher:
        """Take one more watcher; `follow` lets them go.

        Raises:
            DeskFull: there are 32.
        """
        if len(self._watchers) >= WATCHERS_MAX:
            raise DeskFull
        watcher = Watcher(caller)
        self._watchers.add(watcher)
        self._is_wanted.set()
        return watcher

    async def follow(self, watcher: Watcher) -> AsyncGenerator[tuple[str, str] | None, None]:
        """Give (kind, JSON) for a watcher: `desk` is everything; None when 15 s were silent."""
        ends_at = time.monotonic() + LIFE_S_MAX
        try:
            await self._turn()
            while not watcher.is_closed and time.monotonic() < ends_at:
                watcher.fresh.clear()
                if watcher.needs_whole:
                    yield "desk", self._whole_for(watcher)
                while watcher.frames:
                    yield "change", watcher.frames.popleft()
                if not watcher.needs_whole and not await _set_within(watcher.fresh):
                    yield None
        finally:
            self._watchers.discard(watcher)
            if not self._watchers:
                self._is_wanted.clear()

    def _whole_for(self, watcher: Watcher) -> str:
        dropped, watcher.dropped = watcher.dropped, 0
        watcher.needs_whole = False
        return self._picture.whole(watcher.caller.person_id, dropped=dropped)

    async def _note_rings(self, ear: Ear) -> None:
        while True:
            await ear.heard()
            self._read_at = float("-inf")

    async def _poll(self) -> None:
        while True:
            await self._is_wanted.wait()
            began_at = time.monotonic()
            await self._turn()
            await asyncio.sleep(max(0.0, began_at + TURN_S - time.monotonic()))

    async def _turn(self) -> None:
        """Make the next picture and tell the watchers; at most one each half a second."""
        async with self._turning:
            began_at = time.monotonic()
            if began_at - self._turned_at < TURN_S * 0.9:
                return
            self._turned_at = began_at  # not when it ended: a slow turn does not skip the next
            await self._read()
            heard = await self._hear()  # last: words must not grow old meanwhile
            before, self._picture = self._picture, self._paint(heard)
            self._tell(before)

    def _tell(self, before: _Picture) -> None:
        """Tell the watchers what changed: most of them the same, which is made once."""
        if not self._watchers:
            return
        after, frame = self._picture, self._picture.changed_since(before, None)
        for watcher in self._watchers:
            person_id = watcher.caller.person_id
            is_alike = after.is_alike(person_id) and before.is_alike(person_id)
            watcher.take(frame if is_alike else after.changed_since(before, person_id))

    async def _hear(self) -> Heard | None:
        try:
            async with asyncio.timeout(PULSE_S_MAX):
                return Heard.model_validate(await self._port.pulse())
        except ValidationError:
            log.warning("the worker's pulse is not understood")
        except (BalaiError, TimeoutError):
            return None
        return None

    async def _read(self) -> None:
        if time.monotonic() - self._read_at < READ_S_MAX:
            return
        self._read_at = time.monotonic()
        watched = list(self._watchers)  # whoever comes meanwhile was let in just now
        sessions = [one.caller.session_id for one in watched if one.caller.session_id]
        try:
            read = await asyncio.to_thread(self._read_now, sessions)
        except BalaiError:
            log.warning("the records could not be read for the desk")
            return
        self._records, self._owners = read.records, read.owners
        self._duty = read.on_duty.model_dump_json()
        for watcher in watched:
            if watcher.caller.session_id not in read.welcome:
                self._close(watcher)

    def _read_now(self, sessions: Sequence[str]) -> _Read:
        with self._database.reading() as session:
            halls = {room.id: self._hall(room.id) for room in lifecycle.on_air(session)}
            return _Read(
                records=overview.read(session, halls, open_reports(session)),
                owners=own_rooms.owners(session),
                on_duty=duty_view(session, is_required=self._settings.duty_required),
                welcome=bans.on_the_team(session, sessions, key=self._key),
            )

    def _hall(self, room_id: str) -> Hall:
        streams = self._streams
        return Hall(
            band=streams.listeners_band(room_id),
            reach=streams.reach(room_id),
            joins_per_min=streams.joins_per_min(room_id),
            is_shielded=self._keeping.is_shielded(room_id),
        )

    def _paint(self, heard: Heard | None) -> _Picture:
        rooms = heard.rooms if heard else {}
        return _Picture(
            at=round(time.time() * 1000),
            worker_away=heard is None,
            words_left_out=heard.words_left_out if heard else 0,
            duty=self._duty,
            rooms={
                room_id: _room(
                    record, self._owners.get(room_id, frozenset()), rooms.get(room_id)
                )
                for room_id, record in self._records.items()
            },
        )

    def _close(self, watcher: Watcher) -> None:
        watcher.is_closed = True
        watcher.fresh.set()


def _room(record: DeskRecord, owners: Set[str], heard: HeardRoom | None) -> _Room:
    text = record.model_dump_json()
    own = own_rooms.without_reports(record).model_dump_json() if owners else text
    if heard is None:
        return _Room(text, own, owners)
    gauge = DeskGauge.model_construct(
        position_s=heard.position_s,
        aired_to_s=heard.aired_to_s,
        delay_s=heard.delay_s,
        voices=heard.voices,
    )
    said = {} if record.is_private else heard.voices
    words = {seat: voice.phrases for seat, voice in said.items() if voice.phrases}
    return _Room(
        text,
        own,
        owners,
        gauge.model_dump_json(exclude={"voices": {"__all__": {"phrases"}}}, warnings=False),
        _WORDS.dump_json(words).decode(),
    )


async def _set_within(event: asyncio.Event) -> bool:
    try:
        async with asyncio.timeout(HEARTBEAT_S):
            await event.wait()
    except TimeoutError:
        return False
    return True
