"""The delay lines against a model that keeps every sample for ever."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air.encoder import AHEAD_SAMPLES, PART_SAMPLES
from balai.air.voices import Cut, Take, Voices
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_model import BACK, ROOM_FOR_MORE, SEATS, Model, speech

ACTS = st.one_of(
    st.tuples(st.just("speak"), st.sets(st.sampled_from(SEATS)), st.integers(1, 40)),
    st.tuples(st.just("hold"), st.sampled_from(SEATS), st.just(0)),
    st.tuples(st.just("release"), st.sampled_from(SEATS), st.booleans()),
    st.tuples(st.just("dump"), st.one_of(st.none(), st.integers(0, 200_000)), st.just(0)),
    st.tuples(st.just("drop"), st.sampled_from(SEATS), st.just(0)),
    st.tuples(st.just("lengthen"), st.integers(0, 96_000), st.just(0)),
)


def tick(voices: Voices, model: Model, seats: set[str]) -> Iterator[tuple[Take, int]]:
    """Speak for 20 ms; give what becomes due."""
    said = {seat: speech(seat, model.written_to) for seat in seats}
    voices.write(model.written_to, said)
    model.write(said)
    while take := voices.take(model.written_to):
        yield take, model.written_to


def act(voices: Voices, model: Model, verb: str, what: object, how: object) -> None:
    match verb, what:
        case "hold", str(seat):
            assert voices.hold(seat) == model.hold(seat)
        case "release", str(seat):
            voices.release(seat, air_held=bool(how))
            model.release(seat, air_held=bool(how))
        case "dump", _:
            length = what if isinstance(what, int) else None
            voices.dump(model.written_to, length)
            model.dump(length)
        case "drop", str(seat):
            voices.drop(seat)
            model.drop(seat)
        case "lengthen", int(more):
            voices.set_delay(min(model.delay + more, 480_000))
            model.lengthen(min(model.delay + more, 480_000))


@given(delay=st.integers(0, 200_000), acts=st.lists(ACTS, max_size=25))
@settings(deadline=None, max_examples=60)
def test_the_programme_is_what_the_model_says(
    delay: int, acts: list[tuple[str, object, object]]
) -> None:
    voices, model = Voices(delay), Model(delay)
    for verb, what, how in acts:
        act(voices, model, verb, what, how)
        ticks = int(str(how)) if verb == "speak" else 0
        for _ in range(ticks):
            assert isinstance(what, set)
            for take, now in tick(voices, model, what):
                start = model.source
                np.testing.assert_array_equal(take.pcm, model.part())
                assert (take.from_position, take.to_position) == (start, start + PART_SAMPLES)
                assert take.to_position <= now - model.delay
        assert voices.aired_to == model.aired_to


@given(delay=st.integers(0, 200_000), ticks=st.integers(0, 250))
@settings(deadline=None, max_examples=30)
def test_what_comes_out_is_what_went_in_later_by_the_delay(delay: int, ticks: int) -> None:
    voices = Voices(delay)
    said = np.concatenate(
        [np.zeros(BACK, np.int16), *(speech("ada", i * BLOCK_SAMPLES) for i in range(ticks))]
    )
    for i in range(ticks):
        voices.write(i * BLOCK_SAMPLES, {"ada": speech("ada", i * BLOCK_SAMPLES)})
        while take := voices.take((i + 1) * BLOCK_SAMPLES):
            stretch = said[BACK + take.from_position : BACK + take.to_position]
            np.testing.assert_array_equal(take.pcm[:PART_SAMPLES], stretch)
    unaired = ticks * BLOCK_SAMPLES - voices.aired_to - max(delay, AHEAD_SAMPLES)
    assert 0 <= unaired < PART_SAMPLES


@given(
    before=st.integers(1, 200),
    length=st.one_of(st.none(), st.integers(1, 300_000)),
    delay=st.integers(0, 96_000),
    target=st.integers(0, 192_000),
)
@settings(deadline=None, max_examples=40)
def test_nothing_said_before_a_dump_is_heard_after_it(
    before: int, length: int | None, delay: int, target: int
) -> None:
    voices, model = Voices(delay), Model(delay)
    for _ in range(before):
        for _taken in tick(voices, model, {"ada"}):
            pass
    voices.set_delay(target)
    dumped = voices.dump(model.written_to, length)
    late = []
    for _ in range(400):
        late += [take for take, _ in tick(voices, model, set())]
    heard = [take for take in late if take.pcm[:PART_SAMPLES].any()]
    assert all(take.from_position < dumped.from_position for take in heard)
    if length is None:
        assert heard == []


@given(
    delay=st.integers(0, 480_000),
    target=st.integers(0, 480_000),
    talk=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=5, max_size=12),
)
@settings(deadline=None, max_examples=40)
def test_a_delay_is_reached_without_a_gap_and_never_undercut(
    delay: int, target: int, talk: list[tuple[bool, int]]
) -> None:
    voices, model = Voices(delay), Model(delay)
    for _ in range(60):
        for _taken in tick(voices, model, {"ada"}):
            pass
    voices.set_delay(target)
    previous: Take | None = None
    for talking, ticks in [*talk, (False, 800)]:
        for _ in range(ticks):
            for take, now in tick(voices, model, {"ada"} if talking else set()):
                assert take.to_position <= now - voices.delay_samples
                follows(previous, take)
                previous = take
    left = voices.delay_samples - max(target, AHEAD_SAMPLES)
    assert 0 <= left < 96  # 2 ms are not worth a splice


def follows(previous: Take | None, take: Take) -> None:
    """A part takes at most 5 % more than it gives; only silence is left out between parts."""
    assert len(take.pcm) == ROOM_FOR_MORE
    assert PART_SAMPLES <= take.to_position - take.from_position <= PART_SAMPLES * 1.05
    if previous and take.cut is Cut.NONE:
        assert take.from_position == previous.to_position
