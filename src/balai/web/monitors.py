"""Who hears a stage before it airs, and for no longer than they may: the edge's side.

Each monitor belongs to the session that asked. When that ends, or its person is no longer of
the safety team or is shut out, the monitor is sent away. The worker ends each after ten minutes
in any case, also when this process is gone.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

from balai.database import Database
from balai.errors import BalaiError, Conflict, NotFound, Unavailable
from balai.people.keys import HouseKey
from balai.people.sign_in import Caller
from balai.rooms import bans
from balai.web import background
from balai.wire import StagePort

LOOK_S: Final = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _LetIn:
    """For which session somebody was let in, and until when on the monotonic clock."""

    session_id: str | None
    ends_at: float


class Monitors:
    """The monitors that this process let in, by (room, person)."""

    def __init__(self, database: Database, port: StagePort, key: HouseKey) -> None:
        self._database = database
        self._port = port
        self._key = key
        self._there: dict[tuple[str, str], _LetIn] = {}
        self._is_wanted = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after them while the context lasts."""
        async with background.running(self._watch):
            yield

    async def let_in(self, room_id: str, who: Caller, offer: str) -> Mapping[str, Any]:
        """Let somebody hear a stage; give the SDP answer, and for how many seconds.

        Raises:
            RoomNotOnAir, StageClosed, MonitorsFull, StageUnreachable, WorkerAway: not now.
        """
        person = who.known()
        told = await self._port.let_in(room_id, person.id, offer)
        ends_at = time.monotonic() + told["seconds"]
        self._there[room_id, person.id] = _LetIn(who.session_id, ends_at)
        self._is_wanted.set()
        return told

    async def send_away(self, room_id: str, person_id: str) -> None:
        """Let somebody hear a stage no longer.

        Raises:
            MonitorMissing, RoomNotOnAir, WorkerAway: they do not, or it cannot be told.
        """
        await self._port.send_away(room_id, person_id)
        self._there.pop((room_id, person_id), None)

    async def _watch(self) -> None:
        while True:
            await self._is_wanted.wait()
            await asyncio.sleep(LOOK_S)
            try:
                await self._look()
            except BalaiError:
                log.warning("who may go on hearing a stage could not be looked up; tried again")
            if not self._there:
                self._is_wanted.clear()

    async def _look(self) -> None:
        there = dict(self._there)
        good = await asyncio.to_thread(self._good, [one.session_id for one in there.values()])
        for (room_id, person_id), one in there.items():
            if self._there.get((room_id, person_id)) is not one:
                continue  # let in anew meanwhile
            if time.monotonic() >= one.ends_at:
                del self._there[room_id, person_id]
            elif one.session_id not in good:
                await self._end(room_id, person_id)

    def _good(self, sessions: Sequence[str | None]) -> Set[str]:
        with self._database.reading() as session:
            return bans.on_the_team(session, [one for one in sessions if one], key=self._key)

    async def _end(self, room_id: str, person_id: str) -> None:
        """Send somebody away; while the worker does not answer, again at the next look."""
        try:
            await self.send_away(room_id, person_id)
        except (NotFound, Conflict):  # they were gone, or the room is
            self._there.pop((room_id, person_id), None)
        except Unavailable:
            log.warning("room %s: a monitor whose session is over is still there", room_id)
