"""What the ear's benchmark does to sounds: repeatable, and what its name says."""

import numpy as np
import pytest

from benchmarks.ear import wilson
from rig.corpus import RATE_HZ, Sound
from rig.distort import FURTHER, SAMPLES, STANDARD, World, distorted, loudness

BY_COMMAND = {"pitch", "tempo"}  # need a command that only benchmarks install
MADE_HERE = [c for c in (*STANDARD, *FURTHER) if c.rstrip("-0123456789") not in BY_COMMAND]


def tone(hz: float, seconds: float = 13) -> Sound:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.asarray(0.3 * np.sin(2 * np.pi * hz * time), np.float32)


def world(seed: int) -> World:
    chance = np.random.default_rng(seed)
    talk = [np.asarray(chance.normal(0, 0.1, 15 * RATE_HZ), np.float32) for _ in range(2)]
    return World(talk, talk, chance)


def strongest_hz(sound: Sound) -> float:
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(power.argmax() * RATE_HZ / len(sound))


@pytest.mark.parametrize("condition", MADE_HERE)
def test_the_same_seed_gives_the_same_ten_seconds(condition: str) -> None:
    (one, speed), (two, _) = (distorted(tone(700), condition, world(3)) for _ in range(2))
    assert one.shape == (SAMPLES,)
    assert np.array_equal(one, two)
    assert np.abs(one).max() == pytest.approx(0.5, abs=0.01)
    assert 0.9 < speed < 1.1


@pytest.mark.parametrize(
    ("condition", "hz"), [("speed4", 728), ("speed-8", 644), ("clean", 700)]
)
def test_faster_is_higher(condition: str, hz: float) -> None:
    bent, speed = distorted(tone(700), condition, world(1))
    assert strongest_hz(bent) == pytest.approx(hz, abs=2)
    assert speed == pytest.approx(hz / 700, abs=0.002)


@pytest.mark.parametrize("decibels", [10, 0])
def test_noise_is_as_loud_as_it_says(decibels: int) -> None:
    bent, _ = distorted(tone(700), f"white{decibels}", world(1))
    spectrum = np.abs(np.fft.rfft(bent)) ** 2
    near = slice(700 * 10 - 50, 700 * 10 + 50)
    own = spectrum[near].sum()
    rest = spectrum.sum() - own
    assert 10 * np.log10(own / rest) == pytest.approx(decibels, abs=1)


def test_lost_packets_leave_their_mark() -> None:
    whole, _ = distorted(tone(700), "opus24", world(1))
    torn, _ = distorted(tone(700), "loss", world(1))
    assert np.abs(torn - whole).max() > 0.05


def test_loudness_leaves_silence_out() -> None:
    half = np.concatenate([tone(500, 2), np.zeros(5 * RATE_HZ, np.float32)])
    assert loudness(half) == pytest.approx(loudness(tone(500, 2)), rel=0.02)


def test_the_interval_is_wilsons() -> None:
    assert wilson(0, 0) == (0, 100)
    assert wilson(95, 100) == pytest.approx((88.8, 97.8), abs=0.1)
    assert wilson(100, 100) == pytest.approx((96.3, 100), abs=0.1)
