"""How much may be told of one voice: the rest is dropped, who goes on given up."""

import pytest

from balai.broadcast.pace import AT_ONCE, DROPPED_MAX, PER_S, Pace
from balai.detect.wire import DetectorGarbled


def passed(pace: Pace, *times_s: float) -> int:
    return sum(pace.passes(time_s) for time_s in times_s)


def test_people_who_speak_are_never_dropped() -> None:
    pace = Pace()
    assert passed(pace, *(second / 2 for second in range(20_000))) == 20_000
    pace.check()


def test_what_waited_may_come_at_once_and_the_rest_is_dropped() -> None:
    pace = Pace()
    assert passed(pace, *[100.0] * (AT_ONCE + 60)) == AT_ONCE
    assert passed(pace, *[105.0] * 60) == 5 * PER_S
    pace.check()


def test_who_goes_on_is_given_up_and_the_next_begins_anew() -> None:
    pace = Pace()
    assert passed(pace, *[100.0] * (AT_ONCE + DROPPED_MAX)) == AT_ONCE
    pace.check()
    assert not pace.passes(100.0)
    with pytest.raises(DetectorGarbled):
        pace.check()
    pace.check()


def test_a_rest_forgives() -> None:
    pace = Pace()
    for burst in range(10):
        at_s = 100.0 + 60 * burst
        assert passed(pace, *[at_s] * (AT_ONCE + DROPPED_MAX)) == AT_ONCE
        pace.check()


def test_a_clock_that_jumps_gives_no_more_than_a_rest() -> None:
    pace = Pace()
    passed(pace, *[100.0] * AT_ONCE)
    assert passed(pace, *[1e9] * 100) == AT_ONCE
