"""The ear of a worker's rooms: taps for their voices, answers to what detectors tell."""

import asyncio
import contextlib
import functools
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from balai.broadcast import policy, watch
from balai.broadcast.effects import OnAir
from balai.broadcast.mixer import MixerClock
from balai.broadcast.policy import Done, Listed, Policy
from balai.broadcast.records import Records
from balai.broadcast.room import RoomOnAir
from balai.broadcast.watch import Unwatched, Watch, WatchedAgain
from balai.clock import now
from balai.database import Database
from balai.detect.tap import Tap
from balai.detect.wire import Recognised
from balai.errors import BalaiError
from balai.rooms import seats
from balai.rooms.errors import HeldMeanwhile
from balai.rooms.model import Wish
from balai.settings import Settings

_NEVER: Final = datetime.fromtimestamp(0, UTC)

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _RuleHold:
    """When a rule last held a voice, and how many holds are not on record yet."""

    recorded_at: datetime = _NEVER
    pending: int = 0


class Listening:
    """Lets detectors hear the rooms of a worker, and does what the rules say.

    On failure: what cannot be acted upon is still flagged; what the records refuse is insisted
    on. A room never waits for any of it.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        records: Records,
        clock: MixerClock,
        rooms: Mapping[str, RoomOnAir],
    ) -> None:
        self._settings = settings
        self._records = records
        self._clock = clock
        self._rooms = rooms
        self._policy = Policy(settings, database)
        self._watch = Watch(self._hear, position_of=self._position_of)
        self._answering: set[asyncio.Task[None]] = set()
        self._held: defaultdict[tuple[str, str], _RuleHold] = defaultdict(_RuleHold)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Let detectors connect while the context lasts."""
        async with self._watch.serving(self._settings.run_path):
            yield

    def tap(self, room_id: str) -> Tap:
        """Make the tap of a room that goes on air."""
        return Tap(room_id, self._watch.give)

    def came_back(self, room_id: str, seat_id: str) -> None:
        """Tell again whether a voice is listened to: its seat was empty meanwhile."""
        self._watch.came_back(room_id, seat_id)

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        self._watch.forget(room_id)
        for key in [key for key in self._held if key[0] == room_id]:
            del self._held[key]

    def check_release(self, wish: Wish) -> None:
        """Let a voice be released only by somebody who could know that a rule holds it.

        Raises:
            HeldMeanwhile: it was asked before that hold was on record.
        """
        key = (wish.room_id, wish.seat_id or "")
        held = self._held.get(key)
        if held and (held.pending or wish.requested_at <= held.recorded_at):
            raise HeldMeanwhile

    def health(self) -> dict[str, int]:
        """Count who listens, and what nobody got."""
        return {"detectors": self._watch.detectors, "chunks_dropped": self._watch.dropped}

    def _position_of(self, room_id: str) -> int | None:
        room = self._rooms.get(room_id)
        return room.position if room else None

    def _hear(self, news: watch.News) -> None:
        """Take note of who is (not) listened to; answer what was recognised."""
        match news:
            case Unwatched():
                self._records.note(functools.partial(_record_unwatched, news))
            case WatchedAgain():
                self._records.note(functools.partial(_record_watched, news))
            case Recognised():
                answering = asyncio.create_task(self._answer(news))
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)

    async def _answer(self, seen: Recognised) -> None:
        """Do what the rules say about something recognised, then record it."""
        looked_up = await self._records.insist(functools.partial(self._policy.look_up, seen))
        room = self._rooms.get(seen.room_id)
        if room is None or looked_up is None:
            return
        listed, may_hold = looked_up
        if listed is None:
            return
        held = self._held[seen.room_id, seen.seat_id]
        is_hold = may_hold and seen.stage != "suspected"
        held.pending += is_hold
        try:
            done = await self._act(seen, listed, room, may_hold=may_hold)
            await self._records.write(policy.record(seen, listed, done))
            if done.silent_from is not None:
                held.recorded_at = now()
        finally:
            held.pending -= is_hold

    async def _act(
        self, seen: Recognised, listed: Listed, room: RoomOnAir, *, may_hold: bool
    ) -> Done:
        try:
            on_air = OnAir(room, self._clock)
            return await self._policy.act(seen, listed, on_air, may_hold=may_hold)
        except BalaiError:
            log.exception("what was recognised could not be acted upon")
            return Done()


def _record_unwatched(news: Unwatched, session: Session) -> None:
    seats.unwatched(session, news.seat_id, news.from_position)


def _record_watched(news: WatchedAgain, session: Session) -> None:
    seats.watched(session, news.seat_id, news.from_position, news.to_position)
