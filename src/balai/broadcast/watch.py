"""Is every voice being listened to? Hands chunks to detectors and knows what nobody heard.

Detectors connect to a socket of the worker, as many as there are. A voice stays with one of
them; when that one dies, is too slow or is not there, its voices are *unwatched*: told at once,
with the stretch to the sample, and never a reason for the programme to wait.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from balai.audio.blocks import RATE_HZ
from balai.detect.chunk import Chunk
from balai.detect.wire import (
    EAR_SOCKET,
    LINE_BYTES_MAX,
    WORDS_SOCKET,
    DetectorGarbled,
    Heard,
    Missed,
    Recognised,
    Said,
    Told,
    frame,
    told,
)
from balai.wire import short_path

INBOX_MAX: Final = 640  # chunks that wait for one detector: 30 MB; the oldest is dropped
DETECTORS_MAX: Final = 64
LOOK_S: Final = 0.5
HUNG_S: Final = 5.0  # a detector that has work and says nothing for so long is given up
_BUFFER_BYTES: Final = 256 * 1024  # what is on its way in the socket counts as given

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sense:
    """One kind of detector: where it connects, and how long what it is given may wait."""

    socket_name: str
    behind_s: float  # what waits longer counts as unheard, and what was not sent is dropped


EAR: Final = Sense(EAR_SOCKET, behind_s=2.0)
WORDS: Final = Sense(WORDS_SOCKET, behind_s=12.0)  # an utterance, and an engine's patience
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unwatched:
    """From this position on nobody listens to a voice."""

    room_id: str
    seat_id: str
    from_position: int


@dataclass(frozen=True, slots=True)
class WatchedAgain:
    """Somebody listens again; the stretch was heard by no detector, or too late."""

    room_id: str
    seat_id: str
    from_position: int
    to_position: int


News = Unwatched | WatchedAgain | Recognised | Said | Missed


@dataclass(slots=True)
class _Watch:
    """How far one voice was given and heard.

    `waits_from` is the first sample that was given and not heard, `gap_from` the first of a
    stretch of which it was told that nobody listens.
    """

    given_to: int = 0
    heard_to: int = 0
    waits_from: int | None = None
    gap_from: int | None = None


@dataclass(eq=False, slots=True)
class _Detector:
    """One connected detector and what waits for it."""

    writer: asyncio.StreamWriter
    heard_at: float
    inbox: deque[Chunk] = field(default_factory=deque)
    filled: asyncio.Event = field(default_factory=asyncio.Event)
    keys: set[Key] = field(default_factory=set)
    unheard: int = 0  # chunks that were sent and not yet acknowledged


class Watch:
    """Gives every voice to a detector and tells who is not listened to.

    On failure: a detector that dies, hangs or talks nonsense is given up; its voices go to
    others, and what it had not yet heard is told as unwatched. A voice that one cannot keep up
    with goes to another that has less to do. `dropped` counts chunks that nobody got.
    """

    def __init__(
        self,
        sense: Sense,
        tell: Callable[[News], None],
        *,
        position_of: Callable[[str], int | None],
    ) -> None:
        """Prepare; `position_of` gives a room's present position, None when it is over."""
        self.dropped = 0
        self._socket_name = sense.socket_name
        self._behind_max = round(sense.behind_s * RATE_HZ)
        self._tell = tell
        self._position_of = position_of
        self._detectors: list[_Detector] = []
        self._by_key: dict[Key, _Detector] = {}
        self._watches: dict[Key, _Watch] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._given: deque[Chunk] = deque(maxlen=INBOX_MAX)
        self._is_called = False

    @property
    def detectors(self) -> int:
        """How many detectors are connected."""
        return len(self._detectors)

    @contextlib.asynccontextmanager
    async def serving(self, folder: Path) -> AsyncIterator[None]:
        """Let detectors connect while the context lasts."""
        self._loop = asyncio.get_running_loop()
        socket = folder / self._socket_name
        socket.unlink(missing_ok=True)
        with short_path(folder) as short:
            server = await asyncio.start_unix_server(
                self._serve, f"{short}/{self._socket_name}", limit=LINE_BYTES_MAX
            )
        socket.chmod(0o600)  # what passes here has not aired
        looking = asyncio.create_task(self._look_again_and_again())
        try:
            yield
        finally:
            looking.cancel()
            server.close()
            socket.unlink(missing_ok=True)

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; callable from the mixer's thread, never waits.

        When the event loop stands still, the oldest of 640 is dropped.
        """
        if self._loop is None or self._loop.is_closed():
            return
        self._given.append(chunk)
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon_threadsafe(self._take_all)

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        for key in [key for key in self._watches if key[0] == room_id]:
            self._leave(key)
            del self._watches[key]

    def _take_all(self) -> None:
        self._is_called = False  # before looking: what comes from now on calls again
        while self._given:
            self._take(self._given.popleft())

    def _take(self, chunk: Chunk) -> None:
        key = (chunk.room_id, chunk.seat_id)
        watch = self._watches.setdefault(key, _Watch())
        watch.given_to = chunk.end
        if watch.waits_from is None:
            watch.waits_from = chunk.position
        detector = self._by_key.get(key) or self._choose(key)
        if detector is None:
            self._drop(chunk)
            return
        detector.inbox.append(chunk)
        detector.filled.set()
        if len(detector.inbox) > INBOX_MAX:
            self._drop(detector.inbox.popleft())

    def _choose(self, key: Key) -> _Detector | None:
        """Give a voice to the detector that has the fewest."""
        if not self._detectors:
            return None
        chosen = min(self._detectors, key=lambda one: len(one.keys))
        chosen.keys.add(key)
        self._by_key[key] = chosen
        return chosen

    def _share_out(self) -> None:
        """Take voices from who has more than a share; their next chunk chooses anew."""
        share = -(-len(self._by_key) // len(self._detectors))
        for detector in self._detectors:
            for key in tuple(detector.keys)[share:]:
                self._leave(key)

    def _leave(self, key: Key) -> None:
        if detector := self._by_key.pop(key, None):
            detector.keys.discard(key)

    def _drop(self, chunk: Chunk) -> None:
        """Give up a chunk: the present can still be kept from air."""
        self.dropped += 1
        key = (chunk.room_id, chunk.seat_id)
        self._open_gap(key, chunk.position)
        watch = self._watches.get(key)
        if watch is not None and chunk.end >= watch.given_to:
            watch.waits_from = None  # nothing is left that anybody could still hear

    def _open_gap(self, key: Key, position: int) -> None:
        watch = self._watches.get(key)
        if watch is not None and watch.gap_from is None:
            watch.gap_from = position
            self._tell(Unwatched(*key, position))

    # ── one detector ─────────────────────────────────────────────────────────────────────────

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._detectors) >= DETECTORS_MAX:
            writer.close()
            return
        detector = _Detector(writer, _now())
        self._detectors.append(detector)
        self._share_out()
        writer.transport.set_write_buffer_limits(high=_BUFFER_BYTES)
        sending = asyncio.create_task(self._send(detector))
        try:
            while data := await reader.readline():
                detector.heard_at = _now()
                news = told(data)
                if isinstance(news, Heard):
                    detector.unheard -= news.chunks
                self._hear(news)
        except (OSError, ValueError, DetectorGarbled):
            log.warning("a detector was given up")
        finally:
            sending.cancel()
            writer.close()
            self._detectors.remove(detector)
            self._lose(detector)

    async def _send(self, detector: _Detector) -> None:
        """Send what waits, but not what is too old to be kept from air."""
        with contextlib.suppress(OSError):
            while True:
                while detector.inbox:
                    chunk = detector.inbox.popleft()
                    if self._is_late(chunk.room_id, chunk.position):
                        self._drop(chunk)
                        continue
                    detector.unheard += 1
                    detector.writer.write(frame(chunk))
                    await detector.writer.drain()
                detector.filled.clear()
                await detector.filled.wait()

    def _lose(self, detector: _Detector) -> None:
        """What a detector had been given and not heard is heard by nobody."""
        for chunk in detector.inbox:
            self._drop(chunk)
        for key in tuple(detector.keys):
            self._leave(key)
            watch = self._watches.get(key)
            if watch is not None and watch.waits_from is not None:
                self._open_gap(key, watch.waits_from)
                watch.waits_from = None

    def _hear(self, news: Told) -> None:
        if not isinstance(news, Heard):
            self._tell(news)
            return
        key = (news.room_id, news.seat_id)
        watch = self._watches.get(key)
        if watch is None:
            return
        watch.heard_to = max(watch.heard_to, min(news.to_position, watch.given_to))
        watch.waits_from = None if watch.heard_to >= watch.given_to else watch.heard_to
        if watch.gap_from is not None and not self._is_late(news.room_id, news.from_position):
            self._close_gap(key, watch, news.from_position)

    def _close_gap(self, key: Key, watch: _Watch, position: int) -> None:
        if watch.gap_from is not None:
            self._tell(WatchedAgain(*key, watch.gap_from, max(position, watch.gap_from)))
            watch.gap_from = None

    # ── who is behind ────────────────────────────────────────────────────────────────────────

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                self._look()
            except Exception:
                log.exception("a look at who is listened to failed")

    def _look(self) -> None:
        self._give_up_hung()
        for key, watch in self._watches.items():
            if watch.gap_from is None and self._is_behind(key, watch):
                self._open_gap(key, watch.waits_from or 0)
                self._relieve(key)
            elif watch.gap_from is not None and self._is_silent(key, watch):
                watch.waits_from = None
                self._close_gap(key, watch, watch.given_to)

    def _give_up_hung(self) -> None:
        for detector in self._detectors:
            if not detector.unheard:
                detector.heard_at = _now()
            elif _now() - detector.heard_at > HUNG_S:
                detector.writer.transport.abort()

    def _relieve(self, key: Key) -> None:
        """Take a voice from a detector that lags, when another has less to do."""
        detector = self._by_key.get(key)
        least = min((len(one.keys) for one in self._detectors), default=0)
        if detector is not None and len(detector.keys) > least + 1:
            self._leave(key)

    def _is_behind(self, key: Key, watch: _Watch) -> bool:
        return watch.waits_from is not None and self._is_late(key[0], watch.waits_from)

    def _is_late(self, room_id: str, heard: int) -> bool:
        position = self._position_of(room_id)
        return position is not None and position - heard > self._behind_max

    def _is_silent(self, key: Key, watch: _Watch) -> bool:
        """Tell whether a voice has nothing to say that somebody could listen to."""
        is_waiting = key in self._by_key and watch.waits_from is not None
        if is_waiting or not self._detectors:
            return False
        return self._is_late(key[0], watch.given_to)


def _now() -> float:
    return asyncio.get_running_loop().time()
