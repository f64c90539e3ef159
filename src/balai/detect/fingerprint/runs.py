"""Which postings of an index may be a triplet's own, the likeliest triplets' first?"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import Int, compiled
from balai.detect.fingerprint.segment import FRAME_BITS, Postings
from balai.detect.fingerprint.triplets import DOUBT_MAX, Lookups

PITCH_MAX: Final = 5  # half semitones up and down that are allowed for
TOGETHER: Final = 256  # fetches that overlap: more than a core holds open, less than its cache
_RUN_MAX: Final = 50_000  # a triplet this common says nothing


@compiled
def runs(
    asked: Lookups, order: NDArray[np.int32], postings: Postings, budget: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], Int]:
    """Find the postings that may be each triplet's own, the likeliest triplets' first.

    The third is only what `_fetch` gives.
    """
    count = len(asked.key)
    start = np.zeros(count, np.int64)
    stop = np.zeros(count, np.int64)
    left: Int = budget
    fetched: Int = np.int64(0)
    for begin in range(0, count, TOGETHER):
        some = order[begin : begin + TOGETHER]
        fetched += _fetch(asked, some, postings)
        for which in some:
            first, last = _run(postings, asked.key[which], np.int64(asked.band[which]))
            start[which], stop[which] = first, last
            left -= last - first
            if left < 0:
                return start, stop, fetched
    return start, stop, fetched


@compiled
def _fetch(asked: Lookups, some: NDArray[np.int32], postings: Postings) -> Int:
    """Fetch the beginnings of some runs and their middles, each of which is far away."""
    fetched: Int = np.int64(0)
    for which in some:
        fetched += postings.start[asked.key[which]]
    for which in some:
        first = np.int64(postings.start[asked.key[which]])
        last = np.int64(postings.start[asked.key[which] + 1])
        if first < last:
            fetched += postings.place[(first + last) >> 1]
    return fetched


@compiled
def _run(postings: Postings, key: Int, band: Int) -> tuple[Int, Int]:
    """Find one triplet's postings that are near its band."""
    first: Int = np.int64(postings.start[key])
    last: Int = np.int64(postings.start[key + 1])
    if first == last:
        return np.int64(0), np.int64(0)
    first = _lower(postings.place, first, last, max(np.int64(0), band - PITCH_MAX))
    last = _beyond(postings.place, first, last, band + PITCH_MAX + 1)
    if last - first > _RUN_MAX:
        return np.int64(0), np.int64(0)
    return first, last


@compiled
def by_doubt(doubt: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Give the order of least doubt; equals stay as they are.

    Shapes:
        doubt: (n,), at most DOUBT_MAX
        returns: (n,)
    """
    place = np.zeros(DOUBT_MAX + 2, np.int64)
    for one in doubt:
        place[one + 1] += 1
    place = np.cumsum(place)
    order = np.empty(len(doubt), np.int32)
    for which in range(len(doubt)):
        order[place[doubt[which]]] = which
        place[doubt[which]] += 1
    return order


@compiled
def _lower(places: NDArray[np.uint32], first: Int, last: Int, band: Int) -> Int:
    """Find the first place in an ascending run whose band is not below."""
    low = band << FRAME_BITS
    while first < last:
        middle = (first + last) >> 1
        if np.int64(places[middle]) < low:
            first = middle + 1
        else:
            last = middle
    return first


@compiled
def _beyond(places: NDArray[np.uint32], first: Int, last: Int, band: Int) -> Int:
    """As `_lower`, but quick when it is near: most runs are short."""
    step: Int = np.int64(2)
    while first + step < last and np.int64(places[first + step]) < band << FRAME_BITS:
        first += step
        step *= 2
    return _lower(places, first, min(first + step + 1, last), band)
