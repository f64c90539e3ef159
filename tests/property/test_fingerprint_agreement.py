"""Landmarks that fall together on one line: counted, less what chance lets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.detect.fingerprint.agreement import agreement, grid_of
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.segment import Segment, write_segment
from balai.detect.fingerprint.spectrum import BANDS
from balai.detect.fingerprint.verify import Fit

WINDOW = 312  # frames: five seconds
OWN = 100  # landmarks of a recording in a window
HEARD = 300  # others that a voice has there
CHANCE = 6.0  # what two strange sounds may reach


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    """A recording of twenty seconds, with landmarks anywhere."""
    path = tmp_path_factory.mktemp("agreement") / "one.ear"
    write_segment(path, [("one", Fingerprint(4 * WINDOW, _anywhere(1, 4 * OWN, 4 * WINDOW)))])
    return Segment.open(path)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    begin=st.integers(0, 3 * WINDOW - 1),
    speed=st.floats(0.98, 1.02),
    pitch=st.integers(-4, 4),
    kept=st.floats(0.3, 1.0),
    wrong=st.tuples(st.integers(-4, 4), st.floats(-0.02, 0.02)),
)
def test_what_plays_agrees_however_fast_and_high_and_under_other_sound(
    recording: Segment,
    seed: int,
    begin: int,
    speed: float,
    pitch: int,
    kept: float,
    wrong: tuple[int, float],
) -> None:
    chance = np.random.default_rng(seed)
    own = recording.near(begin, WINDOW)
    at = np.round((own.frame - begin) / speed).astype(np.int32)
    band = own.band + np.int32(pitch)
    heard = (at >= 0) & (at < WINDOW) & (band >= 0) & (band < BANDS)
    heard &= chance.random(len(at)) < kept
    other = _anywhere(seed, HEARD, WINDOW)
    voice = Landmarks(
        np.concatenate((at[heard], other.frame)), np.concatenate((band[heard], other.band))
    )
    shift, faster = wrong  # verification tells a place roughly
    middle = round(begin - faster * WINDOW / 2) + shift
    told = agreement(
        grid_of(voice, WINDOW), recording.marks, Fit(9.0, middle, speed + faster, pitch, OWN)
    )
    assert told.landmarks >= 0.6 * int(heard.sum()) - 10


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(2, 2**32 - 1), frame=st.integers(0, 3 * WINDOW))
def test_strange_sounds_agree_as_much_at_other_times(
    recording: Segment, seed: int, frame: int
) -> None:
    strange = grid_of(_anywhere(seed, HEARD + OWN, WINDOW), WINDOW)
    assert agreement(strange, recording.marks, Fit(4.0, frame, 1.0, 0, OWN)).landmarks < CHANCE


def test_a_voice_full_of_landmarks_agrees_with_nothing(recording: Segment) -> None:
    full = np.ones((WINDOW, BANDS), np.bool_)
    assert agreement(full, recording.marks, Fit(4.0, 0, 1.0, 0, OWN)).landmarks == 0


@pytest.mark.parametrize("frame", [-(2**20), 2**24])
def test_beyond_the_recording_nothing_agrees(recording: Segment, frame: int) -> None:
    strange = grid_of(_anywhere(3, HEARD, WINDOW), WINDOW)
    assert agreement(strange, recording.marks, Fit(4.0, frame, 1.0, 0, 0)).landmarks == 0


@pytest.mark.parametrize("frames", [1, 3])
def test_a_window_of_a_moment_agrees_with_nothing(recording: Segment, frames: int) -> None:
    nothing = grid_of(Landmarks(np.zeros(0, np.int32), np.zeros(0, np.int32)), frames)
    assert agreement(nothing, recording.marks, Fit(4.0, 0, 1.0, 0, 0)).landmarks == 0


def _anywhere(seed: int, count: int, frames: int) -> Landmarks:
    chance = np.random.default_rng(seed)
    frame = np.sort(chance.integers(0, frames, count)).astype(np.int32)
    return Landmarks(frame, chance.integers(0, BANDS, count).astype(np.int32))
