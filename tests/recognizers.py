"""What all tests of speech engines need: three seconds of speech, and an engine to hear it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import av
import numpy as np

from balai.detect.speech.recognizer import (
    RATE_HZ,
    Recognizer,
    Speech,
    Transcript,
)
from balai.detect.speech.remote import Remote, RemoteRecognizer
from tests.speech_server import Answer, Asked, serving

RECORDINGS: Final = Path(__file__).parents[1] / "src" / "balai" / "demo" / "recordings"
LINES: Final = ("Welcome to Balai.", "I am Ayu, a recorded voice.")
PATIENT_S: Final = 60.0


def spoken(seconds: float = 3.0) -> Speech:
    """The beginning of what the demonstration's first guest says."""
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(str(RECORDINGS / "01.opus")) as file:
        parts = [
            piece.to_ndarray()[0]
            for frame in file.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(parts)[: round(seconds * RATE_HZ)].astype(np.int16)


@contextmanager
def asking(answer: Callable[[Asked], Answer]) -> Iterator[RemoteRecognizer]:
    with (
        serving(answer) as server,
        closing(RemoteRecognizer(Remote(server.url, "large"), "here")) as engine,
    ):
        yield engine


def hear(engine: Recognizer, speech: Speech, language: str | None = "en") -> Transcript:
    return engine.hear(speech, language=language, within_s=PATIENT_S)
