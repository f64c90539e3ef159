"""Counts, once a minute of every room on air, who follows it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from balai.cases import harm
from balai.clock import now
from balai.database import Database
from balai.rooms import audience
from balai.web import background
from balai.web.streams import Streams

TURN_S: Final = 20.0  # short enough to meet every minute of every room
TURNS_TO_FORGET: Final = 180  # an hour
_LEAST_KEPT: Final = timedelta(days=1)

log = logging.getLogger(__name__)


class Counting:
    """Counts the followers of each room, those on stage too; the first count of a minute stays.

    Players that take the sound without the page are not seen here, so it is at least so many;
    of one room 5,000 at most, which is how many streams a room has.

    On failure: while the records refuse, minutes go uncounted, and say so by not being there.
    Nothing is counted in the first 20 s, in which pages come back to a process that is new.
    """

    def __init__(self, database: Database, streams: Streams, report_window_s: int) -> None:
        self._database = database
        self._streams = streams
        self._forget_after = max(timedelta(seconds=report_window_s), _LEAST_KEPT)
        self._counted: dict[str, int] = {}  # the last minute of each room

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count while the context lasts."""
        async with background.running(self._run):
            yield

    async def _run(self) -> None:
        turn = 0
        while True:
            await asyncio.sleep(TURN_S)
            turn += 1
            try:
                await asyncio.to_thread(self.count)
                if turn % TURNS_TO_FORGET == 0:
                    await asyncio.to_thread(self._forget)
            except Exception:
                log.exception("the listeners could not be counted; trying again")

    def count(self) -> None:
        """Count the rooms that are in a minute which has no count yet."""
        with self._database.reading() as session:
            minutes = audience.minutes_now(session, now())
        due = [room for room, minute in minutes.items() if self._counted.get(room) != minute]
        if due:
            counted = [(room, minutes[room], self._streams.listeners(room)) for room in due]
            with self._database.transaction() as session:
                audience.note(session, counted)
        self._counted = minutes

    def _forget(self) -> None:
        with self._database.transaction() as session:
            harm.forget_unneeded(session, now(), after=self._forget_after)
