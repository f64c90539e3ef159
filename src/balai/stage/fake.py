"""A stage without a network: scripted voices, alike in everything that a room can notice."""

import asyncio
import collections
import threading
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, Pcm, silence
from balai.audio.level import TalkGate, loudness
from balai.audio.mix import mix_minus
from balai.stage.engine import (
    MONITORS_MAX,
    SPEAKERS_MAX,
    MonitorMissing,
    MonitorsFull,
    SeatChange,
    SeatNotConnected,
    SeatTaken,
    StageClosed,
    StageCounters,
    StageEvent,
    StageFull,
    TooManyStages,
)
from balai.stage.sdp import Offer, read_offer, with_opus_settings

FEED_BLOCKS: Final = 20
QUIET_TICKS: Final = round(2 / BLOCK_S)
GONE_TICKS: Final = round(12 / BLOCK_S)

# The smallest offer that any engine accepts for reading; nobody stands behind it.
OFFER: Final = Offer(
    mid="0",
    payload_type=111,
    direction="sendrecv",
    username="fake",
    password="0123456789012345678901",  # noqa: S106 - it opens nothing
    setup="actpass",
    fingerprints=("sha-256 " + ":".join(["AB"] * 32),),
    candidates=(),
).text()
MONITOR_OFFER: Final = OFFER.replace("a=sendrecv", "a=recvonly")


@dataclass(slots=True)
class _Seat:
    script: Pcm = field(default_factory=lambda: silence(0))
    gate: TalkGate = field(default_factory=TalkGate)
    feed: collections.deque[Pcm] = field(
        default_factory=lambda: collections.deque(maxlen=FEED_BLOCKS)
    )
    vanished_ticks: int | None = None


class FakeEngine:
    """Opens stages that need no network."""

    def __init__(self, *, speakers_max: int = SPEAKERS_MAX, stages_max: int = 8) -> None:
        self.stages: dict[str, FakeStage] = {}
        self._speakers_max = speakers_max
        self._stages_max = stages_max

    async def open(self, room: str, *, tell: Callable[[StageEvent], None]) -> "FakeStage":
        """Open one room's stage; see `StageEngine.open`."""
        if len(self.stages) >= self._stages_max:
            raise TooManyStages
        stage = FakeStage(
            tell=tell,
            speakers_max=self._speakers_max,
            on_closed=lambda: self.stages.pop(room, None),
        )
        self.stages[room] = stage
        return stage

    async def close(self) -> None:
        """Close every stage."""
        for stage in list(self.stages.values()):
            await stage.close()


