"""Do the landmarks of a recording and of a voice fall together, on one line?

Verification asks for energy where the recording's landmarks should be. Long tones have it
everywhere, whosever they are; but *when* each maximum comes is the recording's own. Landmarks
that fall together are counted, less as many as do at other times of the same two sounds (a
voice with many landmarks, and a recording of few bands, agree with anything), and less the
share that the best of many lines through strange sounds reaches.
"""

from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.compiled import compiled
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.segment import Marks
from balai.detect.fingerprint.spectrum import BANDS
from balai.detect.fingerprint.verify import Fit, Near, near

Grid: TypeAlias = NDArray[np.bool_]
Line: TypeAlias = tuple[float, float]  # the recording's frame at the window's first, the speed

_SPEED_STEP: Final = 0.0025
_SPEEDS: Final = 12  # steps either way: verification tells a speed roughly
_SHIFTS: Final = 6  # frames either way
_CHANCE: Final = 0.14  # of a recording's landmarks; one strange sound in a hundred exceeds it
_FAR: Final = np.array([*range(-90, -14, 3), *range(15, 91, 3)])  # frames


class Agreement(NamedTuple):
    """How many more landmarks fall together than chance lets, and at which speed they do."""

    landmarks: float
    speed: float


def grid_of(heard: Landmarks, frames: int) -> Grid:
    """Lay out the landmarks of a window of so many frames, each a frame wider on either side.

    Shapes:
        returns: (frames, 92)
    """
    grid = np.zeros((frames + 2, BANDS), np.bool_)
    for later in range(3):
        grid[heard.frame + later, heard.band] = True
    return grid[1:-1]


def agreement(heard: Grid, marks: Marks, fit: Fit) -> Agreement:
    """Count the landmarks that fall together near a fit; 0 at least.

    Shapes:
        heard: (n, 92)
    """
    found = near(marks, fit.frame, len(heard))
    return Agreement(*_agreement(heard, found, fit.pitch, (0.0, fit.speed)))


@compiled
def _agreement(heard: Grid, found: Near, pitch: int, line: Line) -> tuple[float, float]:
    at, band = found
    band = band + pitch
    fits = (band >= 0) & (band < heard.shape[1])
    inside = (at[fits], band[fits])
    both, line = _best(heard, inside, line, (_SPEEDS, _SHIFTS, 2))
    both, line = _best(heard, inside, line, (1, 1, 1))
    frames = _frames(inside[0], line)
    _, compared = _together(heard, frames, inside[1], 0)
    share = 0.0
    for far in _FAR:
        by_chance, there = _together(heard, frames, inside[1], far)
        share += by_chance / max(there, 1)
    return max(0.0, both - compared * (share / len(_FAR) + _CHANCE)), line[1]


@compiled
def _best(
    heard: Grid, inside: Near, around: Line, reach: tuple[int, int, int]
) -> tuple[int, Line]:
    """Try lines that turn about the middle of the window, and their neighbours."""
    speeds, shifts, step = reach
    middle = len(heard) / 2
    best, line = -1, around
    for turn in range(-speeds, speeds + 1, step):
        begin, speed = around[0] - turn * _SPEED_STEP * middle, around[1] + turn * _SPEED_STEP
        frames = _frames(inside[0], (begin, speed))
        for shift in range(-shifts, shifts + 1, step):
            both, _ = _together(heard, frames, inside[1], shift)
            if both > best:
                best, line = both, (begin + shift * speed, speed)
    return best, line


@compiled
def _frames(at: NDArray[np.float64], line: Line) -> NDArray[np.int64]:
    """Give the window's frames where a recording's should be."""
    frames = np.empty(len(at), np.int64)
    for mark in range(len(at)):
        frames[mark] = int(np.floor((at[mark] - line[0]) / line[1] + 0.5))
    return frames


@compiled
def _together(
    heard: Grid, frames: NDArray[np.int64], bands: NDArray[np.int64], shift: int
) -> tuple[int, int]:
    """Count the landmarks that fall together, and those of the recording in the window."""
    both = 0
    there = 0
    for mark in range(len(frames)):
        frame = frames[mark] - shift
        if 0 <= frame < len(heard):
            there += 1
            both += heard[frame, bands[mark]]
    return both, there
