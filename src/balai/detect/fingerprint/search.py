"""Finding a query in the index: candidates by votes, the best of them verified."""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.landmarks import QUERY, Landmarks, of_spectrogram
from balai.detect.fingerprint.refine import refined
from balai.detect.fingerprint.segment import Segment
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, Spectrogram
from balai.detect.fingerprint.triplets import query_triplets
from balai.detect.fingerprint.verify import Fit, Stand, fine, rough, stand_of
from balai.detect.fingerprint.votes import Cells, candidates

PITCHES: Final = 5  # half semitones up and down
CANDIDATES: Final = 300
VERIFIED: Final = 12
SPEEDS: Final = 9  # steps of 0.5 %
_NOTHING: Final = -9.0
_RANKED: Final = 60  # candidates whose votes tell what chance gives
_OTHERS: Final = 3
_USUAL_OTHER: Final = 5.0  # what others reach in a large catalogue; stands in for missing ones
_CLEAR: Final = 8.0  # so far above the middle, another candidate is no background: a duplicate
_VOTES_WORTH: Final = 1.5  # of the logarithm of votes against others' votes, in units of fit
_VOTES_DOUBT: Final = 20.0
_VOTES_BY_CHANCE: Final = 0.0025  # of each triplet of the query, where others are too few


@dataclass(frozen=True, slots=True)
class Finding:
    """The best candidate of one query.

    `score` tells how far it stands out of what the best other recordings reach by chance, in
    fit and in votes; `window_s` is how long the query was; `offset_s` is the place in the
    recording at the query's beginning.
    """

    recording: str
    score: float
    window_s: float
    offset_s: float
    speed: float
    pitch_semitones: float
    votes: int
    alike: tuple[str, ...] = ()  # other recordings that are as clearly there: duplicates


@dataclass(frozen=True, slots=True)
class _Verified:
    segment: Segment
    which: int
    fit: Fit
    votes: int

    @property
    def name(self) -> str:
        return self.segment.recordings[self.which]


@dataclass(slots=True)
class _Chance:
    """What recordings that are not there reach: the fits and the votes of all candidates."""

    triplets: int
    fits: list[NDArray[np.float64]] = field(default_factory=list)
    votes: dict[str, int] = field(default_factory=dict)

    def add(self, segment: Segment, cells: Cells, fits: NDArray[np.float64]) -> None:
        self.fits.append(fits[fits > _NOTHING])
        # The fullest cells come first: a recording's first one has its most votes.
        for frame, votes in zip(cells.frame[:_RANKED], cells.votes[:_RANKED], strict=True):
            name = segment.recordings[segment.where(int(frame))[0]]
            self.votes[name] = max(self.votes.get(name, 0), int(votes))

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
        usual = _VOTES_BY_CHANCE * self.triplets
        return max(usual, float(np.mean((others + [0] * _OTHERS)[:_OTHERS])))


def find(
    energy: Spectrogram, segments: Sequence[Segment], *, withdrawn: Set[str] = frozenset()
) -> Finding | None:
    """Find what a stretch of sound most likely is; None when nothing can be compared.

    Shapes:
        energy: (n, 92), two to twelve seconds
    """
    heard = of_spectrogram(energy, QUERY)
    query = query_triplets(heard)
    if not len(query.key):
        return None
    stand = stand_of(energy)
    verified: list[_Verified] = []
    chance = _Chance(len(query.key))
    for segment in segments:
        cells = candidates(query, segment.postings, pitches=PITCHES, keep=CANDIDATES)
        rough_scores = rough(stand, segment.marks, cells)
        chance.add(segment, cells, rough_scores)
        verified += _verified(stand, cells, rough_scores, segment, withdrawn)
    return _best(verified, chance, heard, len(energy)) if verified else None


def _verified(
    stand: Stand,
    cells: Cells,
    scores: NDArray[np.float64],
    segment: Segment,
    withdrawn: Set[str],
) -> list[_Verified]:
    """Look closely at the best candidates."""
    found = []
    for which in np.argsort(-scores, kind="stable")[:VERIFIED]:
        recording, _ = segment.where(int(cells.frame[which]))
        if scores[which] > _NOTHING and segment.recordings[recording] not in withdrawn:
            frame, pitch = int(cells.frame[which]), int(cells.pitch[which])
            fit = fine(stand, segment.marks, frame, pitch, speeds=SPEEDS)
            found.append(_Verified(segment, recording, fit, int(cells.votes[which])))
    return found


def _best(verified: list[_Verified], chance: _Chance, heard: Landmarks, frames: int) -> Finding:
    verified.sort(key=lambda one: -one.fit.score)
    best = verified[0]
    others: dict[str, float] = {}
    for one in verified:
        others.setdefault(one.name, one.fit.score)
    del others[best.name]
    alike = chance.clear(others)
    background = chance.fit([fit for name, fit in others.items() if name not in alike])
    by_chance = chance.votes_without({best.name, *alike})
    stands_out = math.log((best.votes + _VOTES_DOUBT) / (by_chance + _VOTES_DOUBT))
    frame, speed = refined(best.fit, heard, best.segment.near(best.fit.frame, frames))
    return Finding(
        recording=best.name,
        score=best.fit.score - background + _VOTES_WORTH * stands_out,
        window_s=frames / FRAMES_PER_S,
        offset_s=(frame - float(best.segment.begins[best.which])) / FRAMES_PER_S,
        speed=speed,
        pitch_semitones=best.fit.pitch / 2,
        votes=best.votes,
        alike=alike,
    )