class FakeStage:
    """One room's scripted voices; see `Stage`.

    A connected seat is heard from at once, and as long as it is not dropped.
    """

    def __init__(
        self,
        *,
        tell: Callable[[StageEvent], None],
        speakers_max: int,
        on_closed: Callable[[], object],
    ) -> None:
        self._tell_room = tell
        self._speakers_max = speakers_max
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._seats: dict[str, _Seat] = {}
        self._monitors: dict[str, _Seat] = {}
        self._muted: set[str] = set()
        self._talking: frozenset[str] = frozenset()
        self._is_closed = False

    def say(self, seat: str, pcm: Pcm) -> None:
        """Let a seat say this after whatever it was given to say before.

        Shapes:
            pcm: (n,), int16 at 48 kHz

        Raises:
            SeatNotConnected: it is not there.
        """
        with self._lock:
            speaker = self._present(seat)
            speaker.script = np.concatenate((speaker.script, pcm.astype(np.int16)))

    def heard_by(self, seat: str) -> Pcm:
        """Give what a seat, or a monitor, was sent during the last 400 ms.

        Shapes:
            returns: (n,), at most 19,200
        """
        with self._lock:
            hearer = self._monitors.get(seat) or self._present(seat)
            return np.concatenate([silence(0), *hearer.feed])

    def drop(self, seat: str) -> None:
        """Let a seat's peer vanish: reconnecting after 100 ticks, gone after 600."""
        with self._lock:
            self._present(seat).vanished_ticks = 0

    def tick(self) -> Mapping[str, Pcm]:
        """Take the next 20 ms of every voice; see `Stage.tick`."""
        with self._lock:
            self._age()
            heard = {seat: self._next(seat) for seat in self._seats}
            voices = {seat: pcm for seat, pcm in heard.items() if pcm is not None}
            self._talking = frozenset(n for n, seat in self._seats.items() if seat.gate.is_open)
            self._fold_back(voices)
            return voices

    @property
    def talking(self) -> Set[str]:
        """Seats whose talk gate was open at the last tick."""
        return self._talking

    @property
    def counters(self) -> StageCounters:
        """Nothing ever happens to packets that do not exist."""
        return StageCounters()

    async def connect(self, seat: str, offer: str) -> str:
        """Connect a seat; see `Stage.connect`. The answer leads nowhere."""
        if self._is_closed:
            raise StageClosed
        wanted = read_offer(offer)
        with self._lock:
            present = self._seats.get(seat)
            if present is not None and (present.vanished_ticks or 0) < QUIET_TICKS:
                raise SeatTaken
            if present is None and len(self._seats) >= self._speakers_max:
                raise StageFull
            self._seats[seat] = _Seat()
        self._tell(seat, SeatChange.CONNECTED)
        return _answer(wanted)

    async def disconnect(self, seat: str) -> None:
        """Hang up on a seat; see `Stage.disconnect`."""
        with self._lock:
            self._present(seat)
            del self._seats[seat]

    async def let_in(self, monitor: str, offer: str) -> str:
        """Let a monitor hear the mix of all; see `Stage.let_in`. The answer leads nowhere."""
        if self._is_closed:
            raise StageClosed
        wanted = read_offer(offer, speaks=False)
        with self._lock:
            if len(self._monitors.keys() | {monitor}) > MONITORS_MAX:
                raise MonitorsFull
            self._monitors[monitor] = _Seat()
        return _answer(wanted)

    async def send_away(self, monitor: str) -> None:
        """Hang up on a monitor; see `Stage.send_away`."""
        with self._lock:
            if self._monitors.pop(monitor, None) is None:
                raise MonitorMissing

    def mute(self, seat: str, *, muted: bool) -> None:
        """Drop this seat's voice, or hear it again; see `Stage.mute`."""
        with self._lock:
            (self._muted.add if muted else self._muted.discard)(seat)

    async def close(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        self._is_closed = True
        with self._lock:
            self._seats.clear()
            self._monitors.clear()
        self._on_closed()

    def _present(self, seat: str) -> _Seat:
        if seat not in self._seats:
            raise SeatNotConnected
        return self._seats[seat]

    def _age(self) -> None:
        for name, seat in list(self._seats.items()):
            if seat.vanished_ticks is None:
                continue
            seat.vanished_ticks += 1
            if seat.vanished_ticks == QUIET_TICKS:
                self._tell(name, SeatChange.RECONNECTING)
            elif seat.vanished_ticks >= GONE_TICKS:
                del self._seats[name]
                self._tell(name, SeatChange.GONE)

    def _next(self, name: str) -> Pcm | None:
        seat = self._seats[name]
        said, seat.script = seat.script[:BLOCK_SAMPLES], seat.script[BLOCK_SAMPLES:]
        if name in self._muted or seat.vanished_ticks is not None:
            seat.gate.shut()
            return None
        block = silence()
        block[: len(said)] = said
        opened = seat.gate.hear(float(loudness(block[None])[0]))
        return block if opened and len(said) else None

    def _fold_back(self, voices: Mapping[str, Pcm]) -> None:
        blocks = np.array(list(voices.values()), np.int16).reshape(-1, BLOCK_SAMPLES)
        mixes = dict(zip((*voices, None), mix_minus(blocks), strict=True))
        for name, seat in self._seats.items():
            seat.feed.append(mixes.get(name, mixes[None]))
        for monitor in self._monitors.values():
            monitor.feed.append(mixes[None])

    def _tell(self, seat: str, change: SeatChange) -> None:
        self._loop.call_soon_threadsafe(self._tell_room, StageEvent(seat, change))


def _answer(offer: Offer) -> str:
    return with_opus_settings(offer.text(), offer.payload_type).replace(
        f"a=setup:{offer.setup}", "a=setup:active"
    )
