"""What the house does for its rooms by the clock: tells when duty lapses, raises shields.

And it ends the streams of those who are no longer of the safety team.
"""

import asyncio
import contextlib
import copy
import logging
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from balai.bell import Bell
from balai.clock import now
from balai.database import Database
from balai.errors import BalaiError
from balai.people.keys import HouseKey
from balai.rooms import bans, duty, lifecycle, shield
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
        self._shields: Mapping[str, Shield] = {}
        self._covered_until: datetime | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the rooms while the context lasts."""
        async with background.running(self._keep):
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
        """Do what is due; tell whether anything was written.

        What was done counts once it is committed: what the records refuse is due again.
        """
        with self._database.reading() as session:
            self._end_streams(session)
            until_at = _covered_until(session)
            shields, steps = self._steps(session)
        has_lapsed = until_at is None and self._has_run_out()
        if steps or has_lapsed:
            with self._database.transaction() as session:
                if has_lapsed:
                    duty.tell_rooms(session, is_covered=False)
                for room_id, step in steps.items():
                    shield.carry_out(session, room_id, step)
        self._shields, self._covered_until = shields, until_at
        return bool(steps or has_lapsed)

    def _end_streams(self, session: Session) -> None:
        """End those that tell what is for the safety team only to somebody who left it."""
        told = self._streams.of_the_team()
        for session_id in told - bans.on_the_team(session, told, key=self._key):
            self._streams.close(session_id=session_id)

    def _has_run_out(self) -> bool:
        """Tell whether the last duty ran out; who ends it earlier tells the rooms at once."""
        return self._covered_until is not None and self._covered_until <= now()

    def _steps(self, session: Session) -> tuple[Mapping[str, Shield], Mapping[str, Step]]:
        """Give the shields as they are after the steps that are due."""
        rooms = lifecycle.on_air(session)
        shields: dict[str, Shield] = {}
        steps: dict[str, Step] = {}
        for room in rooms:
            shields[room.id] = copy.copy(self._shields.get(room.id, Shield()))
            came = shield.arrivals(session, self._streams.came(room.id), key=self._key)
            door = Door(room.hands_locked, room.slow_s)
            step = shields[room.id].step(came, door, at_s=time.monotonic())
            if step is not None:
                steps[room.id] = step
        return shields, steps


def _covered_until(session: Session) -> datetime | None:
    return max((until_at for _, until_at in duty.on_duty(session)), default=None)
