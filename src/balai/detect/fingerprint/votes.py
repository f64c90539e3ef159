"""Which recording, at which offset and pitch, do the triplets of a query speak for?

Each hit votes for a cell of 256 ms of offset and one half semitone of pitch. A table that is
addressed by the cell's lowest bits counts all votes without keeping them; only the votes for
the fullest places are then looked at one by one.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import Int, compiled
from balai.detect.fingerprint.segment import FRAME_BITS, FRAMES_MAX, Postings
from balai.detect.fingerprint.triplets import Triplets

CELL_FRAMES: Final = 16
PITCHES: Final = 32  # a power of two; the middle one is no change
_BIAS_FRAMES: Final = 1 << 12  # a query may begin before the recording does
_RUN_MAX: Final = 4_000  # a triplet this common says nothing
_WEIGHT_MAX: Final = 15
_BITS_MIN: Final = 15
_BITS_MAX: Final = 22
_VOTES_MAX: Final = 1 << 20  # looked at one by one
_BESIDE: Final = 2  # cells so near each other are one candidate


class Runs(NamedTuple):
    """For each triplet of the query, the postings that may be its own.

    Shapes:
        start, stop: (n,) int64, into the postings
        weight: (n,) uint8, more for the rarer
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    weight: NDArray[np.uint8]


class Cells(NamedTuple):
    """Candidates: the fullest cells, the fullest first.

    Shapes:
        frame: (n,) int64, of the time line at the query's first frame
        pitch: (n,) int32, half semitones
        votes: (n,) int32
    """

    frame: NDArray[np.int64]
    pitch: NDArray[np.int32]
    votes: NDArray[np.int32]


def candidates(query: Triplets, postings: Postings, *, pitches: int, keep: int) -> Cells:
    """Find the cells with the most votes.

    Shapes:
        pitches: half semitones up and down that are allowed for, below 16
        keep: how many cells at most
    """
    runs = Runs(*_runs(query, postings, pitches))
    total = int((runs.stop - runs.start).sum())
    bits = min(max(_BITS_MIN, math.ceil(math.log2(total + 1)) + 1), _BITS_MAX)
    table = np.zeros(1 << bits, np.uint16)
    _count(query, postings, runs, table)
    full = _smoothed(table)
    chosen = _fullest(full, keep)
    cell, weight = _votes_for(query, postings, runs, chosen)
    return _tallied(cell, weight, keep)


@compiled
def _runs(
    query: Triplets, postings: Postings, pitches: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]:
    count = len(query.key)
    start = np.empty(count, np.int64)
    stop = np.empty(count, np.int64)
    weight = np.empty(count, np.uint8)
    for which in range(count):
        first: Int = np.int64(postings.start[query.key[which]])
        last: Int = np.int64(postings.start[query.key[which] + 1])
        band = np.int64(query.band[which])
        low = max(np.int64(0), band - pitches) << FRAME_BITS
        high = (band + pitches + 1) << FRAME_BITS
        first = _lower(postings.place, first, last, low)
        last = _lower(postings.place, first, last, high)
        if last - first > _RUN_MAX:
            last = first
        start[which] = first
        stop[which] = last
        rarity = _WEIGHT_MAX - int(2.0 * math.log2(1.0 + last - first))
        weight[which] = max(1, rarity)
    return start, stop, weight


@compiled
def _lower(places: NDArray[np.uint32], first: Int, last: Int, low: Int) -> Int:
    """Find the first place in an ascending run that is not below `low`."""
    while first < last:
        middle = (first + last) >> 1
        if np.int64(places[middle]) < low:
            first = middle + 1
        else:
            last = middle
    return first


