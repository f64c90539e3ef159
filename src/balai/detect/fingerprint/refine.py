"""Where exactly, and how fast, does a recording play?

Verification tolerates a frame or two, and tones last longer than that, so its speed is rough.
Landmarks that both have in common are points in time: the straight line through most of them
tells offset and speed to a few milliseconds and a few tenths of a percent.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.verify import Fit

REACH_FRAMES: Final = 12
SPEEDS: Final = np.arange(-0.06, 0.0601, 0.0025)
SHIFTS: Final = np.arange(-REACH_FRAMES, REACH_FRAMES + 1)
_CLOSE_FRAMES: Final = 1.5
_PAIRS_MIN: Final = 8
_PAIRS_MAX: Final = 2_000

Pairs = tuple[NDArray[np.float64], NDArray[np.float64]]


def refined(fit: Fit, query: Landmarks, reference: Landmarks) -> tuple[float, float]:
    """Give the reference's frame at the query's first, and the speed.

    Shapes:
        reference: those of its landmarks that may lie in the query, on its own time line
    """
    pairs = _pairs(fit, query, reference)
    line = (float(fit.frame), fit.speed)
    if len(pairs[0]) < _PAIRS_MIN:
        return line
    line = _most_agree(line, pairs)
    heard, own = pairs
    is_close = np.abs(line[0] + line[1] * heard - own) <= _CLOSE_FRAMES
    if is_close.sum() < _PAIRS_MIN or np.ptp(heard[is_close]) < REACH_FRAMES:
        return line
    speed, frame = np.polyfit(heard[is_close], own[is_close], 1)
    return float(frame), float(speed)


def _pairs(fit: Fit, query: Landmarks, reference: Landmarks) -> Pairs:
    """Pair landmarks of the same band whose times are near each other."""
    expected = (reference.frame - fit.frame) / fit.speed
    bands = reference.band + fit.pitch
    near = np.abs(expected[:, None] - query.frame[None, :]) <= REACH_FRAMES
    which, heard = np.nonzero(near & (bands[:, None] == query.band[None, :]))
    which, heard = which[:_PAIRS_MAX], heard[:_PAIRS_MAX]
    return query.frame[heard].astype(np.float64), reference.frame[which].astype(np.float64)


def _most_agree(line: tuple[float, float], pairs: Pairs) -> tuple[float, float]:
    """Try lines around a rough one; of equally good ones, the middle of the grid is nearest."""
    heard, own = pairs
    middle = heard.mean()
    at_middle = line[0] + line[1] * middle
    speeds = line[1] + SPEEDS
    rest = own[None, :] - at_middle - speeds[:, None] * (heard - middle)[None, :]
    agree = np.array([(np.abs(rest - shift) <= _CLOSE_FRAMES).sum(axis=1) for shift in SHIFTS])
    shift, speed = np.unravel_index(int(agree.argmax()), agree.shape)
    frame = at_middle + SHIFTS[shift] - speeds[speed] * middle
    return float(frame), float(speeds[speed])
