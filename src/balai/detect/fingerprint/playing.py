"""How likely does somebody play a recording so fast and so high?

Most recordings are played as they are. Some are played faster or slower, and are higher or
lower by as much; a few are changed in tempo or in pitch alone. What fits by chance has any
speed and any pitch: of the best fits of unknown sound 4 in 100 are as a recording is, 15 as if
played faster or slower, and 57 none of all this. The odds of 60, 16, 8, 12 and 4 in 100 true
ones would weigh 1.1, 1.4, 1.0 and 2.2 units of fit (0.4 a neper, as false alarms fall off).
Half of that is taken, because who does not want to be recognised chooses how to play.
"""

import math
from typing import Final

from balai.detect.fingerprint.spectrum import BANDS_PER_OCTAVE

_SPEED_DOUBT: Final = 0.25  # half semitones; of true ones 99 in 100 are told so exactly
_ROUNDED: Final = 0.5  # a pitch is told in whole half semitones
_RESAMPLED: Final = 0.6
_STRETCHED: Final = 0.8
_SHIFTED: Final = 0.6
_BOTH: Final = 1.0


def unlikely(speed: float, pitch: int) -> float:
    """Tell what a way of playing takes from a fit, 0 for a recording as it is.

    Args:
        speed: reference frames per query frame
        pitch: half semitones
    """
    higher = BANDS_PER_OCTAVE * math.log2(speed)  # were it resampled
    if abs(higher) <= _SPEED_DOUBT and pitch == 0:
        return 0.0
    if abs(higher - pitch) <= _ROUNDED + _SPEED_DOUBT:
        return _RESAMPLED
    if pitch == 0:
        return _STRETCHED
    return _SHIFTED if abs(higher) <= _SPEED_DOUBT else _BOTH
