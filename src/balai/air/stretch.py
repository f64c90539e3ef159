"""Shorten sound without changing its pitch: one splice where it looks most alike."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from balai.audio.blocks import Pcm

Sums: TypeAlias = NDArray[np.int32]

JOINT_SAMPLES: Final = 256
_SKIP_MIN: Final = 96  # 2 ms: less is not worth a splice
_STEP: Final = 1_024


@dataclass(frozen=True, slots=True)
class Splice:
    """Leave out `skip` samples at `at`, cross-fading over the joint."""

    at: int
    skip: int


def best_splice(sound: Pcm, *, first: int, skip_max: int) -> Splice | None:
    """Find the splice whose two sides look most alike (WSOLA's measure).

    Shapes:
        sound: (n,); the joint and what is skipped lie wholly within [first, n)

    Source: Verhelst, Roelands: An overlap-add technique based on waveform similarity, 1993.
    """
    if skip_max < _SKIP_MIN:
        return None
    x = sound.astype(np.float32)
    last = len(x) - JOINT_SAMPLES - skip_max
    found = [_best_at(x, at, skip_max) for at in range(first, last + 1, _STEP)]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _best_at(x: NDArray[np.float32], at: int, skip_max: int) -> tuple[float, Splice]:
    left = x[at : at + JOINT_SAMPLES]
    right = x[at + _SKIP_MIN : at + skip_max + JOINT_SAMPLES]
    alike = np.correlate(right, left, "valid")
    power = np.convolve(right * right, np.ones(JOINT_SAMPLES, np.float32), "valid")
    score = alike / np.sqrt((power + 1.0) * (float(left @ left) + 1.0))
    best = len(score) - 1 - int(score[::-1].argmax())  # in silence, the longest
    return float(score[best]), Splice(at, _SKIP_MIN + best)


def spliced(sound: Sums, splice: Splice) -> Sums:
    """Carry a splice out.

    Shapes:
        sound: (n,)
        returns: (n - splice.skip,)
    """
    joint = splice.at + JOINT_SAMPLES
    fade = np.arange(JOINT_SAMPLES, dtype=np.float64) / JOINT_SAMPLES
    left, right = sound[splice.at : joint], sound[splice.at + splice.skip :][:JOINT_SAMPLES]
    crossed = np.rint(left + (right - left) * fade).astype(np.int32)
    return np.concatenate([sound[: splice.at], crossed, sound[joint + splice.skip :]])
