"""The ear of a worker's rooms: gives it their voices, answers what detectors recognise."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator

from balai.broadcast import by_rule, policy, watch
from balai.broadcast.by_rule import Done
from balai.broadcast.effects import OnAir
from balai.broadcast.policy import Listed, Policy
from balai.broadcast.studio import Studio
from balai.broadcast.watch import EAR, Unwatched, Watch, WatchedAgain
from balai.detect.chunk import Chunk
from balai.detect.wire import Recognised, Said
from balai.errors import BalaiError
from balai.rooms.model import Gap, WatchState

log = logging.getLogger(__name__)


class Listening:
    """Lets detectors hear the rooms of a worker, and does what the rules say.

    On failure: what cannot be acted upon is still flagged; what the records refuse is insisted
    on. A room never waits for any of it.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._policy = Policy(studio.settings, studio.database)
        self._watch = Watch(EAR, self._hear, position_of=studio.position_of)
        self._answering: set[asyncio.Task[None]] = set()
        self._seen: dict[tuple[str, str], Recognised] = {}

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Let detectors connect while the context lasts."""
        async with self._watch.serving(self._studio.settings.run_path):
            yield

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; callable from the mixer's thread, never waits."""
        self._watch.give(chunk)

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        self._watch.forget(room_id)
        for key in [key for key in self._seen if key[0] == room_id]:
            del self._seen[key]

    def seen(self, said: Said) -> Recognised | None:
        """Give the listed recording that was recognised in the same stretch of a voice."""
        last = self._seen.get((said.room_id, said.seat_id))
        if last is None or last.to_position <= said.from_position:
            return None
        return last if last.from_position < said.to_position else None

    def health(self) -> dict[str, int]:
        """Count who listens, and what nobody got."""
        return {"detectors": self._watch.detectors, "chunks_dropped": self._watch.dropped}

    def _hear(self, news: watch.News) -> None:
        """Take note of who is (not) listened to; answer what was recognised."""
        match news:
            case Unwatched(room_id, seat_id, position):
                gap = Gap(WatchState.UNWATCHED, position, "detector")
                self._studio.gaps.begin((room_id, seat_id), gap)
            case WatchedAgain(room_id, seat_id, _, position):
                self._studio.gaps.end((room_id, seat_id), WatchState.UNWATCHED, position)
            case Recognised():
                answering = asyncio.create_task(self._answer(news))
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)

    async def _answer(self, seen: Recognised) -> None:
        """Do what the rules say about something recognised, then record it."""
        looked_up = await self._studio.records.insist(
            functools.partial(self._policy.look_up, seen)
        )
        on_air = self._studio.on_air(seen.room_id)
        if on_air is None or looked_up is None:
            return
        listed, may_hold = looked_up
        if listed is None:
            return
        key = (seen.room_id, seen.seat_id)
        if may_hold:  # nobody has let it go here
            self._seen[key] = seen
        is_hold = may_hold and seen.stage != "suspected"
        with self._studio.rule_holds.holding(key, is_hold=is_hold):
            done = await self._act(seen, listed, on_air, may_hold=may_hold)
            record = functools.partial(policy.record, seen, listed)
            await by_rule.write(self._studio, key, done, record)

    async def _act(
        self, seen: Recognised, listed: Listed, on_air: OnAir, *, may_hold: bool
    ) -> Done:
        try:
            return await self._policy.act(seen, listed, on_air, may_hold=may_hold)
        except BalaiError:
            log.exception("what was recognised could not be acted upon")
            return Done()
