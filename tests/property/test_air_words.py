"""Words against a model that knows when each sample of each voice aired."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air.captions import CUE_CHARS_MAX, CUE_SAMPLES_MAX, Captions, SpokenWord
from balai.air.encoder import PART_SAMPLES
from balai.air.voices import Take, Voices
from balai.air.webvtt import Cue
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_model import BACK, SEATS, Model, speech

Act = tuple[str, object, object]
LATEST_TICKS = 1_000  # 20 s

ACTS = st.one_of(
    st.tuples(st.just("speak"), st.sets(st.sampled_from(SEATS)), st.integers(1, 60)),
    st.tuples(st.just("speak"), st.sets(st.sampled_from(SEATS)), st.integers(1, 60)),
    st.tuples(st.just("hold"), st.sampled_from(SEATS), st.just(0)),
    st.tuples(st.just("hold"), st.sampled_from(SEATS), st.just(0)),
    st.tuples(st.just("release"), st.sampled_from(SEATS), st.booleans()),
    st.tuples(st.just("release"), st.sampled_from(SEATS), st.booleans()),
    st.tuples(st.just("dump"), st.one_of(st.none(), st.integers(0, 200_000)), st.just(0)),
    st.tuples(st.just("drop"), st.sampled_from(SEATS), st.just(0)),
    st.tuples(st.just("lengthen"), st.integers(0, 96_000), st.just(0)),
    st.tuples(st.just("lose"), st.just(0), st.integers(1, 5)),
)


@dataclass(frozen=True)
class Said:
    """A word that the recogniser will have heard, and when it says so."""

    seat: str
    phrase: int
    word: SpokenWord
    due_at: int


@dataclass
class House:
    """Voices, their words and the model, in step."""

    delay: int
    captions: Captions = field(default_factory=Captions)
    media_time: int = 0
    lost_left: int = 0
    due: list[Said] = field(default_factory=list)
    words: dict[str, Said] = field(default_factory=dict)
    told: list[Cue] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.voices, self.model = Voices(self.delay, self.captions), Model(self.delay)

    def speak(self, seats: set[str], ticks: int) -> None:
        for _ in range(ticks):
            said = {seat: speech(seat, self.model.written_to) for seat in seats}
            self.voices.write(self.model.written_to, said)
            self.model.write(said)
            self._hear()
            while take := self.voices.take(self.model.written_to):
                assert take.from_position == self.model.source
                self._publish(take)

    def _publish(self, take: Take) -> None:
        is_lost = self.lost_left > 0
        self.lost_left -= is_lost
        part = self.model.part(None if is_lost else self.media_time)
        np.testing.assert_array_equal(take.pcm, part)
        if is_lost:
            self.captions.lose()
            return
        cues = self.captions.publish(self.media_time)
        self.media_time += PART_SAMPLES
        assert all(cue.to_time <= self.media_time for cue in cues)
        self.told += cues

    def expect(self, said: Said) -> None:
        self.words[said.word.text] = said
        self.due.append(said)

    def _hear(self) -> None:
        now = self.model.written_to
        for said in [each for each in self.due if each.due_at <= now]:
            self.due.remove(said)
            self.voices.write_words(
                said.seat, speaker=said.seat, phrase=said.phrase, words=[said.word]
            )

    def act(self, verb: str, what: object, how: object) -> None:
        match verb, what:
            case "hold", str(seat):
                assert self.voices.hold(seat) == self.model.hold(seat)
            case "release", str(seat):
                self.voices.release(seat, air_held=bool(how))
                self.model.release(seat, air_held=bool(how))
            case "dump", _:
                length = what if isinstance(what, int) else None
                self.voices.dump(self.model.written_to, length)
                self.model.dump(length)
            case "drop", str(seat):
                self.voices.drop(seat)
                self.model.drop(seat)
            case "lengthen", int(more):
                self.voices.set_delay(min(self.model.delay + more, 480_000))
                self.model.lengthen(min(self.model.delay + more, 480_000))
            case "lose", _:
                self.lost_left += int(str(how))

    def finish(self) -> None:
        for seat in SEATS:
            self.act("release", seat, how=True)
        self.speak(set(), LATEST_TICKS + 30)
        assert self.due == []
        self.told += self.captions.flush(self.media_time)


def cut(data: st.DataObject, house: House, seat: str, end: int) -> Iterator[Said]:
    """Cut what a seat says up to `end` into words; they are recognised in their order."""
    start, last = house.model.written_to, max((each.due_at for each in house.due), default=0)
    inner = data.draw(st.sets(st.integers(start + 48, end - 48), max_size=4))
    borders = sorted({start, end, *inner})
    phrase = len(house.words)
    for first, to in pairwise(borders):
        if to - first < 48:
            continue
        if data.draw(st.booleans()):
            phrase += 1
        late = data.draw(st.integers(0, LATEST_TICKS)) * BLOCK_SAMPLES
        last = min(max(last, to + late), to + LATEST_TICKS * BLOCK_SAMPLES)
        text = f"{seat}{len(house.words)}" + "x" * data.draw(st.integers(0, 60))
        yield Said(seat, phrase, SpokenWord(first, to, text, 0.9), last)


@given(delay=st.integers(0, 200_000), acts=st.lists(ACTS, max_size=25), data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_word_is_told_if_and_only_if_all_of_its_sound_aired(
    delay: int, acts: list[Act], data: st.DataObject
) -> None:
    house = House(delay)
    for verb, what, how in acts:
        house.act(verb, what, how)
        seats = what if isinstance(what, set) else data.draw(st.sets(st.sampled_from(SEATS)))
        ticks = int(str(how)) if verb == "speak" else 10
        end = house.model.written_to + ticks * BLOCK_SAMPLES
        for seat in sorted(seats):
            for said in cut(data, house, seat, end):
                house.expect(said)
        house.speak(seats, ticks)
    house.finish()
    times = {
        text: house.model.tapes[said.seat].aired(said.word.from_position, said.word.to_position)
        for text, said in house.words.items()
    }
    shown = [word.text for cue in house.told for word in cue.words]
    assert sorted(shown) == sorted(text for text, aired in times.items() if aired)
    for cue in house.told:
        check_cue(house, cue, times)
    for seat in SEATS:
        begins = [cue.from_time for cue in house.told if cue.speaker == seat]
        assert begins == sorted(begins)
    assert len({cue.identifier for cue in house.told}) == len(house.told)
    assert house.captions.dropped_words == 0


def check_cue(house: House, cue: Cue, times: dict[str, tuple[int, int] | None]) -> None:
    words = [house.words[word.text] for word in cue.words]
    assert {(said.seat, said.phrase) for said in words} == {(cue.speaker, words[0].phrase)}
    first, last = times[cue.words[0].text], times[cue.words[-1].text]
    assert first
    assert last
    assert (cue.from_time, cue.to_time) == (first[0], last[1])
    assert len(words) == 1 or cue.to_time - cue.from_time <= CUE_SAMPLES_MAX
    assert len(" ".join(word.text for word in cue.words)) <= CUE_CHARS_MAX


HOSTILE = st.tuples(
    st.sampled_from((*SEATS, "nobody")),
    st.integers(-400_000, 100_000),
    st.integers(-100, 300_000),
)


@given(
    delay=st.integers(0, 200_000),
    acts=st.lists(
        st.one_of(ACTS, st.tuples(st.just("word"), HOSTILE, st.just(0))), max_size=40
    ),
)
@settings(deadline=None, max_examples=60)
def test_whatever_words_come_none_is_told_of_which_a_sample_was_stopped(
    delay: int, acts: list[Act]
) -> None:
    house = House(delay)
    for verb, what, how in acts:
        if verb == "word":
            assert isinstance(what, tuple)
            seat, back, samples = what
            start = house.model.written_to + back
            word = SpokenWord(start, start + samples, f"{seat}{len(house.words)}", 0.9)
            house.expect(Said(seat, len(house.words), word, 0))
        house.act(verb, what, how)
        if isinstance(what, set):
            house.speak(what, int(str(how)))
        house.speak(set(), 1)
    house.finish()
    for cue in house.told:
        (text,) = [word.text for word in cue.words]
        word, tape = house.words[text].word, house.model.tapes[cue.speaker]
        span = slice(word.from_position + BACK, word.to_position + BACK)
        assert not tape.erased[span].any()
        assert tape.times[span][tape.said[span] != 0].all()  # what sounded was heard
        heard = tape.times[span][tape.times[span] != 0]
        assert (cue.from_time, cue.to_time) == (heard[0] - 1, heard[-1])


@given(
    delay=st.integers(0, 480_000),
    target=st.integers(0, 480_000),
    talk=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=5, max_size=12),
)
@settings(deadline=None, max_examples=40)
def test_words_follow_their_sound_through_a_delay_that_changes(
    delay: int, target: int, talk: list[tuple[bool, int]]
) -> None:
    captions = Captions()
    voices = Voices(delay, captions)
    spoken: dict[str, tuple[int, int]] = {}
    parts: dict[int, tuple[int, int]] = {}
    told: list[Cue] = []
    written_to = media_time = 0
    for index, (is_talking, ticks) in enumerate([(True, 60), *talk, (False, 800)]):
        if index == 1:
            voices.set_delay(target)
        for _ in range(ticks):
            voices.write(written_to, {"ada": speech("ada", written_to)} if is_talking else {})
            written_to += BLOCK_SAMPLES
            if is_talking:
                text = f"w{written_to}"
                span = (written_to - BLOCK_SAMPLES, written_to)
                spoken[text] = span
                word = SpokenWord(*span, text, 0.9)
                voices.write_words("ada", speaker="ada", phrase=written_to, words=[word])
            while take := voices.take(written_to):
                parts[media_time] = (take.from_position, take.to_position)
                told += captions.publish(media_time)
                media_time += PART_SAMPLES
    told += captions.flush(media_time)
    assert [cue.words[0].text for cue in told] == list(spoken)
    for cue in told:
        start, end = spoken[cue.words[0].text]
        assert aired_near(parts, cue.from_time, start)
        assert aired_near(parts, cue.to_time - 1, end - 1)


def aired_near(parts: dict[int, tuple[int, int]], media_time: int, position: int) -> bool:
    """A part that takes more than it gives has left something out, at one place."""
    begins_at = media_time // PART_SAMPLES * PART_SAMPLES
    first, to = parts[begins_at]
    earliest = first + media_time - begins_at
    return earliest <= position <= earliest + (to - first - PART_SAMPLES)
