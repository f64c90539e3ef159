"""The stage inside this process: WebRTC by aiortc, sound by ourselves."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np
from aiortc import RTCIceServer

from balai.audio.blocks import BLOCK_S, BLOCK_SAMPLES, Pcm
from balai.audio.level import loudness
from balai.stage.embedded_ice import ice_servers as read_ice_servers
from balai.stage.embedded_ice import include_loopback
from balai.stage.embedded_link import Link, StageUnreachable
from balai.stage.embedded_monitors import ANSWER_S, Monitors
from balai.stage.engine import (
    SPEAKERS_MAX,
    SeatChange,
    SeatNotConnected,
    SeatTaken,
    StageClosed,
    StageCounters,
    StageEvent,
    StageFull,
    TooManyStages,
)
from balai.stage.foldback import Foldback
from balai.stage.outbox import Delivery, Outbox
from balai.stage.sdp import read_offer
from balai.stage.voice import Voice

QUIET_S: Final = 2.0  # then a seat is reconnecting
GONE_S: Final = 12.0  # then it is given up: time to reload a page or to change networks
ARRIVAL_S: Final = 10.0  # from the answer to the first packet
WATCH_S: Final = 0.25
WATCHES_PER_REPORT: Final = 4
BEHIND_S: Final = 0.55  # a mixer later than this skips ticks instead of making up for them


log = logging.getLogger(__name__)


class _Presence(Enum):
    EXPECTED = auto()  # answered, nothing heard yet
    ALIVE = auto()
    RECONNECTING = auto()


@dataclass(slots=True, eq=False)
class _Seat:
    name: str
    link: Link
    voice: Voice
    presence: _Presence = _Presence.EXPECTED
    heard_at: float = 0.0


class EmbeddedEngine:
    """Opens stages whose speakers connect to this process."""

    def __init__(
        self,
        *,
        speakers_max: int = SPEAKERS_MAX,
        stages_max: int,
        ice_servers: Sequence[str] = (),
        ice_username: str = "",
        ice_password: str = "",
    ) -> None:
        """Prepare.

        Shapes:
            ice_servers: such as `stun:stun.example.org` or `turn:turn.example.org:3478`; user
                name and password are for the TURN ones

        Raises:
            IceServerInvalid: one of them cannot be read.
        """
        include_loopback()
        self._speakers_max = speakers_max
        self._stages_max = stages_max
        self._ice_servers = read_ice_servers(
            ice_servers, username=ice_username, password=ice_password
        )
        self._stages: set[EmbeddedStage] = set()
        self._outbox: Outbox | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._watches = 0

    async def open(self, room: str, *, tell: Callable[[StageEvent], None]) -> "EmbeddedStage":
        """Open one room's stage; see `StageEngine.open`."""
        if len(self._stages) >= self._stages_max:
            raise TooManyStages
        if self._outbox is None:
            self._outbox = Outbox(asyncio.get_running_loop(), stages_max=self._stages_max)
        stage = EmbeddedStage(
            room,
            tell=tell,
            outbox=self._outbox,
            ice_servers=self._ice_servers,
            speakers_max=self._speakers_max,
            on_closed=self._stages.discard,
        )
        self._stages.add(stage)
        if self._timer is None:
            self._watch_later()
        return stage

    async def close(self) -> None:
        """Close every stage."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await asyncio.gather(*(stage.close() for stage in list(self._stages)))

    def _watch_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(WATCH_S, self._watch)

    def _watch(self) -> None:
        self._watches += 1
        for stage in list(self._stages):
            stage.watch()
            if self._watches % WATCHES_PER_REPORT == 0:
                stage.report()
        self._watch_later()


class EmbeddedStage:
    """One room's voices; see `Stage`.

    `tick` and what it calls run in the mixer's thread, everything else on the event loop. The
    thread reads `_on_stage`, `_muted` and the monitors' links, which are replaced whole and
    never changed in place.
    """

    def __init__(
        self,
        room: str,
        *,
        tell: Callable[[StageEvent], None],
        outbox: Outbox,
        ice_servers: Sequence[RTCIceServer],
        speakers_max: int,
        on_closed: Callable[["EmbeddedStage"], None],
    ) -> None:
        self._room = room
        self._tell_room = tell
        self._outbox = outbox
        self._ice_servers = ice_servers
        self._speakers_max = speakers_max
        self._on_closed = on_closed
        self._loop = asyncio.get_running_loop()
        self._seats: dict[str, _Seat] = {}
        self._coming: set[str] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._left = StageCounters()
        self._on_stage: tuple[_Seat, ...] = ()
        self._muted: frozenset[str] = frozenset()
        self._talking: frozenset[str] = frozenset()
        self._muting = threading.Lock()
        self._seen: tuple[_Seat, ...] = ()
        self._foldback = Foldback()
        self._monitors = Monitors(ice_servers=ice_servers, hang_up=self._hang_up)
        self._ticks = 0
        self._due_at = 0.0

    def tick(self) -> Mapping[str, Pcm]:
        """Take the next 20 ms of every voice; see `Stage.tick`."""
        seats, monitors = self._on_stage, self._monitors.links
        self._ticks += 1
        if seats is not self._seen:
            self._foldback.forget(frozenset(seat.name for seat in seats))
            self._seen = seats
        if not seats:
            self._talking = frozenset()
            return {}
        talkers, voices = self._hear(seats, until=self._due())
        all_talk = len(talkers) == len(seats) and not monitors
        shared, own = self._foldback.encode(talkers, voices, all_talk=all_talk)
        packets = [(seat.link, own.get(seat.name, shared)) for seat in seats]
        packets += [(monitor, shared) for monitor in monitors]
        self._outbox.put(Delivery(self._ticks, packets))
        return dict(zip(talkers, voices, strict=True))

    @property
    def talking(self) -> Set[str]:
        """Seats whose talk gate was open at the last tick."""
        return self._talking

    @property
    def counters(self) -> StageCounters:
        """What happened to packets so far; a copy."""
        total = StageCounters()
        total.add(self._left)
        for seat in self._on_stage:
            total.add(_counted(seat))
        return total

    async def connect(self, seat: str, offer: str) -> str:
        """Connect a seat with an SDP offer and give the SDP answer; see `Stage.connect`."""
        if self._is_closed:
            raise StageClosed
        wanted = read_offer(offer)
        self._admit(seat)
        newcomer = self._newcomer(seat)
        self._coming.add(seat)
        try:
            answer = await asyncio.wait_for(newcomer.link.answer(wanted), ANSWER_S)
            if self._is_closed:
                raise StageClosed
            self._seat(newcomer)
        except TimeoutError as error:
            raise StageUnreachable from error
        finally:
            self._coming.discard(seat)
            if self._seats.get(seat) is not newcomer:
                self._hang_up(newcomer.link)
        return answer

    async def disconnect(self, seat: str) -> None:
        """Hang up on a seat; see `Stage.disconnect`."""
        leaving = self._seats.get(seat)
        if leaving is None:
            raise SeatNotConnected
        self._remove(leaving)

    async def let_in(self, monitor: str, offer: str) -> str:
        """Let a monitor hear the mix of all; see `Stage.let_in`."""
        if self._is_closed:
            raise StageClosed
        return await self._monitors.let_in(monitor, read_offer(offer, speaks=False))

    async def send_away(self, monitor: str) -> None:
        """Hang up on a monitor; see `Stage.send_away`."""
        self._monitors.send_away(monitor)

    def mute(self, seat: str, *, muted: bool) -> None:
        """Drop this seat's voice, or hear it again; see `Stage.mute`."""
        with self._muting:
            self._muted = self._muted | {seat} if muted else self._muted - {seat}

    async def close(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        self._is_closed = True
        for seat in list(self._seats.values()):
            self._remove(seat)
        self._monitors.close()
        self._on_closed(self)
        if self._closing:
            await asyncio.wait(self._closing)

    def watch(self) -> None:
        """Notice who has fallen silent; called on the event loop every quarter of a second."""
        now = self._loop.time()
        for seat in list(self._seats.values()):
            quiet_s = now - seat.heard_at
            if quiet_s >= (ARRIVAL_S if seat.presence is _Presence.EXPECTED else GONE_S):
                self._give_up(seat)
            elif seat.presence is _Presence.ALIVE and quiet_s >= QUIET_S:
                seat.presence = _Presence.RECONNECTING
                self._tell(seat, SeatChange.RECONNECTING)

    def report(self) -> None:
        """Tell every speaker's browser how its packets arrive."""
        for seat in self._seats.values():
            seat.link.report()

    def _due(self) -> float:
        """Tell when this tick should have been: 20 ms after the last, never in the future."""
        now = time.monotonic()
        due_at = self._due_at + BLOCK_S
        self._due_at = due_at if now - BEHIND_S <= due_at <= now else now
        return self._due_at

    def _hear(self, seats: tuple[_Seat, ...], *, until: float) -> tuple[list[str], Pcm]:
        """Decode everybody who is not muted; keep whose gate is open."""
        muted = self._muted
        blocks = np.empty((len(seats), BLOCK_SAMPLES), np.int16)
        heard: list[_Seat] = []
        for seat in seats:
            if seat.name in muted:
                seat.voice.discard()
            elif seat.voice.hear(blocks[len(heard)], until=until):
                heard.append(seat)
            else:
                seat.voice.gate.hear(0.0)
        levels = loudness(blocks[: len(heard)]).tolist()
        is_open = [
            seat.voice.gate.hear(level) for seat, level in zip(heard, levels, strict=True)
        ]
        self._talking = frozenset(seat.name for seat in seats if seat.voice.gate.is_open)
        talkers = [seat.name for seat, opened in zip(heard, is_open, strict=True) if opened]
        return talkers, blocks[: len(heard)][is_open]

    def _admit(self, seat: str) -> None:
        """Check that there is room, before anything is built."""
        present = self._seats.get(seat)
        if seat in self._coming:
            raise SeatTaken
        if present is not None:
            if self._loop.time() - present.heard_at < QUIET_S:
                raise SeatTaken
        elif len(self._seats.keys() | self._coming) >= self._speakers_max:
            raise StageFull

    def _newcomer(self, name: str) -> _Seat:
        voice = Voice()
        link = Link(
            voice,
            ice_servers=self._ice_servers,
            on_heard=lambda: self._heard(newcomer),
            on_closed=lambda: self._lost(newcomer),
        )
        newcomer = _Seat(name, link, voice)
        return newcomer

    def _seat(self, newcomer: _Seat) -> None:
        before = self._seats.get(newcomer.name)
        if before is not None:
            self._remove(before)
        newcomer.heard_at = self._loop.time()
        self._seats[newcomer.name] = newcomer
        self._on_stage = tuple(self._seats.values())

    def _heard(self, seat: _Seat) -> None:
        seat.heard_at = self._loop.time()
        if seat.presence is not _Presence.ALIVE and self._seats.get(seat.name) is seat:
            seat.presence = _Presence.ALIVE
            self._tell(seat, SeatChange.CONNECTED)

    def _lost(self, seat: _Seat) -> None:
        """The peer closed or failed. A reloaded page does so too: its seat waits for it."""
        if self._seats.get(seat.name) is not seat:
            return
        seat.heard_at = min(seat.heard_at, self._loop.time() - QUIET_S)
        if seat.presence is _Presence.ALIVE:
            seat.presence = _Presence.RECONNECTING
            self._tell(seat, SeatChange.RECONNECTING)

    def _give_up(self, seat: _Seat) -> None:
        if self._seats.get(seat.name) is seat:
            self._remove(seat)
            self._tell(seat, SeatChange.GONE)

    def _remove(self, seat: _Seat) -> None:
        del self._seats[seat.name]
        self._on_stage = tuple(self._seats.values())
        self._left.add(_counted(seat))
        self._hang_up(seat.link)

    def _tell(self, seat: _Seat, change: SeatChange) -> None:
        told = {"room": self._room, "seat": seat.name, "change": change.value}
        log.info("seat changed", extra=told)
        self._tell_room(StageEvent(seat.name, change))

    def _hang_up(self, link: Link) -> None:
        task = self._loop.create_task(link.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _counted(seat: _Seat) -> StageCounters:
    counters = seat.voice.counters
    counters.undelivered += seat.link.unsent
    return counters
