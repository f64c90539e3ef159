"""Finding a query in the index: candidates by votes, the best of them verified."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

import numpy as np

from balai.detect.fingerprint.landmarks import QUERY, of_spectrogram
from balai.detect.fingerprint.segment import Segment
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, Spectrogram
from balai.detect.fingerprint.triplets import query_triplets
from balai.detect.fingerprint.verify import Fit, Stand, fine, rough, stand_of
from balai.detect.fingerprint.votes import Cells, candidates

PITCHES: Final = 5  # half semitones up and down
CANDIDATES: Final = 300
VERIFIED: Final = 12
_SPEEDS: Final = 9  # steps of 0.5 %
_NOTHING: Final = -9.0


@dataclass(frozen=True, slots=True)
class Finding:
    """The best candidate of one query.

    `score` tells how far it stands out of the query's own background: what the other
    candidates reached. `offset_s` is the place in the recording at the query's beginning.
    """

    recording: str
    score: float
    offset_s: float
    speed: float
    pitch_semitones: float
    votes: int
    fit: float
    background: float


def find(
    energy: Spectrogram, segments: Sequence[Segment], *, withdrawn: Set[str] = frozenset()
) -> Finding | None:
    """Find what a stretch of sound most likely is.

    Shapes:
        energy: (n, 92), two to twelve seconds
    """
    query = query_triplets(of_spectrogram(energy, QUERY))
    stand = stand_of(energy)
    found = [_in_segment(stand, candidates(query, one.postings, pitches=PITCHES,
                                           keep=CANDIDATES), one, withdrawn)
             for one in segments]
    best = [one for one in found if one is not None]
    return max(best, key=lambda one: one.score, default=None)


def _in_segment(
    stand: Stand, cells: Cells, segment: Segment, withdrawn: Set[str]
) -> Finding | None:
    scores = rough(stand, segment.marks, cells)
    is_real = scores > _NOTHING
    if not is_real.any():
        return None
    background = float(np.median(scores[is_real]))
    best: tuple[Fit, int] | None = None
    for which in np.argsort(-scores, kind="stable")[:VERIFIED]:
        if scores[which] <= _NOTHING or _is_withdrawn(segment, cells, which, withdrawn):
            continue
        fit = fine(stand, segment.marks, int(cells.frame[which]), int(cells.pitch[which]),
                   speeds=_SPEEDS)
        if best is None or fit.score > best[0].score:
            best = (fit, int(cells.votes[which]))
    return None if best is None else _finding(segment, best[0], best[1], background)


def _is_withdrawn(segment: Segment, cells: Cells, which: int, withdrawn: Set[str]) -> bool:
    return segment.recordings[segment.where(int(cells.frame[which]))[0]] in withdrawn


def _finding(segment: Segment, fit: Fit, votes: int, background: float) -> Finding:
    recording, frame = segment.where(fit.frame)
    return Finding(
        recording=segment.recordings[recording],
        score=fit.score - background,
        offset_s=frame / FRAMES_PER_S,
        speed=fit.speed,
        pitch_semitones=fit.pitch / 2,
        votes=votes,
        fit=fit.score,
        background=background,
    )
