"""Searching the index for one voice: candidates by votes, the best of them verified."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.agreement import Grid, agreement, grid_of
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.playing import unlikely
from balai.detect.fingerprint.query import Query
from balai.detect.fingerprint.refine import refined
from balai.detect.fingerprint.runs import by_doubt
from balai.detect.fingerprint.segment import Segment
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, Spectrogram
from balai.detect.fingerprint.triplets import Lookups
from balai.detect.fingerprint.verify import NOTHING, Fit, Stand, fine, rough, stand_of
from balai.detect.fingerprint.votes import (
    NO_CELLS,
    UNIT,
    Ballot,
    Cells,
    Limits,
    Table,
    sweep,
    table_size,
    vote,
)

VOTES: Final = 100_000  # of each half second, over all segments
FULL: Final = 2_000  # of them, those for the fullest cells
_SHARE_MIN: Final = 0.02  # of all this, for the smallest segment
CANDIDATES: Final = 80
VERIFIED: Final = 14
LINES: Final = 4  # of one recording among them: the others tell what chance gives
_WORTH_PLACING: Final = 1.0  # findings below it are never told
_OTHERS: Final = 3
_USUAL_OTHER: Final = 5.0  # what others reach in a large catalogue; stands in for missing ones
_USUAL_VOTES: Final = 60.0  # and in votes
_CLEAR: Final = 6.0  # so far above the middle, another candidate is no background: a duplicate
_VOTES_WORTH: Final = 2.0  # of the logarithm of votes against others' votes, in units of fit
_VOTES_DOUBT: Final = 20.0
_AGREED_WORTH: Final = 0.2  # of a landmark that falls together, in units of fit
_COMPARED: Final = 4  # of 1,518 right ones, two were below the second


@dataclass(frozen=True, slots=True)
class Finding:
    """The best candidate of one look.

    `score` tells how far it stands out of what the best other recordings reach by chance, in
    fit and in votes, and how many landmarks fall together; `window_s` is how long the look was;
    `offset_s` is the place in the recording at the window's beginning.
    """

    recording: str
    score: float
    window_s: float
    offset_s: float
    speed: float
    pitch_semitones: float
    votes: int
    alike: tuple[str, ...] = ()  # other recordings that are as clearly there: duplicates


class InForce(NamedTuple):
    """What is searched now: segments by name, and the recordings that count no more."""

    segments: Mapping[str, Segment]
    withdrawn: Set[str]


NOTHING_LISTED: Final = InForce({}, frozenset())


@dataclass(frozen=True, slots=True)
class _Verified:
    segment: Segment
    which: int
    fit: Fit
    votes: float
    agreed: float = 0.0  # landmarks
    unlikely: float = 0.0  # in units of fit

    @property
    def name(self) -> str:
        return self.segment.recordings[self.which]

    def compared(self, heard: Grid) -> "_Verified":
        """Count the landmarks that fall together, and doubt a strange way of playing."""
        agreed, speed = agreement(heard, self.segment.marks, self.fit)
        return replace(self, agreed=agreed, unlikely=unlikely(speed, self.fit.pitch))

    @property
    def weight(self) -> float:
        """All that speaks for it, less what speaks against it, in units of fit."""
        fits = self.fit.score + _votes_weigh(self.votes) + _AGREED_WORTH * self.agreed
        return fits - self.unlikely


class _Tried(NamedTuple):
    """A candidate that was roughly laid under the voice."""

    segment: Segment
    which: int
    frame: int
    speed: float
    pitch: int
    votes: float
    fit: float

    @property
    def name(self) -> str:
        return self.segment.recordings[self.which]

    def verified(self, stand: Stand) -> _Verified:
        """Look closely."""
        fit = fine(stand, self.segment.marks, self.frame, self.speed, self.pitch)
        return _Verified(self.segment, self.which, fit, self.votes)


@dataclass(slots=True)
class _Chance:
    """What recordings that are not there reach: the fits and the votes of all candidates."""

    fits: list[NDArray[np.float64]] = field(default_factory=list)
    votes: dict[str, float] = field(default_factory=dict)

    def clear(self, fits: Mapping[str, float]) -> tuple[str, ...]:
        """Name those whose fit no chance gives: the same sound under another name."""
        middle = float(np.median(np.concatenate([*self.fits, np.zeros(0)])))
        return tuple(name for name, fit in fits.items() if fit - middle >= _CLEAR)

    def fit(self, others: Sequence[float]) -> float:
        """Give the mean of the best three others."""
        return float(np.mean((list(others) + [_USUAL_OTHER] * _OTHERS)[:_OTHERS]))

    def votes_without(self, names: Set[str]) -> float:
        """Give the mean of the three others with the most votes, or what is usual."""
        others = sorted((v for one, v in self.votes.items() if one not in names), reverse=True)
        return max(_USUAL_VOTES, float(np.mean((others + [0.0] * _OTHERS)[:_OTHERS])))


class Search:
    """The search for one voice. Let it hear everything in order, then look."""

    def __init__(self) -> None:
        self._query = Query()
        self._block = 0
        self._table: Table = np.zeros(0, np.uint32)
        self._cells: dict[str, Cells] = {}

    @property
    def heard(self) -> int:
        """How many frames were heard."""
        return self._query.heard

    def hear(self, energy: Spectrogram, index: InForce) -> None:
        """Hear the next frames.

        Shapes:
            energy: (n, 92)
        """
        self._vote(self._query.hear(energy), index)

    def finish(self, index: InForce) -> None:
        """Count what was heard since the last whole half second: nothing more will be."""
        self._vote(self._query.finish(), index)

    def look(self, frames: int, index: InForce) -> Finding | None:
        """Tell what the last frames most likely are; None when nothing can be compared."""
        energy = self._query.window(frames)
        best = self._best(index)
        if not best or not len(energy):
            return None
        begin, stand = self._query.heard - len(energy), stand_of(energy)
        tried: list[_Tried] = []
        chance = _Chance()
        for name, cells in best.items():
            segment = index.segments[name]
            frames_there = cells.line + begin
            fits = rough(stand, segment.marks, frames_there, cells.pitch)
            chance.fits.append(fits.score[fits.score > NOTHING])
            rows = zip(
                segment.where(frames_there, len(energy)).tolist(),
                (frames_there + fits.shift).tolist(),
                fits.speed.tolist(),
                cells.pitch.tolist(),
                (cells.votes / UNIT).tolist(),
                fits.score.tolist(),
                strict=True,
            )
            for one in (_Tried(segment, *row) for row in rows):
                if one.name in index.withdrawn:
                    continue
                chance.votes[one.name] = max(chance.votes.get(one.name, 0.0), one.votes)
                if one.fit > NOTHING:
                    tried.append(one)
        verified = [one.verified(stand) for one in _worth_verifying(tried)]
        heard = self._query.landmarks(frames)
        return _finding(verified, chance, heard, len(energy)) if verified else None

    def _vote(self, asked: Iterable[Lookups], index: InForce) -> None:
        frames = sum(segment.frames for segment in index.segments.values())
        if len(self._table) < table_size(frames):
            self._table = np.zeros(table_size(frames), np.uint32)  # the list has grown
        for one in asked:
            self._block += 1
            sweep(self._table, self._block)
            order = by_doubt(one.doubt)
            self._cells = {
                name: vote(
                    Ballot(segment.postings, self._table, segment.salt),
                    one,
                    order,
                    self._block,
                    _limits(segment.frames / max(frames, 1)),
                    self._cells.get(name, NO_CELLS),
                )
                for name, segment in index.segments.items()
            }

    def _best(self, index: InForce) -> dict[str, Cells]:
        """Give the likeliest candidates of all segments."""
        known = {name: one for name, one in self._cells.items() if name in index.segments}
        worth = np.concatenate([np.zeros(0, np.int64), *(one.worth for one in known.values())])
        if len(worth) <= CANDIDATES:
            return {name: one for name, one in known.items() if len(one.line)}
        least = np.partition(worth, -CANDIDATES)[-CANDIDATES]
        kept = {
            name: Cells(*(part[one.worth >= least] for part in one))
            for name, one in known.items()
        }
        return {name: one for name, one in kept.items() if len(one.line)}


def _worth_verifying(tried: list[_Tried]) -> list[_Tried]:
    """Choose the best, but not too many of one recording."""
    chosen: list[_Tried] = []
    lines: Counter[str] = Counter()
    for one in sorted(tried, key=lambda one: -one.fit):
        lines[one.name] += 1
        if lines[one.name] <= LINES:
            chosen.append(one)
        if len(chosen) == VERIFIED:
            break
    return chosen


def _limits(share: float) -> Limits:
    share = max(share, _SHARE_MIN)
    return Limits(round(VOTES * share), round(FULL * share), CANDIDATES)


def _votes_weigh(votes: float) -> float:
    return _VOTES_WORTH * math.log(votes + _VOTES_DOUBT)


def _finding(
    verified: list[_Verified], chance: _Chance, heard: Landmarks, frames: int
) -> Finding:
    likely = sorted(verified, key=lambda one: -one.weight)[:_COMPARED]
    grid = grid_of(heard, frames)
    best = max((one.compared(grid) for one in likely), key=lambda one: one.weight)
    verified.sort(key=lambda one: -one.fit.score)
    others: dict[str, float] = {}
    for one in verified:
        others.setdefault(one.name, one.fit.score)
    del others[best.name]
    alike = chance.clear(others)
    background = chance.fit([fit for name, fit in others.items() if name not in alike])
    by_chance = chance.votes_without({best.name, *alike})
    score = best.weight - background - _votes_weigh(by_chance)
    frame, speed = float(best.fit.frame), best.fit.speed
    if score >= _WORTH_PLACING:
        frame, speed = refined(best.fit, heard, best.segment.near(best.fit.frame, frames))
    return Finding(
        recording=best.name,
        score=score,
        window_s=frames / FRAMES_PER_S,
        offset_s=(frame - float(best.segment.begins[best.which])) / FRAMES_PER_S,
        speed=speed,
        pitch_semitones=best.fit.pitch / 2,
        votes=round(best.votes),
        alike=alike,
    )
