"""Decoys: recordings that nobody ever made, for lists as long as one likes.

Each is a real recording's fingerprint turned in time, mirrored in frequency, or both, played at
another speed and pitch, with every landmark moved a little. What makes music and speech look
alike (density, rhythm, runs of notes) stays; the recording itself cannot be recognised.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.spectrum import BANDS

SPEED_MOST: Final = 0.12
PITCH_BANDS_MOST: Final = 10
JITTER_FRAMES: Final = 2
JITTER_BANDS: Final = 1


def decoys(
    real: Sequence[tuple[str, Fingerprint]], hours: float, seed: int
) -> Iterator[tuple[str, Fingerprint]]:
    """Make so many hours of decoys from real fingerprints, one after the other."""
    chance = np.random.default_rng(seed)
    made_s = 0.0
    number = 0
    while made_s < hours * 3600:
        name, source = real[number % len(real)]
        decoy = _decoy(source, chance)
        made_s += decoy.duration_s
        yield f"decoy-{number:06d}-{name[-40:]}", decoy
        number += 1


def _decoy(source: Fingerprint, chance: np.random.Generator) -> Fingerprint:
    frame, band = (part.astype(np.int64) for part in source.landmarks)
    turned, mirrored = chance.choice([(True, False), (False, True), (True, True)])
    if turned:
        frame = source.frames - 1 - frame
    if mirrored:
        band = BANDS - 1 - band
    speed = 1 + chance.uniform(-SPEED_MOST, SPEED_MOST)
    frames = round(source.frames * speed)
    frame = np.round(frame * speed).astype(np.int64)
    frame += chance.integers(-JITTER_FRAMES, JITTER_FRAMES + 1, len(frame))
    band += int(chance.integers(-PITCH_BANDS_MOST, PITCH_BANDS_MOST + 1))
    band += chance.integers(-JITTER_BANDS, JITTER_BANDS + 1, len(band))
    is_inside = (frame >= 0) & (frame < frames) & (band >= 0) & (band < BANDS)
    places = np.unique(frame[is_inside] * BANDS + band[is_inside])
    own = Landmarks((places // BANDS).astype(np.int32), (places % BANDS).astype(np.int32))
    return Fingerprint(frames, own)
