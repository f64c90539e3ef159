"""Ways of playing a recording, and what they take from a fit."""

import pytest

from balai.detect.fingerprint.playing import unlikely


def test_a_recording_as_it_is_loses_nothing() -> None:
    assert unlikely(1.0, 0) == 0
    assert unlikely(1.003, 0) == 0  # speeds are told within half a percent


@pytest.mark.parametrize(("speed", "pitch"), [(1.02, 1), (0.98, -1), (1.04, 1), (1.08, 3)])
def test_what_is_faster_may_be_higher_by_as_much(speed: float, pitch: int) -> None:
    assert 0 < unlikely(speed, pitch) < unlikely(speed, -pitch)


@pytest.mark.parametrize("pitch", [-4, -2, 2, 4])
def test_pitch_alone_is_likelier_than_both_at_odds(pitch: int) -> None:
    assert 0 < unlikely(1.0, pitch) < unlikely(1 - pitch / 100, pitch)


@pytest.mark.parametrize("speed", [0.95, 1.05])
def test_tempo_alone_is_likelier_than_both_at_odds(speed: float) -> None:
    assert 0 < unlikely(speed, 0) < unlikely(speed, -3 if speed > 1 else 3)
