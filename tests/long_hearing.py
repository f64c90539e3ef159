"""Hears a file as `balai hear` does, and tells what was heard and how much memory it took.

Run as a program: what a process needed at most can be asked of a new one only. What is loud is
taken for speech, and an engine says what it was told to: so an hour takes seconds.
"""

import json
import resource
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from balai.app import hear
from balai.app.hear import Listener
from balai.detect.speech import whole
from balai.detect.speech.activity import FRAME_SAMPLES
from balai.detect.speech.recognizer import Speech
from balai.detect.speech.scripted import ScriptedRecognizer
from balai.policy.judge import Judge
from balai.policy.pack import from_files
from tests.policy_packs import encoded

LINE = "kill all of them"


class Loudness:
    """Takes for speech what is loud."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.int16)

    def __call__(self, speech: Speech) -> Any:
        both = np.concatenate((self._rest, speech))
        frames = len(both) // FRAME_SAMPLES
        self._rest = both[frames * FRAME_SAMPLES :]
        sound = both[: frames * FRAME_SAMPLES].reshape(frames, FRAME_SAMPLES)
        return (np.abs(sound).max(axis=1, initial=0) > 1_000).astype(np.float32)


def run(path: Path) -> None:
    """Hear a file and print what was heard."""
    cast("Any", whole).Activity = Loudness
    engine = ScriptedRecognizer([LINE], hold_languages=("en",))
    engines: Any = SimpleNamespace(for_language=lambda _language: engine)
    listener = Listener(engines, Judge(from_files(encoded())), "en", 4.0)
    told = hear._told(path, listener)
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({**told, "peak_mib": peak_kib / 1024}))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
