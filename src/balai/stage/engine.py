"""The seam between a room and whatever carries its speakers' voices.

`embedded.py` is the engine inside this process, `fake.py` the scripted one; both pass
tests/contract/test_stage_engine.py. A seat is one person's place on one room's stage.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final, Protocol

from balai.audio.blocks import Pcm
from balai.errors import Conflict, Invalid, NotFound, Unavailable

SPEAKERS_MAX: Final = 20
OFFER_BYTES_MAX: Final = 64 * 1024
MONITORS_MAX: Final = 4  # a stage: of the safety team, beside its speakers
MONITOR_S_MAX: Final = 600.0  # then whoever listens says anew why


class SeatChange(StrEnum):
    """What the engine noticed about a seat by itself."""

    CONNECTED = "connected"  # voice packets arrive (again)
    RECONNECTING = "reconnecting"  # none for 2 s
    GONE = "gone"  # the engine gave the seat up and closed its connection


@dataclass(frozen=True, slots=True)
class StageEvent:
    """One seat's change, told from the engine's event loop."""

    seat: str
    change: SeatChange


@dataclass(slots=True)
class StageCounters:
    """What happened to a stage's packets since it opened; seats that left are included."""

    received: int = 0  # voice packets that came in
    lost: int = 0  # never came, or came after their time
    recovered: int = 0  # lost, but heard from the copy inside the next packet
    concealed: int = 0  # frames made up by the decoder
    late: int = 0  # came after their time
    dropped: int = 0  # thrown away at a bound: a full hand-off, or more than 200 ms waiting
    shortened: int = 0  # frames merged into their neighbour because a sender's clock runs fast
    rejected: int = 0  # not Opus, not RTP, not ours
    undelivered: int = 0  # return packets that the event loop was too slow to send

    def add(self, other: "StageCounters") -> None:
        """Add another's counts to these."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class OfferInvalid(Invalid):
    """This WebRTC offer cannot be used: it must hold exactly one audio section with Opus."""


class OfferTooLarge(Invalid):
    """This WebRTC offer is too large; offer one audio section and nothing else."""


class StageFull(Conflict):
    """The stage is full; somebody has to step down first."""


class SeatTaken(Conflict):
    """This seat is already connected; hang up there first."""


class SeatNotConnected(NotFound):
    """This seat is not connected to the stage; connect it first."""


class StageClosed(Conflict):
    """This stage is closed; come back when the room is on air."""


class MonitorsFull(Conflict):
    """As many of the safety team listen to this stage already as may; one has to stop first."""


class MonitorMissing(NotFound):
    """Nobody of the safety team listens there any more; it ends by itself after ten minutes."""


class TooManyStages(Unavailable):
    """This house has as many rooms on air as it can carry; try again when one has ended."""


class Stage(Protocol):
    """One room's voices."""

    def tick(self) -> Mapping[str, Pcm]:
        """Take the next 20 ms of every voice and send each speaker the mix of the others.

        Called by the mixer thread once every 20 ms, by nothing else. Never raises or waits.
        A muted seat, and one from which nothing is heard, is absent (that is silence).

        Shapes:
            each value: (960,), int16
        """
        ...

    @property
    def talking(self) -> Set[str]:
        """Seats whose talk gate was open at the last tick (hangover of at least 1 s)."""
        ...

    @property
    def counters(self) -> StageCounters:
        """What happened to packets so far; a copy, readable from any thread."""
        ...

    async def connect(self, seat: str, offer: str) -> str:
        """Connect a seat with an SDP offer and give the SDP answer.

        Raises:
            OfferInvalid, OfferTooLarge: nothing was changed.
            StageFull: 20 seats are connected.
            SeatTaken: this seat is connected and alive; a reconnecting one is replaced instead.
            StageClosed: the room has ended.
        """
        ...

    async def disconnect(self, seat: str) -> None:
        """Hang up on a seat. Tells no event: the caller knows.

        Raises:
            SeatNotConnected: it is not there.
        """
        ...

    async def let_in(self, monitor: str, offer: str) -> str:
        """Let a monitor hear the mix of all, for ten minutes at most; give the SDP answer.

        It has no seat, sends no sound and no event tells of it. The same monitor a second time
        takes the place of the first.

        Raises:
            OfferInvalid, OfferTooLarge: nothing was changed.
            MonitorsFull: four listen already.
            StageClosed: the room has ended.
        """
        ...

    async def send_away(self, monitor: str) -> None:
        """Hang up on a monitor.

        Raises:
            MonitorMissing: it is not there.
        """
        ...

    def mute(self, seat: str, *, muted: bool) -> None:
        """Drop this seat's voice before anybody hears it; callable from any thread.

        Outlives a reconnect. Unknown seats may be muted ahead of their coming.
        """
        ...

    async def close(self) -> None:
        """Hang up on everybody. Safe to call twice."""
        ...


class StageEngine(Protocol):
    """Opens stages."""

    async def open(self, room: str, *, tell: Callable[[StageEvent], None]) -> Stage:
        """Open one room's stage; `tell` is called on the event loop for every change.

        Raises:
            TooManyStages: the bound on rooms is reached.
        """
        ...

    async def close(self) -> None:
        """Close every stage."""
        ...
