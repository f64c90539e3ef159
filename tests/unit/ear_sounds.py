"""Sounds for tests of the ear, made by code: tunes that are all different."""

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 8_000
Sound = NDArray[np.float32]


def tune(seed: int, seconds: float) -> Sound:
    """Make a tune of short gliding tones with overtones, three at a time."""
    chance = np.random.default_rng(seed)
    sound = np.zeros(round(seconds * RATE_HZ))
    for at in np.arange(0, seconds, 0.12):
        length = chance.uniform(0.15, 0.5)
        time = np.arange(round(length * RATE_HZ)) / RATE_HZ
        pitch = 260 * 2 ** chance.uniform(0, 3) * (1 + chance.uniform(-0.03, 0.03) * time)
        tone = sum(np.sin(2 * np.pi * part * pitch * time) / part for part in (1, 2, 3))
        tone *= np.sin(np.pi * time / length) * chance.uniform(0.3, 1)
        start = round(at * RATE_HZ)
        end = min(len(sound), start + len(time))
        sound[start:end] += tone[: end - start]
    return np.asarray(sound / np.abs(sound).max() * 0.5, np.float32)


def noise(seed: int, seconds: float, level: float) -> Sound:
    """Make white noise."""
    chance = np.random.default_rng(seed)
    return (chance.normal(0, level, round(seconds * RATE_HZ))).astype(np.float32)
