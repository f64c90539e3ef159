"""Comparing two fingerprints by their peaks alone, where no sound is at hand.

Where one recording plays in the other, many of their peaks lie apart by the same time and the
same interval; elsewhere they agree by chance only. This takes far less than `balai ear match`,
which listens to the sound itself: it is for exact and cleanly coded copies.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WINDOW_S: Final = 10.0  # longer ones drift apart when one copy is a little faster
WINDOWS_MAX: Final = 30  # five minutes of a query are compared, spread over its length
FRAMES_A_CELL: Final = 3
SHIFT_BINS: Final = 4  # two semitones up and down
PEAKS_MIN: Final = 12
SURPLUS_MIN: Final = 8.0  # standard deviations above chance
SHARE_MIN: Final = 0.3  # of a window's peaks in place; unrelated sound reaches 0.15, clean 0.5


@dataclass(frozen=True, slots=True)
class Peaks:
    """When and where a fingerprint's peaks are.

    Shapes:
        frames, bins: (n,), frames rising.
    """

    frames: NDArray[np.int64]
    bins: NDArray[np.int64]
    frames_per_s: float


def distance(query: Peaks, reference: Peaks) -> float:
    """Give 0 for the same sound and 1 for nothing in common; symmetric it is not."""
    best = 0.0
    for frames, bins in _windows(query):
        best = max(best, _share(frames, bins, reference))
    return 1.0 - best


def _windows(query: Peaks) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    length = round(WINDOW_S * query.frames_per_s)
    last = int(query.frames[-1]) if len(query.frames) else -1
    starts = range(0, last + 1, length)
    chosen = starts[:: -(-len(starts) // WINDOWS_MAX)] if len(starts) else starts
    cut = [np.searchsorted(query.frames, (start, start + length)) for start in chosen]
    return [
        (query.frames[low:high], query.bins[low:high])
        for low, high in cut
        if high - low >= PEAKS_MIN
    ]


def _share(frames: NDArray[np.int64], bins: NDArray[np.int64], reference: Peaks) -> float:
    """Give the share of a window's peaks that the best alignment explains."""
    if len(reference.frames) < PEAKS_MIN:
        return 0.0
    by_bin = _by_bin(reference)
    best = 0.0
    for shift in range(-SHIFT_BINS, SHIFT_BINS + 1):
        offsets = [
            by_bin[one + shift] - frame
            for frame, one in zip(frames.tolist(), bins.tolist(), strict=True)
            if one + shift in by_bin
        ]
        if offsets:
            best = max(best, _peak_of(np.concatenate(offsets), len(frames)))
    return best


def _peak_of(offsets: NDArray[np.int64], peaks: int) -> float:
    cells = (offsets - offsets.min()) // FRAMES_A_CELL
    votes = np.bincount(cells, minlength=2).astype(np.float64)
    votes = votes[:-1] + votes[1:]  # a true offset may lie on a border
    top, chance = float(votes.max()), float(votes.mean())
    if top - chance < SURPLUS_MIN * max(chance, 1.0) ** 0.5:
        return 0.0
    return min(1.0, top / peaks)


def _by_bin(reference: Peaks) -> dict[int, NDArray[np.int64]]:
    order = np.argsort(reference.bins, kind="stable")
    bins, starts = np.unique(reference.bins[order], return_index=True)
    parts = np.split(reference.frames[order], starts[1:])
    return dict(zip(bins.tolist(), parts, strict=True))
