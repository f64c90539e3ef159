"""The mixer's clock: one thread that moves every room of this process by 20 ms, every 20 ms.

Deadlines are absolute, so time on air is a count of ticks and never drifts. A thread that comes
late runs the missed ticks at once; one that comes too late (a suspended machine) skips them,
which is silence on air, and says how many.
"""

import asyncio
import collections
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from balai.audio.blocks import BLOCK_S
from balai.errors import Unavailable

TICK_NS: Final = round(BLOCK_S * 1e9)
LATE_NS: Final = TICK_NS  # a tick that starts a whole tick after its time is a late one
BEHIND_TICKS_MAX: Final = 25  # half a second is made up; more is skipped
POSTED_MAX: Final = 1_000

T = TypeVar("T")
log = logging.getLogger(__name__)


class MixerBusy(Unavailable):
    """Too many actions wait for the mixer; try again in a second."""


class MixerStopped(Unavailable):
    """The mixer has stopped; the room is off the air."""


class News(Protocol):
    """Something a room noticed during a tick."""

    @property
    def room_id(self) -> str:
        """The room that noticed it."""
        ...


class Ticking(Protocol):
    """What the clock moves."""

    room_id: str

    def tick(self, *, skipped: int) -> Sequence[News]:
        """Move by one tick, after `skipped` ticks that nobody ran."""
        ...


@dataclass(slots=True)
class TickCounts:
    """How the clock has kept time since it started."""

    ticks: int = 0
    late: int = 0
    skipped: int = 0
    faults: int = 0
    worst_late_ms: float = 0.0
    busy_ms: float = 0.0


class MixerClock:
    """Ticks rooms in a thread of its own.

    On failure: a room whose tick raises is logged and counted, and ticked again next time; the
    other rooms never notice.
    """

    def __init__(self, tell: Callable[[list[News]], None]) -> None:
        """Prepare. `tell` is called on the event loop, at most once per tick, in order."""
        self.counts = TickCounts()
        self._tell = tell
        self._rooms: dict[str, Ticking] = {}
        self._posted: collections.deque[Callable[[], None]] = collections.deque()
        self._stopping = threading.Event()
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)

    def start(self) -> None:
        """Begin to tick; must be called on the event loop that is to be told."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        """Stop ticking; what was posted before is carried out. Safe to call twice."""
        self._stopping.set()
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    async def add(self, room: Ticking) -> None:
        """Tick this room from the next tick on."""
        await self.run(lambda: self._rooms.__setitem__(room.room_id, room))

    async def remove(self, room_id: str) -> None:
        """Tick this room no more."""
        await self.run(lambda: self._rooms.pop(room_id, None))

    async def run(self, act: Callable[[], T]) -> T:
        """Run something in the mixer's thread before its next tick, and give what it gives.

        Raises:
            MixerBusy: too much waits already.
            MixerStopped: there is no next tick.
        """
        if self._stopping.is_set():
            raise MixerStopped
        if len(self._posted) >= POSTED_MAX:
            raise MixerBusy
        loop = asyncio.get_running_loop()
        result: asyncio.Future[T] = loop.create_future()
        self._posted.append(lambda: _answer(loop, result, act))
        if self._stopped:  # the thread ended between the check and the append
            self._run_posted()
        return await result

    def _run(self) -> None:
        due_ns = time.monotonic_ns()
        while not self._stopping.is_set():
            skipped = self._wait_until(due_ns)
            due_ns += (1 + skipped) * TICK_NS
            started_ns = time.thread_time_ns()
            self._tick(skipped)
            self.counts.busy_ms += (time.thread_time_ns() - started_ns) / 1e6
        self._stopped = True
        self._run_posted()

    def _wait_until(self, due_ns: int) -> int:
        """Sleep until a tick is due; give how many to skip because we are too late."""
        late_ns = time.monotonic_ns() - due_ns
        if late_ns < 0:
            time.sleep(-late_ns / 1e9)
            late_ns = time.monotonic_ns() - due_ns
        counts = self.counts
        counts.worst_late_ms = max(counts.worst_late_ms, late_ns / 1e6)
        counts.late += late_ns > LATE_NS
        behind = late_ns // TICK_NS
        if behind <= BEHIND_TICKS_MAX:
            return 0
        counts.skipped += behind
        log.warning("mixer skipped ticks", extra={"ticks": behind})
        return behind

    def _tick(self, skipped: int) -> None:
        self.counts.ticks += 1
        self._run_posted()
        news: list[News] = []
        for room in self._rooms.values():
            try:
                news.extend(room.tick(skipped=skipped))
            except Exception:
                self.counts.faults += 1
                log.exception("a room's tick failed", extra={"room": room.room_id})
        if news and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, news)

    def _run_posted(self) -> None:
        """Run what waits now; what is posted meanwhile waits for the next tick."""
        for _ in range(len(self._posted)):
            self._posted.popleft()()


def _answer(
    loop: asyncio.AbstractEventLoop, result: "asyncio.Future[T]", act: Callable[[], T]
) -> None:
    """Run an action in the mixer's thread and hand its outcome to the loop that asked."""
    try:
        outcome = act()
    except Exception as error:  # noqa: BLE001 - it is raised where the action was asked for
        loop.call_soon_threadsafe(_fail, result, error)
    else:
        loop.call_soon_threadsafe(_give, result, outcome)


def _give(result: "asyncio.Future[T]", outcome: T) -> None:
    if not result.done():  # else whoever asked has gone
        result.set_result(outcome)


def _fail(result: "asyncio.Future[T]", error: Exception) -> None:
    if not result.done():
        result.set_exception(error)
