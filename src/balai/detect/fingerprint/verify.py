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
_FINE_REACH: Final = 4
_PADDING: Final = 40  # frames on either side: a landmark in them is in reach of the query
_SURROUNDING_FRAMES: Final = 31
_SURROUNDING_BANDS: Final = 10
_STRETCH_MAX: Final = 1.06
_MARGIN_FRAMES: Final = 60
_DOUBT: Final = 6.0  # as if so many landmarks more had shown nothing


# The landmarks near a candidate: their frames counted from its own, and their bands.
Near: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]
# The recording's frame at the query's first, counted as theirs; its speed; its pitch.
Line: TypeAlias = tuple[float, float, int]
Scores: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int32]]
Rows: TypeAlias = tuple[NDArray[np.uintp], NDArray[np.int32]]
Best: TypeAlias = tuple[float, float, float, int, int]  # score, the line, how many landmarks


class Stand(NamedTuple):
    """How far each cell of a query stands out, more than is usual in its band and its frame.

    Shapes:
        score: (92, 40 + n + 40), zeros on either side
        spread: standard deviation over all, the usual included
    """

    score: Spectrogram
    spread: float

    @property
    def frames(self) -> int:
        """How long the query is."""
        return int(self.score.shape[1]) - 2 * _PADDING


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
    padded = np.zeros((score.shape[1], len(score) + 2 * _PADDING), np.float32)
    padded[:, _PADDING:-_PADDING] = (score - score.mean(axis=0)).T
    return Stand(padded, max(float(score.std()), 1e-3))


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
    speeds = _LONG_SPEEDS if stand.frames > _LONG_FRAMES else _SPEEDS
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
def _scores(stand: Stand, found: Near, line: Line, reach: int) -> Scores:
    """Score ways to lay the recording that differ in time, frame by frame of the query.

    What one landmark gives to each of them lies side by side in its band, and four are added
    at once: a core adds eight numbers in a step, but waits for the sums of the step before.

    Shapes:
        returns: (2 * reach + 1,) scores, and of how many landmarks each
    """
    rows, counts = _rows(stand, found, line, reach)
    score = stand.score.ravel()
    sums = np.zeros(len(counts), np.float32)
    for four in range(0, len(rows), 4):
        one, two, three, last = rows[four], rows[four + 1], rows[four + 2], rows[four + 3]
        for later in range(np.uintp(len(counts))):
            sums[later] += (score[one + later] + score[two + later]) + (
                score[three + later] + score[last + later]
            )
    scores = np.full(len(counts), NOTHING)
    for later in range(len(counts)):
        if counts[later] >= LANDMARKS_MIN:
            scores[later] = sums[later] / (stand.spread * np.sqrt(counts[later] + _DOUBT))
    return scores, counts


@compiled
def _rows(stand: Stand, found: Near, line: Line, reach: int) -> Rows:
    """Tell where in the score, all bands in a row, each landmark's part of it begins.

    Shapes:
        returns: (n,), filled up to fours with the place of nothing; (2 * reach + 1,), how many
            landmarks fall into the query
    """
    bands, length = stand.score.shape
    width, (begin, speed, pitch), (at, low) = 2 * reach + 1, line, found
    slower, least = 1.0 / speed, _PADDING - reach + 0.5  # the half rounds
    rows = np.zeros(len(at) + 3, np.uintp)
    counts = np.zeros(width, np.int32)
    taken = always = 0
    for mark in range(len(at)):
        band, place = low[mark] + pitch, (at[mark] - begin) * slower + least
        if not 0 <= band < bands or not 0 <= place < length - width:
            continue  # no shift brings it into the query
        first = int(place)
        rows[taken] = band * length + first
        taken += 1
        if first >= _PADDING and first + width <= length - _PADDING:
            always += 1
            continue
        for later in range(max(0, _PADDING - first), min(width, length - _PADDING - first)):
            counts[later] += 1
    return rows[: (taken + 3) // 4 * 4], counts + np.int32(always)


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
    length = stand.score.shape[1] - 2 * _PADDING
    pivot = max(0, length - _VOTED_FRAMES)
    for which in range(len(frames)):
        found = near(marks, frames[which], length)
        for speed in tried:
            middle = np.floor((1 - speed) * pivot)
            line = (middle, speed, int(pitches[which]))
            scores, _ = _scores(stand, found, line, _ROUGH_REACH)
            later = np.argmax(scores)
            if scores[later] > best[which]:
                best[which], speeds[which] = scores[later], speed
                shifts[which] = int(middle - (later - _ROUGH_REACH) * speed)
    return best, shifts, speeds


@compiled
def _fine(
    stand: Stand, marks: Marks, around: tuple[int, float, int]
) -> tuple[float, int, float, int, int]:
    frame, speed, pitch = around
    found = near(marks, frame, stand.score.shape[1] - 2 * _PADDING)
    best: Best = (NOTHING, 0.0, speed, pitch, 0)
    for step in range(-4, 5, 2):
        for tone in range(pitch - 1, pitch + 2):
            best = _better(stand, found, (0.0, speed + SPEED_STEP * step, tone), best)
    _, begin, speed, tone, _ = best
    for step in range(-2, 3):
        best = _better(stand, found, (begin, speed + SPEED_STEP / 2 * step, tone), best)
    return best[0], frame + round(best[1]), best[2], best[3], best[4]


@compiled
def _better(stand: Stand, found: Near, line: Line, best: Best) -> Best:
    scores, counts = _scores(stand, found, line, _FINE_REACH)
    later = np.argmax(scores)
    if scores[later] <= best[0]:
        return best
    begin = line[0] - (later - _FINE_REACH) * line[1]
    return scores[later], begin, line[1], line[2], counts[later]
