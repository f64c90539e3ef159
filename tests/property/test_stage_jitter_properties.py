"""The waiting room under any network."""

from hypothesis import given
from hypothesis import strategies as st

from balai.stage.engine import StageCounters
from balai.stage.jitter import (
    CONCEALED_SAMPLES_MAX,
    WAITING_SAMPLES_MAX,
    JitterBuffer,
    What,
)

FRAME = 960
Arrivals = st.lists(
    st.tuples(st.integers(0, 65_535), st.sampled_from([120, 480, 960, 1920, 2880, 5760])),
    max_size=6,
)


@given(st.lists(Arrivals, max_size=60))
def test_whatever_arrives_the_bounds_hold(ticks: list[list[tuple[int, int]]]) -> None:
    buffer = JitterBuffer(StageCounters())
    concealed = 0
    for arrivals in ticks:
        for number, samples in arrivals:
            buffer.push(number, b"x", samples)
            assert buffer.waiting_samples <= max(WAITING_SAMPLES_MAX, samples)
        cue = buffer.next()
        concealed = concealed + cue.samples if cue.what is What.CONCEAL else 0
        assert concealed <= CONCEALED_SAMPLES_MAX
        assert (cue.what in (What.PLAY, What.MERGE, What.RECOVER)) == bool(cue.payload)


@st.composite
def networks(draw: st.DrawFn) -> list[list[int]]:
    """For each tick the packets that arrive: each up to 100 ms late, or never."""
    length = draw(st.integers(1, 80))
    delays = draw(st.lists(st.none() | st.integers(0, 5), min_size=length, max_size=length))
    first = draw(st.integers(0, 65_535))
    ticks: list[list[int]] = [[] for _ in range(length + 30)]
    for number, delay in enumerate(delays):
        if delay is not None:
            ticks[number + delay].append(first + number)
    return ticks


@given(networks())
def test_packets_are_played_in_order_each_at_most_once_and_all_are_accounted_for(
    ticks: list[list[int]],
) -> None:
    counters = StageCounters()
    buffer = JitterBuffer(counters)
    played: list[int] = []
    for arrivals in ticks:
        for number in arrivals:
            buffer.push(number & 0xFFFF, str(number).encode(), FRAME)
        cue = buffer.next()
        if cue.what in (What.PLAY, What.MERGE):
            played += [int(payload) for payload in (cue.payload, cue.other) if payload]
    assert played == sorted(set(played))
    pushed = sum(len(arrivals) for arrivals in ticks)
    waiting = buffer.waiting_samples // FRAME
    assert pushed == len(played) + counters.late + counters.dropped + waiting


@given(st.integers(0, 65_535), st.integers(5, 200))
def test_without_loss_nothing_is_made_up(first: int, length: int) -> None:
    counters = StageCounters()
    buffer = JitterBuffer(counters)
    played = []
    for number in range(first, first + length):
        buffer.push(number & 0xFFFF, str(number).encode(), FRAME)
        cue = buffer.next()
        if cue.payload:
            played.append(int(cue.payload))
    assert played == list(range(first, first + length - 1))
    assert counters == StageCounters()
