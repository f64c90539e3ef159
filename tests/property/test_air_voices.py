"""The delay lines against a model that keeps every sample for ever."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from balai.air.encoder import AHEAD_SAMPLES, PART_SAMPLES
from balai.air.voices import Cut, Take, Voices
from balai.audio.blocks import BLOCK_SAMPLES, Pcm

SEATS = ("ada", "ben", "eve")
BACK = 40 * 48_000  # the model's arrays begin this far before the room went on air
END = 40 * 48_000
ROOM_FOR_MORE = PART_SAMPLES + AHEAD_SAMPLES


def speech(seat: str, position: int) -> Pcm:
    """Loud sound in which each sample tells its seat and its place."""
    at = np.arange(position, position + BLOCK_SAMPLES)
    return (1_000 * (1 + SEATS.index(seat)) + at * 7 % 997).astype(np.int16)


@dataclass
class Tape:
    """A voice as it was said, and how far it has aired."""

    said: NDArray[np.int32] = field(default_factory=lambda: np.zeros(BACK + END, np.int32))
    aired_to: int = 0
    is_held: bool = False

    def at(self, start: int, end: int) -> NDArray[np.int32]:
        stretch = self.said[BACK + start : BACK + end].copy()
        stretch[: max(0, min(self.aired_to, end) - start)] = 0
        return stretch

    def next_sound(self, limit: int) -> int:
        sound = np.flatnonzero(self.said[BACK + self.aired_to : BACK + limit])
        return self.aired_to + int(sound[0]) if len(sound) else limit


class Model:
    def __init__(self, delay: int) -> None:
        self.delay = max(delay, AHEAD_SAMPLES)
        self.source = self.aired_to = -self.delay
        self.tapes = {seat: Tape(aired_to=self.source) for seat in SEATS}
        self.written_to = 0

    def write(self, voices: dict[str, Pcm]) -> None:
        for seat, pcm in voices.items():
            start = BACK + self.written_to
            self.tapes[seat].said[start : start + len(pcm)] = pcm
        self.written_to += BLOCK_SAMPLES

    def part(self) -> NDArray[np.int32]:
        total = np.zeros(ROOM_FOR_MORE, np.int32)
        for tape in self.tapes.values():
            if not tape.is_held:
                total += self._voice(tape)
        self.source += PART_SAMPLES
        self.aired_to = max(self.aired_to, self.source)
        return total

    def _voice(self, tape: Tape) -> NDArray[np.int32]:
        if tape.aired_to < self.source:
            quiet = tape.next_sound(min(self.source, tape.aired_to + 96_000))
            if quiet == self.source or quiet - tape.aired_to >= BLOCK_SAMPLES:
                tape.aired_to = quiet
        start = min(tape.aired_to, self.source)
        out = tape.at(start, start + ROOM_FOR_MORE)
        tape.aired_to = max(tape.aired_to, start + PART_SAMPLES)
        return out

    def hold(self, seat: str) -> int:
        self.tapes[seat].is_held = True
        return self.aired_to

    def release(self, seat: str, *, air_held: bool) -> None:
        tape = self.tapes[seat]
        if tape.is_held and not air_held:
            tape.aired_to = max(tape.aired_to, self.written_to)
        tape.is_held = False

    def dump(self, length: int | None) -> None:
        for tape in self.tapes.values():
            start = -BACK if length is None else self.written_to - length
            tape.said[BACK + max(start, tape.aired_to) : BACK + self.written_to] = 0

    def lengthen(self, samples: int) -> None:
        self.source -= max(0, samples - self.delay)
        self.delay = max(self.delay, samples)


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
            model.tapes[seat] = Tape(aired_to=model.aired_to)
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
