"""The demonstration's jingle: made by code, harmless, and listed so that it is recognised.

It stands for what a real list would name: nobody needs anything bad to see the ear at work.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm
from balai.audio.opus import Encoder

TITLE: Final = "The demonstration's jingle"
IDENTIFIER: Final = "demonstration-jingle"
CATEGORY: Final = "demonstration"
SECONDS: Final = 16.0
_BEAT_S: Final = 0.3
_SEED: Final = 1948
# Half tones above the lowest note of a slendro-like scale, as far as half tones go.
_SCALE: Final = (0, 2, 5, 7, 9, 12, 14, 17, 19, 21)
_LOWEST_HZ: Final = 330.0
_LOUDEST: Final = 0.5


def jingle() -> Pcm:
    """Make the jingle: struck bars in three voices, the same every time.

    Shapes:
        returns: (768000,), 16 s at 48 kHz
    """
    chance = np.random.default_rng(_SEED)
    sound = np.zeros(round(SECONDS * RATE_HZ))
    for octave, every in ((1.0, 1), (2.0, 2), (0.5, 4)):
        for beat in range(0, int(SECONDS / _BEAT_S), every):
            steps = _SCALE[int(chance.integers(len(_SCALE)))]
            note = _bar(octave * _LOWEST_HZ * 2 ** (steps / 12))
            at = round(beat * _BEAT_S * RATE_HZ)
            sound[at : at + len(note)] += note[: len(sound) - at]
    return np.asarray(sound * (_LOUDEST * 32_767 / np.abs(sound).max()), np.int16)


def packets() -> list[bytes]:
    """Give the jingle as Opus, 20 ms a packet."""
    encoder = Encoder(bitrate=32_000, complexity=5, loss_percent=0)
    return [encoder.encode(block) for block in jingle().reshape(-1, BLOCK_SAMPLES)]


def _bar(pitch_hz: float) -> NDArray[np.float64]:
    """Strike a metal bar: its partials are no multiples of its pitch, and fade one by one."""
    at_s = np.arange(round(1.2 * RATE_HZ)) / RATE_HZ
    partials = ((1.0, 1.0, 4.0), (2.76, 0.4, 7.0), (5.4, 0.15, 12.0))
    return np.asarray(
        sum(
            loud * np.exp(-fade * at_s) * np.sin(2 * np.pi * pitch_hz * times * at_s)
            for times, loud, fade in partials
        )
    )
