"""Landmarks: the strongest local maxima of a spectrogram.

The reference keeps few and a query many: a live room adds maxima, it seldom takes away the
recording's own.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.spectrum import Samples, Spectrogram, spectrogram, whitened

BLOCK_FRAMES: Final = 31  # half a second
_WHITEN_FRAMES: Final = 125.0  # two seconds
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


def landmarks(samples: Samples, density: Density = REFERENCE) -> Landmarks:
    """Find the landmarks of a sound.

    Shapes:
        samples: (n,) at 8 kHz
    """
    return of_spectrogram(spectrogram(samples), density)


def of_spectrogram(energy: Spectrogram, density: Density) -> Landmarks:
    """Find the landmarks of a spectrogram; their strength is their height over the slow mean.

    Shapes:
        energy: (n, 92)
    """
    frame, band = _maxima(energy, density.reach_frames, density.reach_bands)
    strength = whitened(energy, _WHITEN_FRAMES)[frame, band]
    kept = _strongest(frame, strength, density.per_block)
    return Landmarks(frame[kept], band[kept])


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


def _strongest(
    frame: NDArray[np.int32], strength: NDArray[np.float32], per_block: int
) -> NDArray[np.intp]:
    """Give the places of the strongest of each half second, in the order of time."""
    block = frame // BLOCK_FRAMES
    order = np.lexsort((-strength, block))
    first = np.searchsorted(block[order], block[order])
    rank = np.arange(len(order)) - first
    return np.sort(order[rank < per_block])
