"""Is the recording really there? Its landmarks, warped onto the query, must stand out.

Energy adds up: whoever talks over a recording adds energy elsewhere, while most of the
recording's own maxima stay high against their surroundings. The mean of the query's
standardised spectrogram at the places where they should be is compared with what other places
of the same bands have.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.segment import BLOCK_SHIFT, Marks
from balai.detect.fingerprint.spectrum import Spectrogram, standardised

NOTHING: Final = -9.0  # the score where nothing can be compared
LANDMARKS_MIN: Final = 12  # fewer prove nothing
SPEED_STEP: Final = 0.005
_SPEEDS: Final = np.array([0.97, 1.0, 1.03])
_LONG_SPEEDS: Final = np.array(
    [0.96, 0.98, 1.0, 1.02, 1.04]
)  # the longer, the more a speed matters
# So much of what a whole frame stands out by is taken away: every beat stands out in all bands,
# and any two pieces of one tempo would fit each other.
_BEAT: Final = np.float32(0.8)
_LONG_FRAMES: Final = 400
_VOTED_FRAMES: Final = 187  # before the end of the query: the votes' mean age
_ROUGH_REACH: Final = 18  # frames
_ROUGH_STEP: Final = 3
_SURROUNDING_FRAMES: Final = 31
_SURROUNDING_BANDS: Final = 10
_STRETCH_MAX: Final = 1.06
_MARGIN_FRAMES: Final = 60
_DOUBT: Final = 6.0  # as if so many landmarks more had shown nothing


# The landmarks near a candidate: their frames counted from its own, and their bands.
Near: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]


class Stand(NamedTuple):
    """How far each cell of a query stands out, more than is usual in its band and its frame.

    Shapes:
        score: (n, 92)
        spread: standard deviation over all, the usual included
    """

    score: Spectrogram
    spread: float


class Fit(NamedTuple):
    """The best way to lay a recording under a query.

    `frame` is the time line's frame at the query's first, `speed` in reference frames per query
    frame, `pitch` in half semitones.
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
    score -= _BEAT * score.mean(axis=1, keepdims=True)
    return Stand(score - score.mean(axis=0), max(float(score.std()), 1e-3))


class Rough(NamedTuple):
    """The best place of each candidate on a coarse grid.

    Shapes:
        score: (n,), -9 where too little of the recording is left to tell
        shift: (n,) frames
        speed: (n,)
    """

    score: NDArray[np.float64]
    shift: NDArray[np.int64]
    speed: NDArray[np.float64]


def rough(
    stand: Stand, marks: Marks, frames: NDArray[np.int64], pitches: NDArray[np.int32]
) -> Rough:
    """Score candidates on a coarse grid of offsets and speeds.

    Shapes:
        frames: (n,), of the time line at the query's first frame, were the speed 1
        pitches: (n,), half semitones
    """
    speeds = _LONG_SPEEDS if len(stand.score) > _LONG_FRAMES else _SPEEDS
    return Rough(*_rough(stand, marks, frames, pitches, speeds))


def fine(stand: Stand, marks: Marks, frame: int, speed: float, pitch: int) -> Fit:
    """Find the best offset, speed and pitch near a rough one."""
    return Fit(*_fine(stand, marks, (frame, speed, pitch)))


@compiled
def _span(marks: Marks, frame: int, length: int) -> tuple[int, int]:
    """Give the blocks that can hold landmarks of this stretch."""
    last = len(marks.start) - 1
    first = max(0, frame - _MARGIN_FRAMES) >> BLOCK_SHIFT
    end = (max(0, frame + int(length * _STRETCH_MAX) + _MARGIN_FRAMES) >> BLOCK_SHIFT) + 1
    return min(first, last), min(end, last)


@compiled
def near(marks: Marks, frame: int, length: int) -> Near:
    """Give the landmarks near a candidate of so many frames, and some on either side.

    Shapes:
        returns: two of (n,)
    """
    first, end = _span(marks, frame, length)
    begin, stop = np.int64(marks.start[first]), np.int64(marks.start[end])
    at = np.empty(stop - begin, np.float64)
    band = np.empty(stop - begin, np.int64)
    for block in range(first, end):
        base = (block << BLOCK_SHIFT) - frame
        for mark in range(marks.start[block], marks.start[block + 1]):
            at[mark - begin] = base + np.int64(marks.frame[mark])
            band[mark - begin] = marks.band[mark]
    return at, band


@compiled
def _score(
    stand: Stand,
    found: Near,
    place: tuple[float, float, int],
) -> tuple[float, int]:
    """Score one way to lay the recording: (its frame at the query's first, speed, pitch)."""
    frames, bands = stand.score.shape
    shift, speed, pitch = place
    at, low = found
    slower = 1.0 / speed
    total = 0.0
    count = 0
    for mark in range(len(at)):
        frame = int((at[mark] - shift) * slower + 0.5)
        band = low[mark] + pitch
        if 0 <= frame < frames and 0 <= band < bands:
            total += stand.score[frame, band]
            count += 1
    if count < LANDMARKS_MIN:
        return NOTHING, count
    return total / (stand.spread * np.sqrt(count + _DOUBT)), count


@compiled
def _rough(
    stand: Stand,
    marks: Marks,
    frames: NDArray[np.int64],
    pitches: NDArray[np.int32],
    tried: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    best = np.full(len(frames), NOTHING)
    shifts = np.zeros(len(frames), np.int64)
    speeds = np.ones(len(frames), np.float64)
    length = stand.score.shape[0]
    pivot = max(0, length - _VOTED_FRAMES)
    for which in range(len(frames)):
        found = near(marks, frames[which], length)
        for speed in tried:
            middle = int((1 - speed) * pivot)
            for shift in range(middle - _ROUGH_REACH, middle + _ROUGH_REACH + 1, _ROUGH_STEP):
                score, _ = _score(stand, found, (float(shift), speed, int(pitches[which])))
                if score > best[which]:
                    best[which], shifts[which], speeds[which] = score, shift, speed
    return best, shifts, speeds


@compiled
def _fine(
    stand: Stand, marks: Marks, around: tuple[int, float, int]
) -> tuple[float, int, float, int, int]:
    frame, speed, pitch = around
    found = near(marks, frame, stand.score.shape[0])
    best = (NOTHING, 0, speed, pitch, 0)
    for step in range(-4, 5, 2):
        for tone in range(pitch - 1, pitch + 2):
            for shift in range(-4, 5, 2):
                place = (float(shift), speed + SPEED_STEP * step, tone)
                best = _better(stand, found, place, best)
    _, shifted, speed, tone, _ = best
    for step in range(-2, 3):
        for shift in range(-2, 3):
            place = (float(shifted + shift), speed + SPEED_STEP / 2 * step, tone)
            best = _better(stand, found, place, best)
    return best[0], frame + best[1], best[2], best[3], best[4]


@compiled
def _better(
    stand: Stand,
    found: Near,
    place: tuple[float, float, int],
    best: tuple[float, int, float, int, int],
) -> tuple[float, int, float, int, int]:
    score, count = _score(stand, found, place)
    if score <= best[0]:
        return best
    return score, int(place[0]), place[1], place[2], count
