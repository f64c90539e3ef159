"""Landmarks: the strongest local maxima of a spectrogram.

The reference keeps few and a query many: a live room adds maxima, it seldom takes away the
recording's own.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.spectrum import (
    Samples,
    Spectrogram,
    first_mean,
    spectrogram,
    whitened,
)

BLOCK_FRAMES: Final = 31  # half a second
WHITEN_FRAMES: Final = 125.0  # two seconds
_QUIET: Final = -12.0  # log energy; below it there is nothing but rounding noise


class Landmarks(NamedTuple):
    """Maxima in the order of time.

    Shapes:
        frame: (n,) int32
        band: (n,) int32
    """

    frame: NDArray[np.int32]
    band: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Density:
    """How many landmarks are kept: the largest `per_block`, each alone within its reach."""

    per_block: int
    reach_frames: int
    reach_bands: int


REFERENCE: Final = Density(per_block=10, reach_frames=6, reach_bands=4)
QUERY: Final = Density(per_block=40, reach_frames=4, reach_bands=2)


def landmarks(samples: Samples) -> Landmarks:
    """Find the landmarks of a recording.

    Shapes:
        samples: (n,) at 8 kHz
    """
    energy = spectrogram(samples)
    found = maxima(energy, REFERENCE)
    white = whitened(energy, first_mean(energy), WHITEN_FRAMES)
    rank = ranks(found, white)
    kept = rank < REFERENCE.per_block
    return Landmarks(found.frame[kept], found.band[kept])


def maxima(energy: Spectrogram, density: Density) -> Landmarks:
    """Find the cells that nothing within their reach exceeds.

    Shapes:
        energy: (n, 92)
    """
    return Landmarks(*_maxima(energy, density.reach_frames, density.reach_bands))


def ranks(found: Landmarks, white: Spectrogram) -> NDArray[np.intp]:
    """Rank landmarks by strength, their height over the slow mean, within each half second.

    Shapes:
        white: (n, 92), whitened
        returns: (landmarks,), 0 for the strongest
    """
    block = found.frame // BLOCK_FRAMES
    order = np.lexsort((-white[found.frame, found.band], block))
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order)) - np.searchsorted(block[order], block[order])
    return rank


@compiled
def _maxima(
    energy: Spectrogram, reach_frames: int, reach_bands: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    count, bands = energy.shape
    frames = []
    found = []
    for frame in range(count):
        for band in range(1, bands - 1):
            value = energy[frame, band]
            # Most cells fail against their neighbours in the same frame.
            if value < _QUIET or value < energy[frame, band - 1]:
                continue
            if value <= energy[frame, band + 1]:
                continue
            if _is_highest(energy, frame, band, reach_frames, reach_bands):
                frames.append(frame)
                found.append(band)
    return np.array(frames, dtype=np.int32), np.array(found, dtype=np.int32)


@compiled
def _is_highest(
    energy: Spectrogram, frame: int, band: int, reach_frames: int, reach_bands: int
) -> bool:
    count, bands = energy.shape
    value = energy[frame, band]
    if frame + 1 < count and value <= energy[frame + 1, band]:
        return False
    for near in range(max(0, frame - reach_frames), min(count, frame + reach_frames + 1)):
        for other in range(max(0, band - reach_bands), min(bands, band + reach_bands + 1)):
            if energy[near, other] > value:
                return False
    return True
