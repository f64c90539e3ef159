"""Fingerprints as bytes: what was written is read, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balai.detect.fingerprint import Fingerprint
from balai.detect.fingerprint.errors import FingerprintDamaged
from balai.detect.fingerprint.landmarks import Landmarks

marks = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 91)), max_size=40)


def made(steps: list[tuple[int, int]]) -> Fingerprint:
    frame = np.cumsum([step for step, _ in steps], dtype=np.int64).astype(np.int32)
    band = np.array([band for _, band in steps], np.int32)
    return Fingerprint(int(frame[-1]) + 1 if len(frame) else 0, Landmarks(frame, band))


@given(marks)
def test_what_was_written_is_read(steps: list[tuple[int, int]]) -> None:
    before = made(steps)
    after = Fingerprint.from_bytes(before.to_bytes())
    assert after.frames == before.frames
    assert after.landmarks.frame.tolist() == before.landmarks.frame.tolist()
    assert after.landmarks.band.tolist() == before.landmarks.band.tolist()


@given(marks, st.data())
def test_one_changed_or_missing_byte_is_noticed(
    steps: list[tuple[int, int]], data: st.DataObject
) -> None:
    whole = made(steps).to_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    flipped = bytearray(whole)
    flipped[place] ^= change
    for damaged in (bytes(flipped), whole[:place], whole + b"x"):
        with pytest.raises(FingerprintDamaged):
            Fingerprint.from_bytes(damaged)
