"""Which recording, at which offset and pitch, do the triplets of a voice speak for?

Each hit votes for a cell of 256 ms of offset and one half semitone of pitch. A table that is
addressed by the cell's lowest bits keeps the votes of the last seconds, each fading by half
in four and a half: every hit is counted once, however often a voice is looked at. Where two
cells share a place, the stronger keeps it (as in Misra and Gries' frequent items, 1982). The
cells that just got votes and are full become candidates.

A word of the table holds votes (12 bits, in halves), some of the cell's other bits (6, to know
whose votes they are), a mark of the anchor that voted last (6, because an anchor's many
triplets count once), and the half second it did (8).
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import Int, compiled
from balai.detect.fingerprint.runs import TOGETHER, runs
from balai.detect.fingerprint.segment import FRAME_BITS, FRAMES_MAX, Postings
from balai.detect.fingerprint.triplets import Lookups

CELL_FRAMES: Final = 16
PITCHES: Final = 16  # a row of the table; the middle one is no change
UNIT: Final = 2  # of a vote
_ROW_BITS: Final = 4
_WEIGHT_MAX: Final = 12
_VOTES_MAX: Final = 0xFFF
_HALF_BLOCKS: Final = 9.0
_AGE_MAX: Final = 64  # half seconds; older votes are nothing
_SWEEP: Final = 128  # the table is swept once in so many half seconds, before ages overflow
_BITS_MIN: Final = 12
_BITS_MAX: Final = 21
_CELL_SHIFT: Final = 12  # of a written vote
_MARK_BITS: Final = 6
_BESIDE: Final = 2  # cells so near each other are one candidate
_FADE: Final = (2.0 ** (-np.arange(256) / _HALF_BLOCKS) * 65_536).astype(np.uint32)
_FADE[_AGE_MAX:] = 0
# Most recordings are played as high as they are: a cell of another pitch needs more votes to
# be among the candidates (tenths, by row of the table).
_LIKELY: Final = np.full(PITCHES, 7)
_LIKELY[PITCHES // 2 - 1 : PITCHES // 2 + 2] = 9, 10, 9

Table = NDArray[np.uint32]


class Cells(NamedTuple):
    """Candidates in one segment: the cells whose votes are worth most, best first.

    Shapes:
        line: (n,) int64, frame of the time line at the voice's first frame
        pitch: (n,) int32, half semitones
        votes: (n,) int32, in halves
    """

    line: NDArray[np.int64]
    pitch: NDArray[np.int32]
    votes: NDArray[np.int32]

    @property
    def worth(self) -> NDArray[np.int64]:
        """What their votes are worth: less at another pitch than the recording's."""
        worth: NDArray[np.int64] = self.votes * _LIKELY[self.pitch + PITCHES // 2]
        return worth


NO_CELLS: Final = Cells(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))


def table_size(frames: int) -> int:
    """Tell how many words a table for an index of so many frames has: half its cells."""
    bits = math.ceil(math.log2(frames / CELL_FRAMES * PITCHES / 2 + 1))
    return 1 << min(max(_BITS_MIN, bits), _BITS_MAX)


