"""Known sounds: a sequence of chirps that can be found again after every codec on the way.

A symbol is a rising sweep of 160 ms in a band of its own; one follows another every 500 ms.
Their order has no repeats of three in a row, so any three neighbours say where one is.
"""

import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

SYMBOLS: Final = 8
SPACING_S: Final = 0.5
CHIRP_S: Final = 0.16
_LOWEST_HZ: Final = 600.0
_BAND_HZ: Final = 330.0

Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """One chirp found: which, when its middle was (seconds into the sound), how clear (0–1)."""

    symbol: int
    at_s: float
    clarity: float


def chirp(symbol: int, rate_hz: int) -> Sound:
    """Make one symbol's sound, at most 0.5 loud."""
    t = np.arange(round(CHIRP_S * rate_hz)) / rate_hz
    start = _LOWEST_HZ + symbol * _BAND_HZ
    phase = 2 * np.pi * (start * t + 0.5 * (_BAND_HZ * 0.7 / CHIRP_S) * t * t)
    return (0.5 * np.hanning(len(t)) * np.sin(phase)).astype(np.float32)


def sequence(count: int, *, seed: int = 1) -> list[int]:
    """Choose `count` symbols of which no three in a row ever come again."""
    rng, order, seen = np.random.default_rng(seed), [0, 1], set[tuple[int, ...]]()
    while len(order) < count:
        choices = [
            int(s) for s in rng.permutation(SYMBOLS)
            if s != order[-1] and (*order[-2:], int(s)) not in seen
        ]  # fmt: skip
        seen.add((*order[-2:], choices[0]))
        order.append(choices[0])
    return order[:count]


def render(symbols: list[int], rate_hz: int = 48_000) -> Sound:
    """Make the sound of a sequence: symbol i begins at i × SPACING_S."""
    step = round(SPACING_S * rate_hz)
    sound = np.zeros(step * len(symbols), np.float32)
    for place, symbol in enumerate(symbols):
        one = chirp(symbol, rate_hz)
        sound[place * step : place * step + len(one)] = one
    return sound


def write_wav(path: Path, sound: Sound, rate_hz: int = 48_000) -> Path:
    """Write 16-bit mono, the form that Chromium's fake microphone reads."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
    return path


def find(sound: Sound, rate_hz: int, *, clarity_min: float = 0.5) -> list[Heard]:
    """Find every chirp in a sound, in order of time.

    Clarity is the normalised correlation with the clean chirp, so loudness does not matter; a
    chirp below -50 dB counts as silence.
    """
    scores = np.stack([_match(sound, chirp(s, rate_hz)) for s in range(SYMBOLS)])
    best, found = scores.max(axis=0), list[Heard]()
    near = round(CHIRP_S * 0.75 * rate_hz)
    while len(best) and (at := int(best.argmax())) >= 0 and best[at] >= clarity_min:
        middle_s = (at + CHIRP_S * rate_hz / 2) / rate_hz
        found.append(Heard(int(scores[:, at].argmax()), middle_s, float(best[at])))
        best[max(0, at - near) : at + near] = 0
    return sorted(found, key=lambda heard: heard.at_s)


def _match(sound: Sound, wanted: Sound) -> NDArray[np.float64]:
    """Correlate, normalised by local energy; phase-blind through the analytic chirp."""
    n = len(sound) + len(wanted)
    size = 1 << (n - 1).bit_length()
    spectrum = np.fft.fft(wanted, size)
    spectrum[size // 2 :] = 0  # analytic: keeps the envelope, whatever the phase
    product = np.fft.fft(sound, size) * np.conj(2 * spectrum)
    hits = np.abs(np.fft.ifft(product))[: len(sound)]
    power = np.concatenate([sound.astype(np.float64) ** 2, np.zeros(len(wanted))])
    sums = np.concatenate([[0.0], np.cumsum(power)])
    energy = (sums[len(wanted) :] - sums[: -len(wanted)])[: len(sound)]
    floor = len(wanted) * 10 ** (-50 / 10) / 2
    norm = np.sqrt(np.maximum(energy, floor) * float((wanted.astype(np.float64) ** 2).sum()))
    return np.asarray(hits[: len(norm)] / norm[: len(hits)], np.float64)
