"""What a worker does for replays by itself: makes them without the voices to be left out.

It looks at the records again and again. A replay that was half made when the worker was killed
is made whole at the next look.
"""

import asyncio
import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from balai.air import rerender
from balai.air.rerender import FOR_EVER, Omission, Rendered
from balai.broadcast.studio import Studio
from balai.cases import effects
from balai.clock import now
from balai.errors import BalaiError, Unavailable
from balai.rooms import replays
from balai.rooms.replays import ReplayOmission, Seen, Wanted

LOOK_S: Final = 2.0

T = TypeVar("T")
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
                await self._studio.records.write(await self._outcome(wanted))
            await asyncio.sleep(LOOK_S)

    def health(self) -> dict[str, int]:
        """Count the replays that were made anew, and how often one could not be."""
        return {"replays_made": self._made, "replays_failed": self._failed}

    def _due(self) -> Wanted | None:
        with self._studio.database.reading() as session:
            return replays.due(session)

    async def _outcome(self, wanted: Wanted) -> Callable[[Session], object]:
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
        for seat in wanted.forgotten:
            rerender.forget(ring, tracks, seat)
        return rendered


def _omission(wanted: ReplayOmission) -> Omission:
    end = FOR_EVER if wanted.to_position is None else wanted.to_position
    return Omission(wanted.seat_id, wanted.from_position, end)


def _made(wanted: Wanted, rendered: Rendered, session: Session) -> None:
    seen = Seen(
        segments_changed=rendered.changed_segments,
        silent_samples=rendered.silent_samples,
        segments_hash=rendered.sha256,
    )
    effects.settle_cases_of(session, replays.made(session, wanted, seen), now())


def _failed(wanted: Wanted, error: str, session: Session) -> None:
    effects.settle_cases_of(session, replays.failed(session, wanted, error), now())


async def _apart(act: Callable[[], T]) -> T:
    """Act in a thread of its own that nobody waits for when the worker ends."""
    result: Future[T] = Future()

    def run() -> None:
        try:
            result.set_result(act())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            result.set_exception(error)

    threading.Thread(target=run, name="replay", daemon=True).start()
    return await asyncio.wrap_future(result)
