import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air.delay_line import CAPACITY_SAMPLES, QUIET_PEAK, DelayLine
from balai.audio.blocks import Pcm

SPAN = 60_000
WRITES = st.lists(st.tuples(st.integers(1, 2_000), st.integers(0, 3_000)), max_size=30)


def noise(seed: int, samples: int) -> Pcm:
    return np.random.default_rng(seed).integers(-9_000, 9_000, samples).astype(np.int16)


@given(
    start=st.integers(-50_000, 50_000),
    writes=WRITES,
    read=st.tuples(st.integers(-1_000, SPAN), st.integers(0, 20_000)),
    aired=st.integers(0, SPAN),
    erased=st.tuples(st.integers(0, SPAN), st.integers(0, SPAN)),
)
@settings(deadline=None)
def test_a_line_gives_back_what_was_written_and_neither_aired_nor_erased(
    start: int,
    writes: list[tuple[int, int]],
    read: tuple[int, int],
    aired: int,
    erased: tuple[int, int],
) -> None:
    line, model = DelayLine(start), np.zeros(400_000, np.int16)
    at = 0
    for gap, samples in writes:
        at += gap
        pcm = noise(at, samples)
        line.write(start + at, pcm)
        model[at : at + samples] = pcm
        at += samples
    line.erase(start + erased[0], start + sum(erased))
    model[erased[0] : sum(erased)] = 0
    line.air(start + aired)
    model[:aired] = 0
    first, samples = read
    expected = model[max(first, 0) : max(first + samples, 0)]
    expected = np.concatenate([np.zeros(samples - len(expected), np.int16), expected])
    np.testing.assert_array_equal(line.read(start + first, samples), expected)
    loud = np.flatnonzero(np.abs(model.astype(np.int32)[max(first, 0) : SPAN]) > QUIET_PEAK)
    first_loud = max(first, 0) + int(loud[0]) if len(loud) else SPAN
    assert line.quiet_to(start + first, start + SPAN) == start + first_loud


@given(extra=st.integers(1, 400_000))
@settings(deadline=None, max_examples=20)
def test_a_line_keeps_a_minute_and_counts_what_it_drops(extra: int) -> None:
    line = DelayLine(0)
    block = np.full(CAPACITY_SAMPLES // 10 + 1, 1_000, np.int16)
    written = 0
    while written < CAPACITY_SAMPLES + extra:
        line.write(written, block)
        written += len(block)
    assert line.dropped_samples == written - CAPACITY_SAMPLES
    assert line.aired_to == line.dropped_samples
    assert line.read(line.aired_to, 5).tolist() == [1_000] * 5


def test_silence_takes_no_memory() -> None:
    line = DelayLine(0)
    line.write(0, np.zeros(48_000, np.int16))
    assert line.is_empty
    line.write(48_000, np.ones(960, np.int16))
    line.erase(0, 96_000)
    assert line.is_empty
