"""Sound made by code for the tests of the ear: tunes nobody ever heard, and files of them."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000


def tune(seed: int, seconds: float = 30) -> NDArray[np.float32]:
    """Make a tune of plucked notes of uneven lengths, three voices, some breath.

    Shapes:
        returns: (n,), mono at 48 kHz, within ±1.
    """
    generator = np.random.default_rng(seed)
    sound = 0.002 * generator.standard_normal(round(seconds * RATE))
    for _ in range(3):
        at = 0
        while at < len(sound):
            length = round(generator.uniform(0.12, 0.5) * RATE)
            note = _note(generator, length)[: len(sound) - at]
            sound[at : at + len(note)] += note
            at += length
    return sound.astype(np.float32)


def _note(generator: np.random.Generator, length: int) -> NDArray[np.float64]:
    at_s = np.arange(length) / RATE
    pitch_hz = generator.uniform(260, 1400)
    partials = sum(
        np.sin(2 * np.pi * k * pitch_hz * at_s + generator.uniform(0, 6)) / k for k in (1, 2, 3)
    )
    return np.asarray(0.12 * np.exp(-4 * at_s) * partials)


def write(path: Path, sound: NDArray[np.float32], *, codec: str = "pcm_s16le") -> Path:
    """Write a file in the format its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream(codec, rate=RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        if codec == "libopus":
            stream.bit_rate = 24_000
        kind = "flt" if codec == "libopus" else "s16"
        data = sound if kind == "flt" else (sound * 32767).astype(np.int16)
        for at in range(0, len(data), 9600):
            frame = av.AudioFrame.from_ndarray(data[None, at : at + 9600], kind, "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path
