"""Words of many voices: what is told of each, in time, too late, and when an engine fails."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pytest

from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.speech import voice as voices
from balai.detect.speech.hearing import VOICES_MAX, WAITING_MAX, Hearing
from balai.detect.speech.recognizer import (
    DeadlineMissed,
    Doubtful,
    Recognizer,
    RecognizerFailed,
    Speech,
    Transcript,
    Word,
)
from balai.detect.wire import Heard, Missed, Said, Told


class Loudness:
    """Takes for speech what is loud: judges nothing but levels."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.int16)

    def __call__(self, speech: Speech) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        both = np.concatenate((self._rest, speech))
        frames = len(both) // 512
        self._rest = both[frames * 512 :]
        loud = np.abs(both[: frames * 512].reshape(frames, 512)).max(axis=1) > 1_000
        return np.where(loud, 0.95, 0.02).astype(np.float32)


@dataclass
class Engine:
    """Hears one word in the middle of each utterance, or raises what it is told to."""

    fails: list[Exception | None] = field(default_factory=list)
    heard: int = 0
    name: str = "test/1"
    languages: frozenset[str] | None = frozenset({"en"})

    def may_hold(self, language: str) -> bool:
        return language == "en"

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        self.heard += 1
        if self.fails and (trouble := self.fails.pop(0)):
            raise trouble
        middle = len(speech) // 2
        return Transcript((Word("yes", middle - 100, middle + 100, 0.9),), "en", self.name)


class Engines:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def for_language(self, language: str | None) -> Recognizer | None:
        return cast("Recognizer", self._engine) if language == "en" else None


@dataclass
class Scene:
    """Voices, an engine, what was told, and a clock of its own."""

    engine: Engine = field(default_factory=Engine)
    told: list[Told] = field(default_factory=list)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.hearing = Hearing(
            Engines(self.engine), self.tell, deadline_s=3.0, length_s=4.0, clock=lambda: self.at
        )

    def tell(self, told: Iterable[Told]) -> None:
        self.told += told

    def say(self, number: int, *, loud: bool, seat: str = "ada", language: str = "en") -> None:
        level = 9_000 if loud else 0
        pcm = (np.sin(np.arange(CHUNK_SAMPLES) * 0.05) * level).astype(np.int16)
        self.hearing.hear(Chunk("room", seat, number * CHUNK_SAMPLES, pcm, language))

    def recognise(self) -> None:
        """Let the engine work on all that waits."""
        while self.hearing._jobs:
            told, job = self.hearing._next()
            self.tell(told)
            assert job is not None
            self.tell(self.hearing._done(job, self.hearing._recognised(job)))

    def of(self, kind: type[Told]) -> list[Told]:
        return [one for one in self.told if isinstance(one, kind)]

    @property
    def heard_to(self) -> int:
        return max(one.to_position for one in self.told if isinstance(one, Heard))


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(voices, "Activity", Loudness)
    return Scene()


def speak(scene: Scene, chunks: str, **how: str) -> None:
    """Say chunks: `#` is loud, `.` is not."""
    for number, sign in enumerate(chunks):
        scene.say(number, loud=sign == "#", **how)


def test_words_stand_on_the_rooms_clock(scene: Scene) -> None:
    speak(scene, "..##..")
    scene.recognise()
    (said,) = scene.of(Said)
    assert isinstance(said, Said)
    assert [one.text for one in said.words] == ["yes"]
    middle = (said.words[0].from_position + said.words[0].to_position) / 2
    assert abs(middle - 3 * CHUNK_SAMPLES) < CHUNK_SAMPLES / 2
    assert said.from_position < 2 * CHUNK_SAMPLES < 4 * CHUNK_SAMPLES < said.to_position
    assert (said.language, said.may_hold, said.continues) == ("en", True, False)


def test_every_chunk_is_acknowledged_and_what_waits_is_not_called_heard(scene: Scene) -> None:
    speak(scene, "..##..")
    assert sum(one.chunks for one in scene.told if isinstance(one, Heard)) == 6
    assert scene.heard_to <= 2 * CHUNK_SAMPLES
    scene.recognise()
    assert scene.heard_to == 6 * CHUNK_SAMPLES
    assert sum(one.chunks for one in scene.told if isinstance(one, Heard)) == 6


