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
_QUERY_FAN: Final = 24
# Measured (docs/decisions/0013): a hit in a neighbouring cell is rarer than one in its own.
_BESIDE_DOUBT: Final = 15
_BESIDES_DOUBT: Final = 9
DOUBT_MAX: Final = 64


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


class Lookups(NamedTuple):
    """The triplets of a query in the order of their anchors, to be looked up in an index.

    Shapes:
        key: (n,) int32, below KEYS
        frame: (n,) int32, of the anchor
        band: (n,) uint8, of the anchor
        doubt: (n,) uint8, eighths of a neper by which a hit is less likely than the likeliest
    """

    key: NDArray[np.int32]
    frame: NDArray[np.int32]
    band: NDArray[np.uint8]
    doubt: NDArray[np.uint8]


def reference_triplets(found: Landmarks, *, fan: int = 5, per_anchor: int = 3) -> Triplets:
    """Make the few triplets that are stored: each costs four bytes for ever."""
    return Triplets(*_triplets(found.frame, found.band, fan, per_anchor))


def lookups(found: Landmarks, doubt: NDArray[np.uint8], fresh: int) -> Lookups:
    """Make the many triplets that are looked up, those of neighbouring time cells included.

    Shapes:
        doubt: (landmarks,), of each landmark
        fresh: the first landmark that is new; triplets that end before it were made before
    """
    return Lookups(*_lookups(found.frame, found.band, doubt, fresh))


@compiled
def key_of(steps: tuple[int, int], first_cell: int, second_cell: int) -> int:
    """Give the key of a triplet: two steps in band, two time cells."""
    bands = (steps[0] + REACH_BANDS) * _BANDS + steps[1] + REACH_BANDS
    return (bands * _FIRSTS + first_cell) * _SECONDS + second_cell


@compiled
def _triplets(
    frame: NDArray[np.int32], band: NDArray[np.int32], fan: int, per_anchor: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    room = len(frame) * per_anchor
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
                key[count] = key_of(steps, first // FIRST_CELL, second // SECOND_CELL)
                at[count] = frame[anchor]
                low[count] = band[anchor]
                count += 1
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
def _lookups(
    frame: NDArray[np.int32], band: NDArray[np.int32], doubt: NDArray[np.uint8], fresh: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8], NDArray[np.uint8]]:
    room = len(frame) * _QUERY_FAN * (_QUERY_FAN - 1) * 2
    key = np.empty(room, np.int32)
    at = np.empty(room, np.int32)
    low = np.empty(room, np.uint8)
    level = np.empty(room, np.uint8)
    near = np.empty(_QUERY_FAN, np.int64)
    count = 0
    for anchor in range(len(frame)):
        others = _targets(frame, band, anchor, near)
        start = count
        for two in range(1, others):
            if near[two] < fresh:
                continue
            for one in range(two):
                first, second = near[one], near[two]
                doubts = int(doubt[anchor]) + int(doubt[first]) + int(doubt[second])
                apart = (frame[first] - frame[anchor], frame[second] - frame[anchor])
                steps = (band[first] - band[anchor], band[second] - band[anchor])
                if apart[1] - apart[0] >= _SECOND_APART_MIN:
                    count = _look_up(steps, apart, doubts, key, level, count)
        at[start:count] = frame[anchor]
        low[start:count] = band[anchor]
    return key[:count], at[:count], low[:count], level[:count]


@compiled
def _look_up(
    steps: tuple[int, int],
    apart: tuple[int, int],
    doubts: int,
    key: NDArray[np.int32],
    level: NDArray[np.uint8],
    count: int,
) -> int:
    """Write the keys of a triplet: of its own time cells, and of the nearest beside them."""
    cells = (apart[0] // FIRST_CELL, apart[1] // SECOND_CELL)
    beside = cells[0] + (1 if apart[0] % FIRST_CELL >= FIRST_CELL // 2 else -1)
    besides = cells[1] + (1 if apart[1] % SECOND_CELL >= SECOND_CELL // 2 else -1)
    for which in range(4):
        near, far = beside if which & 1 else cells[0], besides if which & 2 else cells[1]
        doubts_here = doubts + (_BESIDE_DOUBT if which & 1 else 0)
        doubts_here += _BESIDES_DOUBT if which & 2 else 0
        if 0 <= near < _FIRSTS and 0 <= far < _SECONDS and doubts_here <= DOUBT_MAX:
            key[count] = key_of(steps, near, far)
            level[count] = doubts_here
            count += 1
    return count
