"""Finding a query in the index: candidates by votes, the best of them verified."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
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
_OTHERS: Final = 3
_USUAL_OTHER: Final = 5.0  # what others reach in a large catalogue; stands in for missing ones
_CLEAR: Final = 8.0  # so far above the middle, another candidate is no background: a duplicate


@dataclass(frozen=True, slots=True)
class Finding:
    """The best candidate of one query.

    `score` tells how far it stands out of what the best other recordings reach by chance;
    `offset_s` is the place in the recording at the query's beginning.
    """

    recording: str
    score: float
    offset_s: float
    speed: float
    pitch_semitones: float
    votes: int


@dataclass(frozen=True, slots=True)
class _Verified:
    segment: Segment
    which: int
    fit: Fit
    votes: int


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
    scores: list[NDArray[np.float64]] = []
    for segment in segments:
        cells = candidates(query, segment.postings, pitches=PITCHES, keep=CANDIDATES)
        rough_scores = rough(stand, segment.marks, cells)
        scores.append(rough_scores[rough_scores > _NOTHING])
        verified += _verified(stand, cells, rough_scores, segment, withdrawn)
    return _best(verified, np.concatenate([*scores, np.zeros(0)]), heard)


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


def _best(
    verified: list[_Verified], scores: NDArray[np.float64], heard: Landmarks
) -> Finding | None:
    if not verified:
        return None
    verified.sort(key=lambda one: -one.fit.score)
    best = verified[0]
    name = best.segment.recordings[best.which]
    others: dict[str, float] = {}
    for one in verified:
        others.setdefault(one.segment.recordings[one.which], one.fit.score)
    del others[name]
    background = _background(list(others.values()), float(np.median(scores)))
    # The length of the query is that of its landmarks, and a little more does no harm.
    length = int(heard.frame[-1]) + 1 if len(heard.frame) else 0
    frame, speed = refined(best.fit, heard, best.segment.near(best.fit.frame, length))
    return Finding(
        recording=name,
        score=best.fit.score - background,
        offset_s=(frame - float(best.segment.begins[best.which])) / FRAMES_PER_S,
        speed=speed,
        pitch_semitones=best.fit.pitch / 2,
        votes=best.votes,
    )


def _background(others: list[float], middle: float) -> float:
    """Tell what chance reaches: the mean of the best three others, clear matches left out."""
    by_chance = [score for score in others if score - middle < _CLEAR]
    return float(np.mean((by_chance + [_USUAL_OTHER] * _OTHERS)[:_OTHERS]))
