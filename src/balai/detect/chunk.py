"""Half a second of one voice: what a detector is given to hear."""

from dataclasses import dataclass
from typing import Final

from balai.audio.blocks import RATE_HZ, Pcm

CHUNK_SAMPLES: Final = RATE_HZ // 2


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one voice; `position` is that of its first sample on the room's clock.

    `language` is what the speaker speaks (BCP 47 without region), empty when nobody knows.

    Shapes:
        pcm: (24000,), int16 at 48 kHz; where nothing was heard it is silent
    """

    room_id: str
    seat_id: str
    position: int
    pcm: Pcm
    language: str = ""

    @property
    def end(self) -> int:
        """The position after its last sample."""
        return self.position + len(self.pcm)
