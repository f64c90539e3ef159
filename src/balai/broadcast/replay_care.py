"""What a worker does for replays by itself: makes them without the voices to be left out.

It looks at the records again and again. A replay that was half made when the worker was killed
is made whole at the next look.
"""

import asyncio
import functools
import logging
import os
import threading
from collections.abc import Callable, Set
from concurrent.futures import Future
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from balai.air import rerender
from balai.air.rerender import FOR_EVER, Omission, Rendered
from balai.broadcast.studio import Studio
from balai.cases import effects
from balai.clock import now
from balai.errors import BalaiError, Unavailable
from balai.rooms import replay_turns
from balai.rooms.replay_turns import Seen, Wanted
from balai.rooms.replays import ReplayOmission

LOOK_S: Final = 2.0
NICE: Final = 10

T = TypeVar("T")
Outcome = Callable[[Session], Set[str]]  # writes it down; gives the effects it concerns
log = logging.getLogger(__name__)


class ReplayNotMade(Unavailable):
    """This replay could not be made; is the disk full?"""


class ReplayCare:
    """Makes the replays of rooms that are over what the records want, one at a time.

    On failure: what cannot be made now is tried again, three times soon and then every ten
    minutes; rooms on air never wait for it, and neither does the end of the worker.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._made = 0
        self._failed = 0

    async def run(self) -> None:
        """Look after replays until cancelled."""
        while True:
            wanted = await self._studio.records.insist(self._due)
            if wanted is not None:
                await self._look_after(wanted)
            await asyncio.sleep(LOOK_S)

    def health(self) -> dict[str, int]:
        """Count the replays that were made anew, and how often one could not be."""
        return {"replays_made": self._made, "replays_failed": self._failed}

    def _due(self) -> Wanted | None:
        with self._studio.database.reading() as session:
            return replay_turns.due(session)

    async def _look_after(self, wanted: Wanted) -> None:
        """Make a replay and write down what was seen of it; then look at its cases."""
        effect_ids = await self._write(await self._outcome(wanted))
        if effect_ids is None:  # without any record of it no other room would have its turn
            self._failed += 1
            failed = functools.partial(_failed, wanted, ReplayNotMade.code())
            effect_ids = await self._write(failed)
        if effect_ids:
            await self._studio.records.write(functools.partial(_settle, effect_ids))

    async def _write(self, outcome: Outcome) -> Set[str] | None:
        """Write an outcome; give the effects to be looked at, None if it was given up."""
        found: Set[str] = frozenset()

        def note(session: Session) -> None:
            nonlocal found
            found = outcome(session)

        return found if await self._studio.records.write(note) else None

    async def _outcome(self, wanted: Wanted) -> Outcome:
        """Make a replay; give what writes down what was seen of it."""
        try:
            rendered = await _apart(functools.partial(self._make, wanted))
        except BalaiError as error:
            code = error.code()
        except Exception:
            log.exception("a replay was not made", extra={"room": wanted.room_id})
            code = ReplayNotMade.code()
        else:
            self._made += 1
            return functools.partial(_made, wanted, rendered)
        self._failed += 1
        return functools.partial(_failed, wanted, code)

    def _make(self, wanted: Wanted) -> Rendered:
        ring = self._studio.settings.air_path / wanted.air_token
        tracks = self._studio.settings.tracks_path / wanted.room_id
        omissions = [_omission(one) for one in wanted.omissions.values()]
        rendered = rerender.render(ring, tracks, omissions)
        rerender.forget(ring, tracks, *wanted.forgotten)
        return rendered


def _omission(wanted: ReplayOmission) -> Omission:
    end = FOR_EVER if wanted.to_position is None else wanted.to_position
    return Omission(wanted.seat_id, wanted.from_position, end)


def _made(wanted: Wanted, rendered: Rendered, session: Session) -> Set[str]:
    seen = Seen(
        segments_changed=rendered.changed_segments,
        silent_samples=rendered.silent_samples,
        segments_hash=rendered.sha256,
    )
    return replay_turns.made(session, wanted, seen)


def _failed(wanted: Wanted, error: str, session: Session) -> Set[str]:
    return replay_turns.failed(session, wanted, error)


def _settle(effect_ids: Set[str], session: Session) -> None:
    effects.settle_cases_of(session, effect_ids, now())


async def _apart(act: Callable[[], T]) -> T:
    """Act in a thread of its own that nobody waits for when the worker ends."""
    result: Future[T] = Future()
    result.set_running_or_notify_cancel()  # whoever waits may be cancelled, the work is not

    def run() -> None:
        os.nice(NICE)  # on Linux this is about this thread alone: what is on air goes first
        try:
            result.set_result(act())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            result.set_exception(error)

    threading.Thread(target=run, name="replay", daemon=True).start()
    return await asyncio.wrap_future(result)
