"""The table of votes against a plain count: what is true of it whatever is asked."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from balai.detect.fingerprint.runs import PITCH_MAX, by_doubt
from balai.detect.fingerprint.segment import FRAME_BITS, Postings
from balai.detect.fingerprint.triplets import DOUBT_MAX, KEYS, Lookups
from balai.detect.fingerprint.votes import (
    CELL_FRAMES,
    NO_CELLS,
    UNIT,
    Ballot,
    Cells,
    Limits,
    sweep,
    table_size,
    vote,
)

Numbers = NDArray[Any]
FRAMES = 40_000
WEIGHT_MAX = 12


def postings(key: Numbers, frame: Numbers, band: Numbers) -> Postings:
    order = np.lexsort((frame, band, key))
    start = np.searchsorted(key[order], np.arange(KEYS + 1)).astype(np.uint32)
    place = (band[order].astype(np.int64) << FRAME_BITS) | frame[order]
    return Postings(start, place.astype(np.uint32))


def cast(ballot: Ballot, asked: Lookups, block: int, before: Cells = NO_CELLS) -> Cells:
    sweep(ballot.table, block)
    limits = Limits(100_000, 2_000, 40)
    return vote(ballot, asked, by_doubt(asked.doubt), block, limits, before)


def played(
    chance: np.random.Generator, hits: int, noise: int, line: int, pitch: int
) -> tuple[Postings, Lookups]:
    """Make an index of noise in which some lookups hit on one line."""
    count = hits + noise
    key = chance.integers(0, KEYS, count).astype(np.int32)
    frame = np.sort(chance.choice(1_000, count)).astype(np.int32)
    band = chance.integers(PITCH_MAX, 92 - PITCH_MAX, count).astype(np.uint8)
    is_hit = np.zeros(count, bool)
    is_hit[chance.choice(count, hits, replace=False)] = True
    there = np.where(is_hit, frame + line, chance.integers(0, FRAMES, count))
    low = np.where(is_hit, band.astype(int) - pitch, band)
    doubt = chance.integers(0, DOUBT_MAX + 1, count).astype(np.uint8)
    return postings(key, there, low), Lookups(key, frame, band, doubt)


def every(asked: Lookups, change: Callable[[Any], Any]) -> Lookups:
    return Lookups(*(change(part) for part in asked))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    hits=st.integers(20, 60),
    noise=st.integers(0, 1_000),
    line=st.integers(0, FRAMES - 2_000),
    pitch=st.integers(-PITCH_MAX, PITCH_MAX),
)
def test_the_line_that_is_hit_most_is_the_first_candidate(
    seed: int, hits: int, noise: int, line: int, pitch: int
) -> None:
    index, asked = played(np.random.default_rng(seed), hits, noise, line, pitch)
    ballot = Ballot(index, np.zeros(table_size(FRAMES), np.uint32), seed)
    found = cast(ballot, asked, 1)
    # A neighbour's surroundings may hold one vote more.
    assert abs(int(found.line[0]) - line) < 2 * CELL_FRAMES
    assert abs(int(found.pitch[0]) - pitch) <= 1
    assert found.votes[0] <= (hits + noise) * WEIGHT_MAX * UNIT
    assert len(set(zip(found.line.tolist(), found.pitch.tolist(), strict=True))) == len(
        found.line
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), pitch=st.integers(2, PITCH_MAX))
def test_a_pitch_as_it_is_is_the_likelier_of_two_that_are_hit_as_often(
    seed: int, pitch: int
) -> None:
    as_it_is, moved = (
        cast(Ballot(index, np.zeros(table_size(FRAMES), np.uint32), 0), asked, 1)
        for index, asked in (
            played(np.random.default_rng(seed), 40, 0, 5_000, tone) for tone in (0, pitch)
        )
    )
    assert as_it_is.votes[0] == moved.votes[0]
    assert (int(as_it_is.pitch[0]), int(moved.pitch[0])) == (0, pitch)  # and not a neighbour's
    assert as_it_is.worth[0] > moved.worth[0]


@settings(max_examples=20, deadline=None)
@example(seed=758_609, first=0, silence=64)  # its last anchor is the first that comes again
@given(seed=st.integers(0, 2**32 - 1), first=st.integers(0, 600), silence=st.integers(1, 400))
def test_votes_fade_and_never_come_back(seed: int, first: int, silence: int) -> None:
    index, asked = played(np.random.default_rng(seed), 40, 100, 5_000, 0)
    ballot = Ballot(index, np.zeros(table_size(FRAMES), np.uint32), 7)
    found = cast(ballot, asked, first)
    nothing = every(asked, lambda part: part[:0])
    at_first = int(found.votes[0])
    for block in range(first + 1, first + 1 + silence):
        before = found
        found = cast(ballot, nothing, block, found)
        assert len(found.votes) <= len(before.votes)
        if len(found.votes):
            assert found.votes[0] <= before.votes[0]
    if silence >= 9:
        assert not len(found.votes) or int(found.votes[0]) <= at_first // 2
    if silence >= 64:
        assert not len(found.votes)
        anew = Ballot(index, np.zeros(table_size(FRAMES), np.uint32), 7)
        # What is in the table may be as old as a stamp can tell: it must not look fresh.
        again = cast(ballot, asked, first + silence)
        assert again.votes[0] == cast(anew, asked, first + silence).votes[0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), repeats=st.integers(2, 20))
def test_an_anchor_votes_once_whatever_it_repeats(seed: int, repeats: int) -> None:
    index, asked = played(np.random.default_rng(seed), 20, 0, 5_000, 0)
    many = every(asked, lambda part: np.repeat(part, repeats))
    once, often = (
        cast(Ballot(index, np.zeros(table_size(FRAMES), np.uint32), 0), one, 1)
        for one in (asked, many)
    )
    assert once.votes[0] == often.votes[0]
