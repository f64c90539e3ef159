"""How a worker writes down what it observes: in order, and again while the disk refuses."""

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from balai.bell import Bell
from balai.database import Database
from balai.errors import Unavailable

WAITING_MAX: Final = 2_000
RETRY_S: Final = 1.0

T = TypeVar("T")
Record = Callable[[Session], object]
log = logging.getLogger(__name__)


class Records:
    """Writes to the record side, each in a transaction of its own, and rings the bell.

    On failure: while records cannot be written it tries again; up to 2,000 notes wait, newer
    ones are dropped and counted.
    """

    def __init__(self, database: Database, bell: Bell) -> None:
        self.dropped = 0
        self._database = database
        self._bell = bell
        self._waiting: asyncio.Queue[Record] = asyncio.Queue(WAITING_MAX)

    async def run(self) -> None:
        """Write notes until cancelled."""
        while True:
            await self.write(await self._waiting.get())

    def note(self, record: Record) -> None:
        """Queue something to be written; dropped and counted when records lag too far."""
        try:
            self._waiting.put_nowait(record)
        except asyncio.QueueFull:
            self.dropped += 1

    async def write(self, record: Record) -> bool:
        """Write something now; False: it was given up, and nothing of it is written."""
        is_written = await self.insist(functools.partial(self._write_now, record))
        self._bell.ring()
        return is_written is True

    async def insist(self, act: Callable[[], T]) -> T | None:
        """Do something that must be done, again and again while disk or records refuse.

        What fails for another reason is a fault of Balai: it is logged and given up, because
        the rooms that are on air matter more.
        """
        while True:
            try:
                return await asyncio.to_thread(act)
            except (Unavailable, OSError) as cause:
                log.warning("the disk or the records refuse; trying again: %s", cause)
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("given up")
                self.dropped += 1
                return None

    def _write_now(self, record: Record) -> bool:
        with self._database.transaction() as session:
            record(session)
        return True
