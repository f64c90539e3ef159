"""One room on air: its stage, its programme and their common position."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from balai.air.playlist import PARTS_PER_SEGMENT
from balai.air.programme import Programme
from balai.audio.blocks import BLOCK_SAMPLES
from balai.broadcast.mixer import News
from balai.detect.tap import Tap
from balai.stage.engine import Stage

SPEAKING_TICKS_MIN: Final = 10  # who speaks is told at most five times a second


@dataclass(frozen=True, slots=True)
class WentLive:
    """The hall can hear this room: its first segment was published."""

    room_id: str


@dataclass(frozen=True, slots=True)
class Speaking:
    """Other people speak now than before, for the hall to hear: a held voice does not.

    `position` is the sample (48 kHz, since on air) from which it holds; the hall hears it when
    that sample airs.
    """

    room_id: str
    seats: tuple[str, ...]
    position: int


class RoomOnAir:
    """Moves one room's voices from its stage to its hall, tick by tick.

    Everything here runs in the mixer's thread. `position` is the number of samples since the
    room went on air; it is the clock of the flag, the effect, the segment and the caption.
    """

    def __init__(
        self,
        *,
        room_id: str,
        on_air_at: datetime,
        stage: Stage,
        programme: Programme,
        tap: Tap,
    ) -> None:
        self.room_id = room_id
        self.on_air_at = on_air_at
        self.stage = stage
        self.programme = programme
        self._tap = tap
        self.position = 0
        self.heard: frozenset[str] = frozenset()
        self.live = asyncio.Event()  # set on the event loop when the hall can hear this room
        self._is_live = False
        self._parts_aired = 0
        self._speaking: frozenset[str] = frozenset()
        self._quiet_ticks = SPEAKING_TICKS_MIN

    def tick(self, *, skipped: int) -> Sequence[News]:
        """Take 20 ms from the stage, air what is due, tell what changed."""
        self.position += skipped * BLOCK_SAMPLES
        voices = self.stage.tick()
        self.heard = frozenset(voices)
        self.programme.write(self.position, voices)
        self._tap.write(self.position, voices)
        began_at = self.position
        self.position += BLOCK_SAMPLES
        news: list[News] = []
        self._parts_aired += sum(a.is_published for a in self.programme.advance(self.position))
        if self._parts_aired >= PARTS_PER_SEGMENT and not self._is_live:
            self._is_live = True
            news.append(WentLive(self.room_id))
        self._quiet_ticks += 1
        talking = frozenset(self.stage.talking) - self.programme.held_from().keys()
        if talking != self._speaking and self._quiet_ticks >= SPEAKING_TICKS_MIN:
            self._speaking, self._quiet_ticks = talking, 0
            news.append(Speaking(self.room_id, tuple(sorted(talking)), began_at))
        return news
