"""The worker's pulse: bounded, in memory, true to what is on air."""

import json

import numpy as np
import pytest

from balai.air.trail import Course
from balai.audio.blocks import RATE_HZ
from balai.broadcast.pulse import (
    MARKS_MAX,
    PHRASES_MAX,
    TEXT_MAX,
    VOICES_MAX,
    WORDS_BYTES_MAX,
    Finding,
    Gauge,
    Pulse,
    bound_words,
)
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.wire import Said, SaidWord

FINDING = Finding("threats", {"en": "Threats"}, {"en": "Calls for harm"}, [(48_000, 96_000)])


def chunk(seat: str = "s", *, at: int = 0, amplitude: int = 0, room: str = "r") -> Chunk:
    return Chunk(room, seat, at, np.full(CHUNK_SAMPLES, amplitude, np.int16))


def said(*words: str, at_s: int = 0, seat: str = "s") -> Said:
    """One word a second."""
    start = at_s * RATE_HZ
    told = tuple(
        SaidWord(word, start + i * RATE_HZ, start + (i + 1) * RATE_HZ, 1.0)
        for i, word in enumerate(words)
    )
    return Said(
        room_id="r", seat_id=seat, from_position=start,
        to_position=start + len(words) * RATE_HZ, words=told, language="en",
        is_language_identified=True, engine="test", may_hold=True, continues=False,
    )  # fmt: skip


def voices(pulse: Pulse, *, position: int = RATE_HZ, held: dict[str, int] | None = None):  # type: ignore[no-untyped-def]
    gauge = Gauge(position, 0, 0, held or {})
    return pulse.room("r", gauge, frozenset({"s"}))["voices"]


@pytest.mark.parametrize(
    ("amplitude", "level"), [(0, 0), (32, 0), (328, 37), (16_422, 100), (32_767, 100)]
)
def test_a_level_goes_from_silence_to_loud(amplitude: int, level: int) -> None:
    pulse = Pulse()
    pulse.give(chunk(amplitude=amplitude))
    assert voices(pulse)["s"] == {
        "level": level,
        "speaking": True,
        "held_s": None,
        "course": None,
        "phrases": [],
    }


def test_a_voice_that_is_not_heard_any_more_is_silent() -> None:
    pulse = Pulse()
    pulse.give(chunk(amplitude=10_000))
    assert voices(pulse, position=2 * RATE_HZ)["s"]["level"] == 92
    assert voices(pulse, position=2 * RATE_HZ + 1)["s"]["level"] == 0


def test_a_room_tells_its_delay_line_and_what_is_held() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    gauge = Gauge(20 * RATE_HZ, 8 * RATE_HZ, 12 * RATE_HZ, {"s": 5 * RATE_HZ})
    told = pulse.room("r", gauge, frozenset())
    assert (told["position_s"], told["aired_to_s"], told["delay_s"]) == (20.0, 8.0, 12.0)
    assert told["voices"]["s"]["held_s"] == 15.0


def test_a_room_tells_what_became_of_a_voice() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    course = Course(0, 9 * RATE_HZ, ((4 * RATE_HZ, 6 * RATE_HZ),))
    told = pulse.room("r", Gauge(20 * RATE_HZ, 9 * RATE_HZ, 0, {}, {"s": course}), frozenset())
    assert told["voices"]["s"]["course"] == {
        "known_from_s": 0.0,
        "passed_to_s": 9.0,
        "never": [(4.0, 6.0)],
    }


def test_before_anything_aired_the_hall_is_at_zero() -> None:
    told = Pulse().room("r", Gauge(960, -480_000, 480_000, {}), frozenset())
    assert told["aired_to_s"] == 0.0


def test_a_phrase_says_where_a_rule_found_something_and_why() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    pulse.said(said("we", "harm", "them"), FINDING)
    (phrase,) = voices(pulse)["s"]["phrases"]
    assert phrase == {
        "n": 1,
        "text": "we harm them",
        "from_s": 0.0,
        "to_s": 3.0,
        "marks": [(3, 7)],
        "dumped": False,
        "clause": "threats",
        "title": {"en": "Threats"},
        "why": {"en": "Calls for harm"},
    }


def test_marked_words_beside_each_other_are_one_mark() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    wide = Finding("threats", {}, {}, [(0, 2 * RATE_HZ), (3 * RATE_HZ, 4 * RATE_HZ)])
    pulse.said(said("one", "two", "and", "four"), wide)
    assert voices(pulse)["s"]["phrases"][0]["marks"] == [(0, 7), (12, 16)]


def test_what_was_dumped_is_marked_and_what_was_said_before_is_not() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    pulse.said(said("before", at_s=1), None)
    pulse.said(said("within", at_s=5), None)
    pulse.dumped("r", {"from_position": 4 * RATE_HZ, "to_position": 9 * RATE_HZ})
    told = [(one["text"], one["dumped"]) for one in voices(pulse)["s"]["phrases"]]
    assert told == [("before", False), ("within", True)]
    pulse.dumped("r", {"from_position": 20 * RATE_HZ, "to_position": 21 * RATE_HZ})
    assert voices(pulse)["s"]["phrases"][1]["dumped"] is True


def test_everything_has_a_bound() -> None:
    pulse = Pulse()
    for number in range(VOICES_MAX + 5):
        pulse.give(chunk(f"s{number}", at=number * CHUNK_SAMPLES))
    kept = voices(pulse)
    assert list(kept) == [f"s{number}" for number in range(5, VOICES_MAX + 5)]
    for number in range(10):
        pulse.said(said(*["word"] * 100, at_s=number * 100, seat="s9"), FINDING)
    phrases = voices(pulse)["s9"]["phrases"]
    assert [one["n"] for one in phrases] == [8, 9, 10]
    assert len(phrases) == PHRASES_MAX
    assert all(len(one["text"]) <= TEXT_MAX for one in phrases)
    every_second = [(i * 2 * RATE_HZ, (i * 2 + 1) * RATE_HZ) for i in range(40)]
    pulse.said(said(*["w"] * 80, seat="s9"), Finding("c", {}, {}, every_second))
    assert len(voices(pulse)["s9"]["phrases"][-1]["marks"]) == MARKS_MAX


def test_words_beyond_the_bound_of_an_answer_are_left_out_and_counted() -> None:
    def room() -> dict[str, object]:
        return {"voices": {"s": {"level": 3, "phrases": ["w" * (WORDS_BYTES_MAX // 3)]}}}

    rooms = {name: room() for name in "abcd"}
    assert bound_words(rooms) == 2
    assert len(json.dumps(rooms)) < WORDS_BYTES_MAX
    assert [bool(rooms[name]["voices"]["s"]["phrases"]) for name in "abcd"] == [  # type: ignore[index]
        True, True, False, False,
    ]  # fmt: skip


def test_words_of_a_voice_that_was_never_heard_and_no_words_are_nothing() -> None:
    pulse = Pulse()
    pulse.said(said("hello"), None)
    pulse.give(chunk())
    pulse.said(said(), None)
    assert voices(pulse)["s"]["phrases"] == []


def test_a_room_off_the_air_is_forgotten() -> None:
    pulse = Pulse()
    pulse.give(chunk())
    pulse.said(said("hello"), None)
    pulse.forget("r")
    assert voices(pulse) == {}
    pulse.dumped("r", {"from_position": 0, "to_position": 1})
