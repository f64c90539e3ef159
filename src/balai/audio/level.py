"""How loud a voice is, and whether its owner is talking."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.audio.blocks import Pcm

OPEN_DBFS: Final = -50.0  # quiet speech is about -40, a room with noise suppression below -60
HANGOVER_BLOCKS: Final = 60  # 1.2 s: longer than the pauses inside a sentence
_FULL_SCALE: Final = 32_768.0
_OPEN_RMS: Final = _FULL_SCALE * 10 ** (OPEN_DBFS / 20)


def loudness(blocks: Pcm) -> NDArray[np.float32]:
    """Measure blocks, each as its root mean square in sample steps.

    Shapes:
        blocks: (n, samples)
        returns: (n,)
    """
    samples = blocks.astype(np.float32)
    power: NDArray[np.float32] = np.einsum("ij,ij->i", samples, samples) / blocks.shape[1]
    return np.sqrt(power)


class TalkGate:
    """Opens with the first audible block and closes 1.2 s after the last."""

    def __init__(self) -> None:
        self._blocks_left = 0

    @property
    def is_open(self) -> bool:
        """Whether its owner counts as talking."""
        return self._blocks_left > 0

    def hear(self, rms: float) -> bool:
        """Take one block's loudness; tell whether the gate is open during that block."""
        if rms >= _OPEN_RMS:
            self._blocks_left = HANGOVER_BLOCKS + 1
        elif self._blocks_left:
            self._blocks_left -= 1
        return self.is_open

    def shut(self) -> None:
        """Close at once, without hangover."""
        self._blocks_left = 0
