"""Is the recording really there? Its landmarks, warped onto the query, must stand out.

Energy adds up: whoever talks over a recording adds energy elsewhere, while most of the
recording's own maxima stay high against their surroundings. The mean of the query's
standardised spectrogram at the places where they should be is compared with what other places
of the same bands have.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.segment import BLOCK_SHIFT, Marks
from balai.detect.fingerprint.spectrum import Spectrogram, standardised
from balai.detect.fingerprint.votes import Cells

LANDMARKS_MIN: Final = 12  # fewer prove nothing
SPEED_STEP: Final = 0.005
_SURROUNDING_FRAMES: Final = 31
_SURROUNDING_BANDS: Final = 10
_STRETCH_MAX: Final = 1.12
_MARGIN_FRAMES: Final = 60
_DOUBT: Final = 6.0  # as if so many landmarks more had shown nothing


class Stand(NamedTuple):
    """How far each cell of a query stands out, and what is usual in each band.

    Shapes:
        score: (n, 92)
        usual: (92,)
        spread: standard deviation over all
    """

    score: Spectrogram
    usual: NDArray[np.float32]
    spread: float


class Fit(NamedTuple):
    """The best way to lay a recording under a query.

    `frame` is the time line's frame at the query's first, `speed` query frames per reference
    frame upside down: reference frames that pass per query frame; `pitch` in half semitones.
    """

    score: float
    frame: int
    speed: float
    pitch: int
    landmarks: int


def stand_of(energy: Spectrogram) -> Stand:
    """Prepare a query for verification.

    Shapes:
        energy: (n, 92)
    """
    score = standardised(energy, _SURROUNDING_FRAMES, _SURROUNDING_BANDS)
    return Stand(score, score.mean(axis=0), max(float(score.std()), 1e-3))


def rough(stand: Stand, marks: Marks, cells: Cells) -> NDArray[np.float64]:
    """Score each candidate on a coarse grid of offsets and speeds.

    Shapes:
        returns: (cells,), -9 where too little of the recording is left to tell
    """
    return _rough(stand, marks, cells.frame, cells.pitch)


def fine(stand: Stand, marks: Marks, frame: int, pitch: int, *, speeds: int) -> Fit:
    """Find the best offset, speed and pitch near a candidate.

    Shapes:
        speeds: how many steps of 0.5 % up and down
    """
    return Fit(*_fine(stand, marks, frame, pitch, speeds))


@compiled
def _span(marks: Marks, frame: int, length: int) -> tuple[int, int]:
    """Give the blocks that can hold landmarks of this stretch."""
    last = len(marks.start) - 1
    first = max(0, frame - _MARGIN_FRAMES) >> BLOCK_SHIFT
    end = (max(0, frame + int(length * _STRETCH_MAX) + _MARGIN_FRAMES) >> BLOCK_SHIFT) + 1
    return min(first, last), min(end, last)


@compiled
def _score(
    stand: Stand, marks: Marks, span: tuple[int, int], place: tuple[float, float, int]
) -> tuple[float, int]:
    """Score one way to lay the recording: (its frame at the query's first, speed, pitch)."""
    frames, bands = stand.score.shape
    at, speed, pitch = place
    slower = 1.0 / speed
    total = 0.0
    count = 0
    for block in range(span[0], span[1]):
        base = (block << BLOCK_SHIFT) - at
        for mark in range(marks.start[block], marks.start[block + 1]):
            frame = int((base + np.int64(marks.frame[mark])) * slower + 0.5)
            band = np.int64(marks.band[mark]) + pitch
            if 0 <= frame < frames and 0 <= band < bands:
                total += stand.score[frame, band] - stand.usual[band]
                count += 1
    if count < LANDMARKS_MIN:
        return -9.0, count
    return total / (stand.spread * np.sqrt(count + _DOUBT)), count


@compiled
def _rough(
    stand: Stand, marks: Marks, frames: NDArray[np.int64], pitches: NDArray[np.int32]
) -> NDArray[np.float64]:
    best = np.full(len(frames), -9.0)
    for which in range(len(frames)):
        frame = frames[which]
        span = _span(marks, frame, stand.score.shape[0])
        for speed in (0.97, 1.0, 1.03):
            for shift in range(-18, 19, 3):
                place = (float(frame + shift), speed, int(pitches[which]))
                score, _ = _score(stand, marks, span, place)
                best[which] = max(best[which], score)
    return best


@compiled
def _fine(
    stand: Stand, marks: Marks, frame: int, pitch: int, speeds: int
) -> tuple[float, int, float, int, int]:
    span = _span(marks, frame, stand.score.shape[0])
    best = (-9.0, 0, 1.0, 0, 0)
    for step in range(-speeds, speeds + 1, 2):
        for tone in range(pitch - 1, pitch + 2):
            for shift in range(-20, 21, 2):
                place = (float(frame + shift), 1.0 + SPEED_STEP * step, tone)
                best = _better(stand, marks, span, place, best)
    _, around, speed, tone, _ = best
    for step in range(-2, 3):
        for shift in range(-2, 3):
            place = (float(around + shift), speed + SPEED_STEP / 2 * step, tone)
            best = _better(stand, marks, span, place, best)
    return best


@compiled
def _better(
    stand: Stand,
    marks: Marks,
    span: tuple[int, int],
    place: tuple[float, float, int],
    best: tuple[float, int, float, int, int],
) -> tuple[float, int, float, int, int]:
    score, count = _score(stand, marks, span, place)
    if score <= best[0]:
        return best
    return score, int(place[0]), place[1], place[2], count
