"""What a room does by itself while machines do not hear one of its voices.

Everybody is told at once (`gaps`). If the operator wants it, the delay is lengthened, so that
people have longer, and a room that stays unwatched is closed.
"""

import asyncio
import functools
import logging

from sqlalchemy.orm import Session

from balai.broadcast import by_rule
from balai.broadcast.by_rule import Done
from balai.broadcast.studio import Studio
from balai.errors import BalaiError
from balai.rooms import wishes
from balai.rooms.model import WatchState

log = logging.getLogger(__name__)


class UnwatchedRules:
    """Acts on rooms that are not watched, as the settings say; without them only tells.

    On failure: what cannot be done is logged; the room stays as it is, and is still told.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._closing: dict[str, asyncio.Task[None]] = {}

    def look(self, room_id: str) -> None:
        """Look at a room whose gaps have changed."""
        if not self._is_grave(room_id):
            self.forget(room_id)
        elif room_id not in self._closing:
            self._closing[room_id] = asyncio.create_task(self._act(room_id))

    def forget(self, room_id: str) -> None:
        """Do nothing about a room any more."""
        if acting := self._closing.pop(room_id, None):
            acting.cancel()

    def _is_grave(self, room_id: str) -> bool:
        worst = self._studio.gaps.worst(room_id)
        counts = self._studio.settings.unheard_counts and worst is WatchState.UNHEARD
        return worst is WatchState.UNWATCHED or counts

    async def _act(self, room_id: str) -> None:
        settings = self._studio.settings
        if settings.unwatched_delay_s is not None:
            await self._lengthen(room_id, settings.unwatched_delay_s)
        if settings.unwatched_close_s is not None:
            await asyncio.sleep(settings.unwatched_close_s)
            log.warning("a room is closed: nobody watches it", extra={"room": room_id})
            await self._studio.records.write(functools.partial(_close, room_id))

    async def _lengthen(self, room_id: str, delay_s: float) -> None:
        on_air = self._studio.on_air(room_id)
        if on_air is None:
            return
        try:
            done = await by_rule.lengthen_delay(on_air, delay_s)
        except BalaiError:
            log.exception("the delay of an unwatched room could not be lengthened")
            return
        if done != Done():
            await self._studio.records.write(functools.partial(_lengthened, room_id, done))


def _lengthened(room_id: str, done: Done, session: Session) -> None:
    by_rule.record(session, room_id, done)


def _close(room_id: str, session: Session) -> None:
    wishes.end_by_rule(session, room_id, "unwatched")
