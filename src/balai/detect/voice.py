"""One voice as a detector hears it: chunk after chunk, on the room's clock."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from balai.audio.blocks import RATE_HZ
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.decimate import Decimator
from balai.detect.fingerprint.spectrum import RATE_HZ as MATCHED_HZ
from balai.detect.fingerprint.spectrum import Samples
from balai.detect.fingerprint.stream import Sighting
from balai.detect.wire import Recognised

DECIMATION: Final = RATE_HZ // MATCHED_HZ
SILENCE_MAX: Final = 6 * RATE_HZ  # after a longer silence nothing before it matters any more
_FULL_SCALE: Final = np.float32(32_768)


class Matcher(Protocol):
    """Listens to one voice at 8 kHz; the real one is `fingerprint.stream.StreamMatcher`."""

    def feed(self, samples: Samples) -> Sequence[Sighting]:
        """Hear the next samples; tell what was recognised.

        Shapes:
            samples: (n,) at 8 kHz, full scale 1.0
        """
        ...


class Voice:
    """A voice since it began, or since its last long silence."""

    def __init__(self, matcher: Matcher, begins_at: int, *, detector: str) -> None:
        self._matcher = matcher
        self._begins_at = begins_at
        self._detector = detector
        self._decimate = Decimator(DECIMATION)
        self.end = begins_at

    def continues(self, chunk: Chunk) -> bool:
        """Tell whether a chunk goes on with this voice, silence between included."""
        return 0 <= chunk.position - self.end <= SILENCE_MAX

    def hear(self, chunk: Chunk) -> list[Recognised]:
        """Hear a chunk, and the silence before it."""
        told: list[Recognised] = []
        for _ in range((chunk.position - self.end) // CHUNK_SAMPLES):
            told += self._hear(chunk, np.zeros(CHUNK_SAMPLES, np.int16))
        return told + self._hear(chunk, chunk.pcm)

    def _hear(self, chunk: Chunk, pcm: NDArray[np.int16]) -> list[Recognised]:
        samples = self._decimate(np.asarray(pcm / _FULL_SCALE, np.float32))
        self.end += len(pcm)
        return [self._told(chunk, one) for one in self._matcher.feed(samples)]

    def _told(self, chunk: Chunk, sighting: Sighting) -> Recognised:
        return Recognised(
            room_id=chunk.room_id,
            seat_id=chunk.seat_id,
            stage=sighting.stage,
            recording_id=sighting.recording,
            from_position=self._position(sighting.from_sample),
            to_position=min(self._position(sighting.to_sample), self.end),
            offset_s=sighting.offset_s,
            score=sighting.score,
            false_alarms_per_1000h=sighting.false_alarms_per_1000h,
            speed=sighting.speed,
            pitch_semitones=sighting.pitch_semitones,
            alike=sighting.alike,
            detector=self._detector,
        )

    def _position(self, sample: int) -> int:
        return max(0, self._begins_at + sample * DECIMATION)
