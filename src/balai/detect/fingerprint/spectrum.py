"""Sound to a spectrogram on a scale of half semitones.

Frames of 128 ms every 16 ms at 8 kHz; 92 bands, 24 to the octave, from 250 to 3,560 Hz. On this
scale a change of pitch is a shift of bands and a change of speed a stretch of frames.
"""

import math
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

from balai.detect.fingerprint.compiled import compiled

Samples: TypeAlias = NDArray[np.float32]
Spectrogram: TypeAlias = NDArray[np.float32]

RATE_HZ: Final = 8_000
WINDOW: Final = 1_024
HOP: Final = 128
FRAMES_PER_S: Final = RATE_HZ / HOP
BANDS: Final = 92
BANDS_PER_OCTAVE: Final = 24
LOWEST_HZ: Final = 250.0

_FRAMES_AT_ONCE: Final = 4_096  # bounds the memory of a long recording
_FLOOR: Final = np.float32(1e-7)
_LOUDER: Final = np.float32(0.05)  # z-scores of near silence are not to be believed
_WINDOW: Final = np.hanning(WINDOW).astype(np.float32)


def _bands() -> NDArray[np.float32]:
    """Weigh each FFT bin for each band: between its neighbours' edges, at least two bins."""
    weights = np.zeros((WINDOW // 2 + 1, BANDS), np.float32)
    for band in range(BANDS):
        centre, low, high = (
            LOWEST_HZ * 2 ** ((band + shift) / BANDS_PER_OCTAVE) / RATE_HZ * WINDOW
            for shift in (0.0, -0.5, 0.5)
        )
        below = math.floor(centre)
        weights[below, band] = 1 - (centre - below)
        weights[below + 1, band] = centre - below
        weights[math.ceil(low) : math.floor(high) + 1, band] = 1
    return weights


_WEIGHTS: Final = _bands()
_FIRST: Final = (_WEIGHTS > 0).argmax(axis=0)  # the bins that count for each band
_LAST: Final = len(_WEIGHTS) - (_WEIGHTS[::-1] > 0).argmax(axis=0)


def resampled(samples: Samples, rate_hz: int) -> Samples:
    """Bring samples to 8 kHz.

    Shapes:
        samples: (n,) at `rate_hz`
        returns: (about n * 8000 / rate_hz,)
    """
    if rate_hz == RATE_HZ:
        return samples
    # A detector hears 8 kHz already, and need not pay a second and 60 MiB for this.
    from scipy.signal import resample_poly  # noqa: PLC0415

    common = math.gcd(rate_hz, RATE_HZ)
    brought = resample_poly(samples, RATE_HZ // common, rate_hz // common)
    return np.asarray(brought, np.float32)


def frames_in(samples: int) -> int:
    """Tell how many whole frames so many samples give."""
    return max(0, 1 + (samples - WINDOW) // HOP)


def spectrogram(samples: Samples) -> Spectrogram:
    """Give the log energy of each frame and band.

    Shapes:
        samples: (n,) at 8 kHz, full scale 1.0
        returns: (frames_in(n), 92), natural logarithm
    """
    count = frames_in(len(samples))
    energy = np.empty((count, BANDS), np.float32)
    for start in range(0, count, _FRAMES_AT_ONCE):
        stop = min(count, start + _FRAMES_AT_ONCE)
        piece = samples[start * HOP : (stop - 1) * HOP + WINDOW]
        frames = np.lib.stride_tricks.sliding_window_view(piece, WINDOW)[::HOP]
        energy[start:stop] = _in_bands(rfft(frames * _WINDOW, axis=1))
    return energy


@compiled
def _in_bands(spectrum: NDArray[np.complex64]) -> Spectrogram:
    """Sum each band's few bins: a product of matrices would wake all cores for every chunk."""
    count = len(spectrum)
    energy = np.empty((count, BANDS), np.float32)
    for frame in range(count):
        for band in range(BANDS):
            power = np.float32(0)
            for at in range(_FIRST[band], _LAST[band]):
                value = spectrum[frame, at]
                power += (value.real**2 + value.imag**2) * _WEIGHTS[at, band]
            energy[frame, band] = math.log(power + _FLOOR)
    return energy


@compiled
def first_mean(energy: Spectrogram) -> NDArray[np.float32]:
    """Give the mean of each band over the first half second, to begin whitening with.

    Shapes:
        energy: (n, 92)
        returns: (92,)
    """
    count, bands = energy.shape
    mean = np.zeros(bands, np.float32)
    head = min(count, 30)
    for frame in range(head):
        for band in range(bands):
            mean[band] += energy[frame, band] / np.float32(head)
    return mean


@compiled
def whitened(energy: Spectrogram, mean: NDArray[np.float32], frames: float) -> Spectrogram:
    """Take the slow mean of each band away: a steady noise, the colour of a channel.

    Shapes:
        energy: (n, 92)
        mean: (92,), follows the sound and is changed: what comes next goes on from it
        frames: time constant
        returns: (n, 92)
    """
    count, bands = energy.shape
    white = np.empty_like(energy)
    share = np.float32(1.0 / frames)
    for frame in range(count):
        for band in range(bands):
            mean[band] += share * (energy[frame, band] - mean[band])
            white[frame, band] = energy[frame, band] - mean[band]
    return white


@compiled
def _sums(energy: Spectrogram) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sum everything above and to the left of each cell, plain and squared."""
    count, bands = energy.shape
    plain = np.zeros((count + 1, bands + 1))
    squared = np.zeros((count + 1, bands + 1))
    for frame in range(count):
        row = 0.0
        row_squared = 0.0
        for band in range(bands):
            value = energy[frame, band]
            row += value
            row_squared += value * value
            plain[frame + 1, band + 1] = plain[frame, band + 1] + row
            squared[frame + 1, band + 1] = squared[frame, band + 1] + row_squared
    return plain, squared


@compiled
def _box(sums: NDArray[np.float64], top: int, bottom: int, left: int, right: int) -> float:
    return float(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])


@compiled
def standardised(energy: Spectrogram, frames: int, bands_around: int) -> Spectrogram:
    """Tell how far each cell stands out of its surroundings, in standard deviations.

    The best of three neighbouring frames counts, so that one frame early or late is no loss;
    limited to -1.5 to 2.5, so that one loud cell proves little.

    Shapes:
        energy: (n, 92)
        frames, bands_around: half the size of the surroundings
        returns: (n, 92)
    """
    count, bands = energy.shape
    plain, squared = _sums(energy)
    score = np.empty((count, bands), np.float32)
    for frame in range(count):
        top = max(0, frame - frames)
        bottom = min(count, frame + frames + 1)
        for band in range(bands):
            left = max(0, band - bands_around)
            right = min(bands, band + bands_around + 1)
            cells = (bottom - top) * (right - left)
            mean = _box(plain, top, bottom, left, right) / cells
            variance = _box(squared, top, bottom, left, right) / cells - mean * mean
            score[frame, band] = (energy[frame, band] - mean) / math.sqrt(
                max(variance, _LOUDER)
            )
    return _best_of_three(score)


@compiled
def _best_of_three(score: Spectrogram) -> Spectrogram:
    count, bands = score.shape
    best = np.empty_like(score)
    for frame in range(count):
        for band in range(bands):
            value = score[frame, band]
            if frame > 0:
                value = max(value, score[frame - 1, band])
            if frame + 1 < count:
                value = max(value, score[frame + 1, band])
            best[frame, band] = min(max(value, np.float32(-1.5)), np.float32(2.5))
    return best
