"""Three landmarks make a hash that a change of pitch or a little stretch does not change.

A triplet is two steps in band and two in time. Its anchor's band is the lowest digit of the
sort key, so all pitches of one triplet lie side by side in an index.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.landmarks import Landmarks

REACH_FRAMES: Final = 62  # a triplet spans one second at most
REACH_BANDS: Final = 18
FIRST_CELL: Final = 4  # frames; the nearer landmark's time in cells of 64 ms
SECOND_CELL: Final = 2
_APART_MIN: Final = 3
_SECOND_APART_MIN: Final = 2
_BANDS: Final = 2 * REACH_BANDS + 1
_FIRSTS: Final = 16
_SECONDS: Final = 32
KEYS: Final = _BANDS * _BANDS * _FIRSTS * _SECONDS


class Triplets(NamedTuple):
    """Triplets in the order of their anchors.

    Shapes:
        key: (n,) int32, below KEYS
        frame: (n,) int32, of the anchor
        band: (n,) uint8, of the anchor
    """

    key: NDArray[np.int32]
    frame: NDArray[np.int32]
    band: NDArray[np.uint8]


def reference_triplets(found: Landmarks, *, fan: int = 5, per_anchor: int = 3) -> Triplets:
    """Make the few triplets that are stored: each costs five bytes for ever."""
    return Triplets(*_triplets(found.frame, found.band, fan, per_anchor, False))  # noqa: FBT003


def query_triplets(found: Landmarks, *, fan: int = 16, per_anchor: int = 60) -> Triplets:
    """Make the many triplets that are looked up, those of neighbouring time cells included."""
    return Triplets(*_triplets(found.frame, found.band, fan, per_anchor, True))  # noqa: FBT003


@compiled
def key_of(first_step: int, second_step: int, first_cell: int, second_cell: int) -> int:
    """Give the key of a triplet: two steps in band, two time cells."""
    bands = (first_step + REACH_BANDS) * _BANDS + second_step + REACH_BANDS
    return (bands * _FIRSTS + first_cell) * _SECONDS + second_cell


@compiled
def _triplets(
    frame: NDArray[np.int32],
    band: NDArray[np.int32],
    fan: int,
    per_anchor: int,
    with_neighbours: bool,  # noqa: FBT001 - numba knows no keywords
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    room = len(frame) * per_anchor * (4 if with_neighbours else 1)
    key = np.empty(room, np.int32)
    at = np.empty(room, np.int32)
    low = np.empty(room, np.uint8)
    near = np.empty(fan, np.int64)
    count = 0
    for anchor in range(len(frame)):
        others = _targets(frame, band, anchor, near)
        made = 0
        for one in range(others):
            for two in range(one + 1, others):
                first = frame[near[one]] - frame[anchor]
                second = frame[near[two]] - frame[anchor]
                if second - first < _SECOND_APART_MIN or made >= per_anchor:
                    continue
                made += 1
                steps = (band[near[one]] - band[anchor], band[near[two]] - band[anchor])
                end = _put(key, count, steps, (first, second), with_neighbours)
                at[count:end] = frame[anchor]
                low[count:end] = band[anchor]
                count = end
    return key[:count], at[:count], low[:count]


@compiled
def _targets(
    frame: NDArray[np.int32],
    band: NDArray[np.int32],
    anchor: int,
    near: NDArray[np.int64],
) -> int:
    """Find the next landmarks within reach of an anchor; tell how many."""
    count = 0
    for other in range(anchor + 1, len(frame)):
        apart = frame[other] - frame[anchor]
        if apart > REACH_FRAMES or count >= len(near):
            break
        if apart >= _APART_MIN and abs(band[other] - band[anchor]) <= REACH_BANDS:
            near[count] = other
            count += 1
    return count


@compiled
def _put(
    key: NDArray[np.int32],
    count: int,
    steps: tuple[int, int],
    apart: tuple[int, int],
    with_neighbours: bool,  # noqa: FBT001 - numba knows no keywords
) -> int:
    """Write a triplet's key, and for a query those of the nearer neighbouring cells."""
    first, second = apart[0] // FIRST_CELL, apart[1] // SECOND_CELL
    beside = first + (1 if apart[0] % FIRST_CELL >= FIRST_CELL // 2 else -1)
    besides = second + (1 if apart[1] % SECOND_CELL >= SECOND_CELL // 2 else -1)
    for which in range(4 if with_neighbours else 1):
        one = beside if which & 1 else first
        two = besides if which & 2 else second
        if 0 <= one < _FIRSTS and 0 <= two < _SECONDS:
            key[count] = key_of(steps[0], steps[1], one, two)
            count += 1
    return count
