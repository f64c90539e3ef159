"""The one shape of live sound: mono 16-bit samples at 48 kHz, moved in blocks of 20 ms."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pcm: TypeAlias = NDArray[np.int16]

RATE_HZ: Final = 48_000
BLOCK_SAMPLES: Final = 960
BLOCK_S: Final = BLOCK_SAMPLES / RATE_HZ


def silence(samples: int = BLOCK_SAMPLES) -> Pcm:
    """Make a stretch of silence.

    Shapes:
        returns: (samples,)
    """
    return np.zeros(samples, np.int16)