@pytest.mark.parametrize(
    ("trouble", "why"),
    [(DeadlineMissed(), "deadline"), (Doubtful(), "doubt"), (RecognizerFailed(), "engine")],
)
def test_what_an_engine_cannot_do_is_missed_and_the_next_is_heard(
    scene: Scene, trouble: Exception, why: str
) -> None:
    scene.engine.fails = [trouble]
    speak(scene, "##...##...")
    scene.recognise()
    (missed,) = scene.of(Missed)
    assert isinstance(missed, Missed)
    assert (missed.why, missed.from_position) == (why, 0)
    assert len(scene.of(Said)) == 1
    assert scene.heard_to == 10 * CHUNK_SAMPLES


def test_a_language_without_an_engine_is_missed(scene: Scene) -> None:
    speak(scene, "##..", language="id")
    scene.recognise()
    assert [one.why for one in scene.told if isinstance(one, Missed)] == ["language"]
    assert scene.engine.heard == 0


def test_what_waited_too_long_is_not_begun(scene: Scene) -> None:
    speak(scene, "##..")
    scene.at = 2.95
    scene.recognise()
    assert [one.why for one in scene.told if isinstance(one, Missed)] == ["deadline"]
    assert scene.engine.heard == 0


def test_the_oldest_makes_room_for_the_newest(scene: Scene) -> None:
    for number in range(WAITING_MAX + 2):
        for chunk, loud in enumerate((True, True, False, False)):
            scene.say(number * 4 + chunk, loud=loud)
    missed = [one for one in scene.told if isinstance(one, Missed)]
    assert next(one.from_position for one in missed) == 0
    assert len(missed) == 2
    scene.recognise()
    assert len(scene.of(Said)) == WAITING_MAX


def test_a_voice_that_ends_within_a_word_is_heard_to_its_end(scene: Scene) -> None:
    speak(scene, "..##")
    scene.at = 2.5
    scene.say(40, loud=False, seat="ben")
    scene.recognise()
    assert len(scene.of(Said)) == 1
    ends = [one.to_position for one in scene.told if isinstance(one, Heard)]
    assert 4 * CHUNK_SAMPLES in ends


def test_the_last_words_of_who_hangs_up_are_heard_though_nobody_else_speaks(
    scene: Scene,
) -> None:
    speak(scene, "..##")
    scene.at = 1.5
    told, job = scene.hearing._next()
    assert job is not None
    scene.tell(told)
    scene.tell(scene.hearing._done(job, scene.hearing._recognised(job)))
    assert len(scene.of(Said)) == 1
    assert scene.heard_to == 4 * CHUNK_SAMPLES


def test_what_waits_is_not_called_heard_when_the_voice_begins_anew(scene: Scene) -> None:
    speak(scene, "..##")
    scene.say(30, loud=False)
    assert scene.heard_to <= 2 * CHUNK_SAMPLES


def test_a_voice_that_restarts_leaves_nothing_waiting(scene: Scene) -> None:
    speak(scene, "..##")
    scene.say(30, loud=False)
    scene.recognise()
    assert len(scene.of(Said)) == 1
    assert scene.heard_to == 31 * CHUNK_SAMPLES


def test_one_voice_too_many_is_not_acknowledged(scene: Scene) -> None:
    for number in range(VOICES_MAX + 1):
        scene.say(0, loud=False, seat=f"seat{number}")
    assert {one.seat_id for one in scene.told if isinstance(one, Heard)} == {
        f"seat{number}" for number in range(VOICES_MAX)
    }


def test_a_thread_recognises_until_it_is_stopped(scene: Scene) -> None:
    thread = threading.Thread(target=scene.hearing.recognise)
    thread.start()
    speak(scene, "##..")
    for _ in range(500):
        if scene.of(Said):
            break
        thread.join(0.01)
    scene.hearing.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert len(scene.of(Said)) == 1
