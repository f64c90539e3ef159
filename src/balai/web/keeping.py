"""What the house does for its rooms by the clock: tells when duty lapses, raises shields."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from balai.bell import Bell
from balai.clock import now
from balai.database import Database
from balai.errors import BalaiError
from balai.people.keys import HouseKey
from balai.rooms import duty, lifecycle, shield
from balai.rooms.shield import Door, Shield, Step
from balai.web import background
from balai.web.streams import Streams

TURN_S: Final = 2.0
log = logging.getLogger(__name__)


class Keeping:
    """Looks at the rooms on air every two seconds.

    On failure: while the records refuse, nothing is done and it looks again. What a shield did
    is forgotten when this process ends: hands stay locked, and slow, until a host ends it.
    """

    def __init__(
        self,
        database: Database,
        bell: Bell,
        streams: Streams,
        key: HouseKey,
    ) -> None:
        self._database = database
        self._bell = bell
        self._streams = streams
        self._key = key
        self._shields: dict[str, Shield] = {}
        self._covered_until: datetime | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the rooms while the context lasts."""
        async with background.running(self._keep()):
            yield

    def is_shielded(self, room_id: str) -> bool:
        """Tell whether a room's hands rest, or are slow, because of the shield."""
        room = self._shields.get(room_id)
        return room is not None and (room.is_up or room.slows)

    async def _keep(self) -> None:
        while True:
            try:
                if await asyncio.to_thread(self._look):
                    self._bell.ring()
            except BalaiError:
                log.warning("the rooms could not be kept; trying again")
            await asyncio.sleep(TURN_S)

    def _look(self) -> bool:
        """Do what is due; tell whether anything was written."""
        with self._database.reading() as session:
            has_lapsed = self._has_lapsed([until_at for _, until_at in duty.on_duty(session)])
            steps = self._steps(session)
        if not steps and not has_lapsed:
            return False
        with self._database.transaction() as session:
            if has_lapsed:
                duty.tell_rooms(session, is_covered=False)
            for room_id, step in steps.items():
                shield.carry_out(session, room_id, step)
        return True

    def _has_lapsed(self, until: list[datetime]) -> bool:
        """Tell whether the last duty ran out; who ends it earlier tells the rooms at once."""
        before, self._covered_until = self._covered_until, max(until, default=None)
        return not until and before is not None and before <= now()

    def _steps(self, session: Session) -> dict[str, Step]:
        rooms = lifecycle.on_air(session)
        self._shields = {room.id: self._shields.get(room.id, Shield()) for room in rooms}
        steps: dict[str, Step] = {}
        for room in rooms:
            came = shield.arrivals(session, self._streams.came(room.id), key=self._key)
            door = Door(room.hands_locked, room.slow_s)
            step = self._shields[room.id].step(came, door, at_s=time.monotonic())
            if step is not None:
                steps[room.id] = step
        return steps
