"""`make bench NAME=ear-resynthesis`: can anybody listen to a fingerprint?

A human voice reads numbers (Debian's telephone prompts, five digits in a row), and each row is
fingerprinted as a list would hold it. From nothing but the fingerprint's landmarks a sound
is rebuilt: a tone at each, as long as the analysis window. A recogniser that knows that only
digits can have been said, which is far easier than free speech, then reads both. The original
shows that it can read at all, the original reduced to the ear's band (250 to 3,560 Hz) that the
band alone is no protection.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pocketsphinx
from scipy.signal import butter, resample_poly, sosfiltfilt

from balai.detect.fingerprint import fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.spectrum import (
    BANDS_PER_OCTAVE,
    HOP,
    LOWEST_HZ,
    WINDOW,
    resampled,
)
from balai.detect.fingerprint.spectrum import RATE_HZ as EAR_HZ
from rig.corpus import MANIFEST, RATE_HZ, Sound, read, unpack

DIGITS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
)  # fmt: skip
ROW: Final = 5
PACKAGE: Final = "asterisk-core-sounds-en-wav"
PAUSE_S: Final = 0.12

Version = Callable[[Sound], Sound]


def prompts(folder: Path) -> list[Sound]:
    """Give the ten digits as the voice reads them."""
    packages = json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
    package = next(one for one in packages if one["package"] == PACKAGE)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        unpacked = unpack(Path(name), package)
        (digits,) = unpacked.glob("usr/share/asterisk/sounds/*/digits")
        return [read(digits / f"{number}.wav") for number in range(len(DIGITS))]


def row_of(numbers: Sequence[int], spoken: Sequence[Sound]) -> Sound:
    """Let the voice read a row of digits."""
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.float32)
    parts = [part for number in numbers for part in (pause, spoken[number])]
    sound = np.concatenate([*parts, pause])
    return np.asarray(sound * (0.5 / np.abs(sound).max()), np.float32)


def rebuilt(landmarks: Landmarks, samples: int) -> Sound:
    """Make the best sound that a fingerprint allows: a windowed tone at each landmark.

    Shapes:
        returns: (samples,) at 16 kHz
    """
    out = np.zeros(samples + 2 * WINDOW, np.float64)
    step, length = RATE_HZ // EAR_HZ * HOP, RATE_HZ // EAR_HZ * WINDOW
    at_s, window = np.arange(length) / RATE_HZ, np.hanning(length)
    for frame, band in zip(*landmarks, strict=True):
        begin = int(frame) * step
        hertz = LOWEST_HZ * 2 ** (int(band) / BANDS_PER_OCTAVE)
        # One phase for each band keeps tones of neighbouring frames together.
        tone = window * np.sin(2 * np.pi * hertz * (at_s + begin / RATE_HZ))
        room = max(0, min(length, len(out) - begin))
        out[begin : begin + room] += tone[:room]
    return np.asarray(out[:samples] / max(1e-9, np.abs(out).max()) * 0.7, np.float32)


def from_fingerprint(sound: Sound) -> Sound:
    """Fingerprint a sound, forget it, and rebuild what can be rebuilt."""
    return rebuilt(fingerprint(sound, RATE_HZ).landmarks, len(sound))


def in_band(sound: Sound) -> Sound:
    """Keep what the ear looks at, and nothing else."""
    low = resample_poly(resampled(sound, RATE_HZ), RATE_HZ // EAR_HZ, 1)
    band = butter(4, [LOWEST_HZ, 3_560], "band", fs=RATE_HZ, output="sos")
    return np.asarray(sosfiltfilt(band, low), np.float32)


class Recogniser:
    """Reads rows of digits."""

    def __init__(self) -> None:
        self._decoder: Any = pocketsphinx.Decoder(samprate=RATE_HZ, loglevel="FATAL", lm=None)
        words = " | ".join(DIGITS)
        self._decoder.add_jsgf_string(
            "digits", f"#JSGF V1.0; grammar g; public <row> = ( {words} )*;"
        )
        self._decoder.activate_search("digits")

    def read(self, sound: Sound) -> str:
        """Read what is said."""
        pcm = (np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes()
        self._decoder.start_utt()
        self._decoder.process_raw(pcm, full_utt=True)
        self._decoder.end_utt()
        told = self._decoder.hyp()
        return str(told.hypstr) if told is not None else ""


def word_errors(said: str, read: str) -> int:
    """Count the words that must be changed to make one of the other (Levenshtein)."""
    ours, theirs = said.split(), read.split()
    row = list(range(len(theirs) + 1))
    for i, word in enumerate(ours, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(theirs, 1):
            cost = min(row[j] + 1, row[j - 1] + 1, before + (word != other))
            before, row[j] = row[j], cost
    return row[-1]


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    asked.folder.mkdir(exist_ok=True)
    spoken, recogniser = prompts(asked.folder), Recogniser()
    chance = np.random.default_rng(asked.seed)
    versions: dict[str, Version] = {
        "original": lambda sound: sound,
        "band": in_band,
        "fingerprint": from_fingerprint,
    }
    errors = {**dict.fromkeys(versions, 0), "guessing": 0}
    for _ in range(asked.rows):
        numbers = [int(n) for n in chance.integers(len(DIGITS), size=ROW)]
        said = " ".join(DIGITS[number] for number in numbers)
        sound = row_of(numbers, spoken)
        for name, version in versions.items():
            errors[name] += word_errors(said, recogniser.read(version(sound)))
        guess = " ".join(DIGITS[int(n)] for n in chance.integers(len(DIGITS), size=ROW))
        errors["guessing"] += word_errors(said, guess)
    words = asked.rows * ROW
    rates = {name: round(100 * count / words, 1) for name, count in errors.items()}
    for name, rate in rates.items():
        print(f"{name:12} word error {rate:6.1f} %")
    print(json.dumps({"words": words, **{f"wer_{n}": rate for n, rate in rates.items()}}))


if __name__ == "__main__":
    main()
