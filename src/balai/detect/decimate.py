"""Brings a voice from 48 kHz to the rate that a detector hears, piece by piece."""

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin, upfirdn

Samples = NDArray[np.float32]


class Decimator:
    """Brings 48 kHz to a whole fraction of it, as if it were done at once."""

    def __init__(self, factor: int) -> None:
        self._factor = factor
        taps = 20 * factor + 1
        self._filter = firwin(taps, 1 / factor, window=("kaiser", 5.0)).astype(np.float32)
        self._before = np.zeros(taps - 1, np.float32)

    def __call__(self, samples: Samples) -> Samples:
        """Bring the next samples, a multiple of the factor, to the lower rate.

        Shapes:
            samples: (factor * n,)
            returns: (n,)
        """
        both = np.concatenate((self._before, samples))
        kept = len(self._before)
        self._before = both[-kept:]
        low = upfirdn(self._filter, both, down=self._factor)
        first = kept // self._factor
        return np.asarray(low[first : first + len(samples) // self._factor], np.float32)
