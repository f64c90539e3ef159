"""Many voices into one, without wrapping round: 32-bit sums, softly limited."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.audio.blocks import Pcm

_KNEE: Final = 24_576  # -2.5 dBFS: below it nothing is changed
_ROOM: Final = 32_767 - _KNEE


def mixed(voices: Pcm) -> Pcm:
    """Mix all voices into one.

    Shapes:
        voices: (n, samples); none give silence
        returns: (samples,)
    """
    return soft_limited(np.add.reduce(voices, axis=0, dtype=np.int32))


def mix_minus(voices: Pcm) -> Pcm:
    """Mix, for each voice, all the others; the last row is the mix of all.

    Shapes:
        voices: (n, samples)
        returns: (n + 1, samples)
    """
    total = np.add.reduce(voices, axis=0, dtype=np.int32)
    sums = np.empty((len(voices) + 1, voices.shape[1]), np.int32)
    np.subtract(total, voices, out=sums[:-1])
    sums[-1] = total
    return soft_limited(sums)


def soft_limited(sums: NDArray[np.int32]) -> Pcm:
    """Bend what is louder than the knee into what is left below full scale."""
    if not sums.size or max(int(sums.max()), -int(sums.min())) <= _KNEE:
        return sums.astype(np.int16)
    limited = np.clip(sums, -_KNEE, _KNEE).astype(np.int16)
    loud = np.nonzero(np.abs(sums) > _KNEE)
    over = (np.abs(sums[loud]) - _KNEE).astype(np.float32)
    bent = _KNEE + _ROOM * np.tanh(over / np.float32(_ROOM))
    limited[loud] = np.copysign(bent, sums[loud]).astype(np.int16)
    return limited