def sweep(table: Table, block: int) -> None:
    """Clear the old votes of a part of the table, another one every half second."""
    size = max(1, len(table) // _SWEEP)
    start = block % _SWEEP * size
    _sweep(table[start : start + size], block & 255)


class Ballot(NamedTuple):
    """Where the votes for one segment are cast.

    `salt` sets its cells apart from other segments' in the same table.
    """

    postings: Postings
    table: Table
    salt: int


class Limits(NamedTuple):
    """How much one half second may do in one segment."""

    votes: int  # the likeliest lookups come first
    full: int  # votes for full cells
    cells: int


@compiled
def vote(
    ballot: Ballot,
    asked: Lookups,
    order: NDArray[np.int32],
    block: int,
    limits: Limits,
    before: Cells,
) -> Cells:
    """Cast the votes of one half second; give the fullest cells, those from before included.

    Compiled as one: to go in and out of each step would cost as much as the shortest of them.

    Shapes:
        order: (lookups,), as `by_doubt` gives it
        block: number of the half second
    """
    start, stop, _ = runs(asked, order, ballot.postings, limits.votes)
    ballots = _ballots(ballot, asked, start, stop)
    _cast(ballot.table, ballots, block)
    lines, pitches = _full(ballot.table, ballot.salt, ballots, limits.full)
    line, pitch, votes = _fullest(
        ballot.table,
        ballot.salt,
        np.concatenate((lines, before.line)),
        np.concatenate((pitches, before.pitch)),
        block,
        limits.cells,
    )
    return Cells(line, pitch, votes)


@compiled
def _sweep(part: Table, now: int) -> None:
    for slot in range(len(part)):
        if (now - np.int64(part[slot] & 255)) & 255 >= _AGE_MAX:
            part[slot] = 0


@compiled
def _cell(asked: Lookups, which: int, place: Int) -> Int:
    offset = (place & (FRAMES_MAX - 1)) - asked.frame[which]
    pitch = np.int64(asked.band[which]) - (place >> FRAME_BITS) + PITCHES // 2
    cell: Int = (offset // CELL_FRAMES << _ROW_BITS) + pitch
    return cell


@compiled
def _bits(table: Table) -> int:
    """Give the base-2 logarithm of the table's size: a shift costs a tenth of a division."""
    bits = 0
    while 1 << bits < len(table):
        bits += 1
    return bits


@compiled
def _whose(cell: Int, bits: int) -> Int:
    """Give the bits that tell cells of one place from each other."""
    return (cell >> bits) & 63


@compiled
def _left(word: Int, now: int) -> Int:
    """Give what is left of a word's votes."""
    votes: Int = ((word >> 20) * np.int64(_FADE[(now - word) & 255])) >> 16
    return votes


@compiled
def _ballots(
    ballot: Ballot, asked: Lookups, start: NDArray[np.int64], stop: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Write every vote down: its salted cell, its weight (6 bits) and its anchor's mark (6)."""
    ballots = np.empty(np.sum(stop - start), np.int64)
    count = 0
    for which in range(len(start)):
        if start[which] == stop[which]:
            continue
        weight: Int = (_WEIGHT_MAX - np.int64(asked.doubt[which]) // 8) * UNIT
        anchor = (np.int64(asked.frame[which]) * 31 + np.int64(asked.band[which])) % 63 + 1
        for at in range(start[which], stop[which]):
            cell = _cell(asked, which, np.int64(ballot.postings.place[at])) + ballot.salt
            ballots[count] = cell << _CELL_SHIFT | weight << _MARK_BITS | anchor
            count += 1
    return ballots


@compiled
def _cast(table: Table, ballots: NDArray[np.int64], block: int) -> Int:
    """Count every vote.

    Each vote is for another far place of the table, and what is done depends on the word there:
    so the words of some votes are fetched together before they are looked at one by one. What
    is returned only keeps the fetching from being left out.
    """
    fetched: Int = np.int64(0)
    mask, bits, now = len(table) - 1, _bits(table), block & 255
    for first in range(0, len(ballots), TOGETHER):
        some = ballots[first : first + TOGETHER]
        for one in some:
            fetched += table[one >> _CELL_SHIFT & mask]
        for one in some:
            cell, weight, anchor = one >> _CELL_SHIFT, one >> _MARK_BITS & 63, one & 63
            word, whose = np.int64(table[cell & mask]), _whose(cell, bits)
            votes = _left(word, now)
            if (word >> 14) & 63 == whose:
                if votes and (word >> 8) & 63 == anchor:
                    continue
                votes = min(votes + weight, _VOTES_MAX)
            elif votes > weight:
                table[cell & mask] = (votes - weight // 2) << 20 | (word & 0xFFF00) | now
                continue
            else:
                votes = weight
            table[cell & mask] = votes << 20 | whose << 14 | anchor << 8 | now
    return fetched


@compiled
def _full(
    table: Table, salt: int, ballots: NDArray[np.int64], most: int
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Give the fullest of the cells that just got votes; some of them more than once."""
    mask, bits = len(table) - 1, _bits(table)
    votes = np.empty(len(ballots), np.int32)
    for which in range(len(ballots)):  # without a branch, so that fetches overlap
        cell = ballots[which] >> _CELL_SHIFT
        word = np.int64(table[cell & mask])
        votes[which] = (word >> 20) * ((word >> 14) & 63 == _whose(cell, bits))
    reached = np.zeros(_VOTES_MAX + 1, np.int32)
    for one in votes:
        reached[one] += 1
    least, count = len(reached) - 1, reached[-1]
    while least > 1 and (not count or count + reached[least - 1] <= most):
        least -= 1
        count += reached[least]
    lines = np.empty(min(count, most), np.int64)
    pitches = np.empty(min(count, most), np.int32)
    count = 0
    for which in range(len(ballots)):
        if votes[which] >= least and count < len(lines):
            cell = (ballots[which] >> _CELL_SHIFT) - salt
            lines[count] = (cell >> _ROW_BITS) * CELL_FRAMES + CELL_FRAMES // 2
            pitches[count] = (cell & (PITCHES - 1)) - PITCHES // 2
            count += 1
    return lines[:count], pitches[:count]


@compiled
def _own(table: Table, cell: Int, now: int) -> Int:
    """Give the votes of a cell, none when another has its place."""
    mask = len(table) - 1
    word: Int = np.int64(table[cell & mask])
    return _left(word, now) if (word >> 14) & 63 == _whose(cell, _bits(table)) else np.int64(0)


@compiled
def _around(table: Table, cell: Int, now: int) -> Int:
    """Sum the votes of a cell and its neighbours: a match lies across borders."""
    votes: Int = np.int64(0)
    for row in (-PITCHES, 0, PITCHES):
        for beside in (-1, 0, 1):
            votes += _own(table, cell + row + beside, now)
    return votes


@compiled
def _fullest(
    table: Table,
    salt: int,
    lines: NDArray[np.int64],
    pitches: NDArray[np.int32],
    block: int,
    keep: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Sort cells by what their votes are worth, leaving out those beside a better one."""
    cells = (lines // CELL_FRAMES << _ROW_BITS) + pitches + PITCHES // 2
    cells = np.unique(cells)
    votes = np.empty(len(cells), np.int64)
    rank = np.empty(len(cells), np.int64)
    for which in range(len(cells)):
        own = cells[which] + salt
        votes[which] = _around(table, own, block & 255)
        # Of equals the one in the middle, which has the votes itself.
        rank[which] = votes[which] * (_VOTES_MAX + 1) + _own(table, own, block & 255)
        rank[which] *= _LIKELY[cells[which] & (PITCHES - 1)]
    best = np.empty(keep, np.int64)
    count = 0
    for which in np.argsort(-rank):
        if count == keep or votes[which] == 0:
            break
        if not _is_beside(cells, best[:count], cells[which]):
            best[count] = which
            count += 1
    chosen = cells[best[:count]]
    kept = np.empty(count, np.int32)
    for which in range(count):
        own = _peak(table, chosen[which] + salt, block & 255)
        chosen[which], kept[which] = own - salt, _around(table, own, block & 255)
    line = (chosen >> _ROW_BITS) * CELL_FRAMES + CELL_FRAMES // 2
    pitch = ((chosen & (PITCHES - 1)) - PITCHES // 2).astype(np.int32)
    return line, pitch, kept


@compiled
def _peak(table: Table, cell: Int, now: int) -> Int:
    """Give the fullest of a cell and its neighbours: one of a likelier pitch took its place."""
    best, most = cell, _own(table, cell, now)
    for row in (-PITCHES, 0, PITCHES):
        for beside in (-1, 0, 1):
            votes = _own(table, cell + row + beside, now)
            if votes > most:
                best, most = cell + row + beside, votes
    return best


@compiled
def _is_beside(cells: NDArray[np.int64], taken: NDArray[np.int64], cell: Int) -> bool:
    for one in taken:
        rows = abs((cells[one] >> _ROW_BITS) - (cell >> _ROW_BITS))
        tones = abs((cells[one] & (PITCHES - 1)) - (cell & (PITCHES - 1)))
        if rows <= _BESIDE and tones <= _BESIDE:
            return True
    return False
