"""Laying landmarks under a voice: many shifts at once score as each does alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from balai.detect.fingerprint import verify
from balai.detect.fingerprint.spectrum import BANDS
from balai.detect.fingerprint.verify import LANDMARKS_MIN, NOTHING, Near, Stand, stand_of


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(20, 300),
    count=st.integers(0, 300),
    line=st.tuples(st.floats(-30, 30), st.floats(0.93, 1.07), st.integers(-6, 6)),
    reach=st.sampled_from([0, 4, 18]),
)
def test_all_shifts_at_once_score_as_one_by_one(
    seed: int, frames: int, count: int, line: tuple[float, float, int], reach: int
) -> None:
    chance = np.random.default_rng(seed)
    stand = stand_of(chance.random((frames, BANDS), np.float32) * 5)
    found = (chance.uniform(-90, frames + 90, count), chance.integers(0, BANDS, count))
    scores, counts = verify._scores(stand, found, line, reach)
    shown = stand.score[:, verify._PADDING : -verify._PADDING]
    for later, shift in enumerate(range(-reach, reach + 1)):
        score, there = _alone(stand, shown, found, (*line, shift))
        assert counts[later] == there
        assert abs(scores[later] - score) < 1e-3


def _alone(
    stand: Stand,
    shown: NDArray[np.float32],
    found: Near,
    place: tuple[float, float, int, int],
) -> tuple[float, int]:
    """Score one way to lay the recording, landmark by landmark."""
    begin, speed, pitch, shift = place
    values = []
    for at, low in zip(*found, strict=True):
        frame, band = int(np.floor((at - begin) * (1 / speed) + 0.5)) + shift, low + pitch
        if 0 <= frame < shown.shape[1] and 0 <= band < BANDS:
            values.append(float(shown[band, frame]))
    if len(values) < LANDMARKS_MIN:
        return NOTHING, len(values)
    return sum(values) / (stand.spread * float(np.sqrt(len(values) + 6.0))), len(values)