@compiled
def _cell(query: Triplets, which: int, postings: Postings, place: int) -> Int:
    both = np.int64(postings.place[place])
    offset = (both & (FRAMES_MAX - 1)) - query.frame[which] + _BIAS_FRAMES
    pitch = np.int64(query.band[which]) - (both >> FRAME_BITS) + PITCHES // 2
    cell: Int = (offset // CELL_FRAMES) * PITCHES + pitch
    return cell


@compiled
def _count(query: Triplets, postings: Postings, runs: Runs, table: NDArray[np.uint16]) -> None:
    """Add every vote to the table; one anchor's many triplets count once a place."""
    last_anchor = np.full(len(table), -1, np.int32)
    mask = len(table) - 1
    for which in range(len(runs.start)):
        anchor = query.frame[which] * 128 + query.band[which]
        weight = np.uint16(runs.weight[which])
        for place in range(runs.start[which], runs.stop[which]):
            slot = _cell(query, which, postings, place) & mask
            if last_anchor[slot] != anchor:
                last_anchor[slot] = anchor
                table[slot] += weight


@compiled
def _smoothed(table: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Sum each place with its neighbours in offset and pitch: a match lies across borders."""
    mask = len(table) - 1
    across = np.empty_like(table)
    for slot in range(len(table)):
        across[slot] = table[slot] + table[(slot - 1) & mask] + table[(slot + 1) & mask]
    full = np.empty_like(table)
    for slot in range(len(table)):
        full[slot] = (
            across[slot] + across[(slot - PITCHES) & mask] + across[(slot + PITCHES) & mask]
        )
    return full


@compiled
def _fullest(full: NDArray[np.uint16], keep: int) -> NDArray[np.bool_]:
    """Mark about so many of the fullest places (each has eight neighbours almost as full)."""
    places = np.zeros(1 << 16, np.int64)
    for slot in range(len(full)):
        places[full[slot]] += 1
    threshold = len(places) - 1
    reached = places[threshold]
    while threshold > 1 and reached < keep * 9:
        threshold -= 1
        reached += places[threshold]
    return full >= np.uint16(threshold)


@compiled
def _votes_for(
    query: Triplets, postings: Postings, runs: Runs, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Collect the votes for the marked places: the whole cell, with anchor and weight."""
    room = 0
    mask = len(chosen) - 1
    for which in range(len(runs.start)):
        room += runs.stop[which] - runs.start[which]
    room = min(room, _VOTES_MAX)
    cells = np.empty(room, np.int64)
    weights = np.empty(room, np.int64)
    count = 0
    for which in range(len(runs.start)):
        anchor = np.int64(query.frame[which]) * 128 + query.band[which]
        for place in range(runs.start[which], runs.stop[which]):
            cell = _cell(query, which, postings, place)
            if chosen[cell & mask] and count < room:
                cells[count] = cell
                weights[count] = (anchor << 4) + runs.weight[which]
                count += 1
    return cells[:count], weights[:count]


def _tallied(cell: NDArray[np.int64], weight: NDArray[np.int64], keep: int) -> Cells:
    order = np.lexsort((weight, cell))
    own, votes = _sums(cell[order], weight[order])
    total = _with_neighbours(own, votes)
    best = _apart(own, np.argsort(-total, kind="stable"), keep)
    offset = own[best] // PITCHES * CELL_FRAMES + CELL_FRAMES // 2 - _BIAS_FRAMES
    pitch = (own[best] % PITCHES - PITCHES // 2).astype(np.int32)
    return Cells(offset, pitch, total[best])


@compiled
def _sums(
    cell: NDArray[np.int64], weight: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Sum the votes of each cell, of each anchor only the heaviest; both come sorted."""
    own = np.empty(len(cell), np.int64)
    votes = np.zeros(len(cell), np.int32)
    count = -1
    for which in range(len(cell)):
        is_last_of_anchor = (
            which + 1 == len(cell)
            or cell[which + 1] != cell[which]
            or weight[which + 1] >> 4 != weight[which] >> 4
        )
        if which == 0 or cell[which] != cell[which - 1]:
            count += 1
            own[count] = cell[which]
        if is_last_of_anchor:
            votes[count] += weight[which] & 15
    return own[: count + 1], votes[: count + 1]


@compiled
def _with_neighbours(own: NDArray[np.int64], votes: NDArray[np.int32]) -> NDArray[np.int32]:
    total = votes.copy()
    for which in range(len(own)):
        for row in (-PITCHES, 0, PITCHES):
            place = np.searchsorted(own, own[which] + row - 1)
            while place < len(own) and own[place] <= own[which] + row + 1:
                if place != which:
                    total[which] += votes[place]
                place += 1
    return total


@compiled
def _apart(own: NDArray[np.int64], order: NDArray[np.intp], keep: int) -> NDArray[np.int64]:
    """Take the best one after another, leaving out those beside one already taken."""
    best = np.empty(keep, np.int64)
    count = 0
    for which in order[: keep * 6]:
        is_beside = False
        for taken in best[:count]:
            rows = abs(own[taken] // PITCHES - own[which] // PITCHES)
            tones = abs(own[taken] % PITCHES - own[which] % PITCHES)
            if rows <= _BESIDE and tones <= _BESIDE:
                is_beside = True
                break
        if not is_beside:
            best[count] = which
            count += 1
            if count == keep:
                break
    return best[:count]
