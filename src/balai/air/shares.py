"""What one voice gives to a part of the programme, and what that was on stage."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from balai.air.encoder import PART_SAMPLES
from balai.air.stretch import JOINT_SAMPLES, Splice, Sums
from balai.audio.blocks import Pcm

SILENT_PEAK: Final = 8  # -72 dBFS: a muted microphone and the rounding of decoders, no breath


class Stretch(NamedTuple):
    """A stretch of one voice: when it plays, and the stage position of its first sample."""

    media_time: int
    position: int
    samples: int

    @property
    def media_end(self) -> int:
        """When it is over."""
        return self.media_time + self.samples

    @property
    def end_position(self) -> int:
        """The stage position after its last sample."""
        return self.position + self.samples


@dataclass(frozen=True, slots=True)
class Share:
    """One voice's sound in a part; the media times of its stretches count from the part's.

    Shapes:
        pcm: (12288,)
    """

    seat: str
    pcm: Pcm
    stretches: tuple[Stretch, ...]


def share(
    seat: str, sound: Sums | Pcm, start: int, *, aired_to: int, splice: Splice | None
) -> Share | None:
    """Give a voice's share of a part that plays it from a position on; None if it is silent.

    Shapes:
        sound: (12288 or more,), the splice carried out
    """
    part = sound[:PART_SAMPLES]
    if max(int(part.max()), -int(part.min())) <= SILENT_PEAK:
        return None
    played = [_after(each, aired_to) for each in _played(start, splice)]
    stretches = tuple(each for each in played if each.samples)
    return Share(seat, part.astype(np.int16, copy=False), stretches)


def _played(start: int, splice: Splice | None) -> list[Stretch]:
    if splice is None:
        return [Stretch(0, start, PART_SAMPLES)]
    cut = splice.at + JOINT_SAMPLES // 2  # as `Trail` has it
    return [
        Stretch(0, start, cut),
        Stretch(cut, start + cut + splice.skip, PART_SAMPLES - cut),
    ]


def _after(stretch: Stretch, position: int) -> Stretch:
    """Leave out what has aired before: it is silence in this part."""
    gone = min(max(position - stretch.position, 0), stretch.samples)
    first, samples = stretch.position + gone, stretch.samples - gone
    return Stretch(stretch.media_time + gone, first, samples)
