"""A recording's fingerprint: its landmarks, about 140 kB an hour, and nothing else of it."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from balai.detect.fingerprint.errors import FingerprintDamaged
from balai.detect.fingerprint.landmarks import Landmarks, landmarks
from balai.detect.fingerprint.spectrum import (
    BANDS,
    FRAMES_PER_S,
    RATE_HZ,
    Samples,
    frames_in,
    resampled,
)

VERSION: Final = 1
_MAGIC: Final = b"EARP"
_HEAD: Final = struct.Struct("<4sHHII")  # magic, version, zero, frames, pairs
_TAIL: Final = struct.Struct("<I")  # CRC-32 of all before it
_STEP: Final = 255  # as a band: no landmark, only 255 frames of time
_FRAMES_MAX: Final = round(200 * 3600 * FRAMES_PER_S)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The landmarks of a recording of so many frames."""

    frames: int
    landmarks: Landmarks

    @property
    def duration_s(self) -> float:
        """How long the recording is, to a frame."""
        return self.frames / FRAMES_PER_S

    def to_bytes(self) -> bytes:
        """Give the form in which it is kept and shared: pairs of time step and band."""
        steps = np.diff(self.landmarks.frame, prepend=0)
        skips = steps // _STEP
        places = np.cumsum(skips + 1) - 1
        pairs = np.empty((int(places[-1]) + 1 if len(places) else 0, 2), np.uint8)
        pairs[:] = (_STEP, _STEP)
        pairs[places, 0] = steps - skips * _STEP
        pairs[places, 1] = self.landmarks.band
        body = _HEAD.pack(_MAGIC, VERSION, 0, self.frames, len(pairs)) + pairs.tobytes()
        return body + _TAIL.pack(zlib.crc32(body))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            FingerprintDamaged: anything else.
        """
        if len(data) < _HEAD.size + _TAIL.size:
            raise FingerprintDamaged
        magic, version, zero, frames, count = _HEAD.unpack_from(data)
        if (magic, version, zero) != (_MAGIC, VERSION, 0) or frames > _FRAMES_MAX:
            raise FingerprintDamaged
        fits = len(data) == _HEAD.size + 2 * count + _TAIL.size
        if not fits or _TAIL.unpack(data[-_TAIL.size :])[0] != zlib.crc32(data[: -_TAIL.size]):
            raise FingerprintDamaged
        pairs = np.frombuffer(data, np.uint8, 2 * count, _HEAD.size).reshape(-1, 2)
        return cls(frames, _landmarks(pairs, frames))


def fingerprint(samples: Samples, rate_hz: int = RATE_HZ) -> Fingerprint:
    """Make the fingerprint of a recording.

    Shapes:
        samples: (n,), full scale 1.0
    """
    at_rate = resampled(samples, rate_hz)
    return Fingerprint(frames_in(len(at_rate)), landmarks(at_rate))


def _landmarks(
    pairs: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]", frames: int
) -> Landmarks:
    frame = np.cumsum(pairs[:, 0], dtype=np.int64)
    is_landmark = pairs[:, 1] != _STEP
    band = pairs[is_landmark, 1].astype(np.int32)
    is_step = pairs[~is_landmark, 0] == _STEP
    frame = frame[is_landmark]
    if not is_step.all() or (band >= BANDS).any() or (frame >= frames).any():
        raise FingerprintDamaged
    return Landmarks(frame.astype(np.int32), band)
