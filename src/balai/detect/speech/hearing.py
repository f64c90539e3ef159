"""Hears the words of many voices: utterances in a bounded queue, one engine at a time.

Chunks are cut into utterances as they come; a thread of its own recognises them, the oldest
first. What cannot be recognised before its deadline is *missed* and told at once.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from balai.detect.chunk import Chunk
from balai.detect.speech.recognizer import (
    DeadlineMissed,
    Doubtful,
    Recognizer,
)
from balai.detect.speech.utterance import Utterance
from balai.detect.speech.voice import SpokenVoice
from balai.detect.wire import Heard, Missed, Said, Told
from balai.errors import BalaiError

VOICES_MAX: Final = 64
WAITING_MAX: Final = 32  # utterances; the oldest is given up for the newest
FORGOTTEN_S: Final = 1.0  # a voice of which nothing comes for so long has ended
LOOK_S: Final = 0.5
_TRY_S_MIN: Final = 0.1  # with less patience left it is not begun

Key = tuple[str, str]
log = logging.getLogger(__name__)


class Engines(Protocol):
    """Gives the engine for a language; None when there is none."""

    def for_language(self, language: str | None) -> Recognizer | None:
        """Give the engine that hears a language, or an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    """One utterance that waits, and until when it is worth recognising."""

    key: Key
    voice: SpokenVoice
    utterance: Utterance
    due_at: float


@dataclass(slots=True)
class _Voice:
    """A voice, what of it waits, and up to where everything was heard."""

    spoken: SpokenVoice
    heard_at: float
    covered_to: int
    waiting: deque[_Job] = field(default_factory=deque)


class Hearing:
    """Every voice in which one process hears words: 64; another is not heard, and shown so.

    `tell` is called from the thread of `recognise` as well.
    """

    def __init__(
        self,
        engines: Engines,
        tell: Callable[[Iterable[Told]], None],
        *,
        deadline_s: float,
        length_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engines = engines
        self._tell = tell
        self._deadline_s = deadline_s
        self._length_s = length_s
        self._clock = clock
        self._voices: OrderedDict[Key, _Voice] = OrderedDict()
        self._jobs: deque[_Job] = deque()
        self._at_work: _Job | None = None
        self._changed = threading.Condition()
        self._is_over = False

    def hear(self, chunk: Chunk) -> None:
        """Hear a chunk; tell what was heard of its voice so far."""
        with self._changed:
            told = self._forget() + self._take(chunk)
            self._changed.notify()
        self._tell(told)

    def stop(self) -> None:
        """Let `recognise` end."""
        with self._changed:
            self._is_over = True
            self._changed.notify()

    def recognise(self) -> None:
        """Recognise one utterance after the other until stopped."""
        while not self._is_over:
            told, job = self._next()
            self._tell(told)
            if job is not None:
                self._tell(self._done(job, self._recognised(job)))

    # ── cutting ──────────────────────────────────────────────────────────────────────────────

    def _take(self, chunk: Chunk) -> list[Told]:
        key = (chunk.room_id, chunk.seat_id)
        voice = self._voices.get(key)
        if voice is None and len(self._voices) >= VOICES_MAX:
            return []
        told: list[Told] = []
        if voice is None or not voice.spoken.continues(chunk):
            told = self._end(key, voice) if voice else []
            spoken = SpokenVoice(chunk.position, length_s=self._length_s)
            waiting = voice.waiting if voice else deque()
            covered_to = voice.covered_to if voice and waiting else chunk.position
            voice = _Voice(spoken, 0.0, covered_to, waiting)
        self._voices[key] = voice
        self._voices.move_to_end(key)
        voice.heard_at = self._clock()
        told += self._queue(key, voice, voice.spoken.hear(chunk))
        return [*told, self._heard(key, voice, chunks=1)]

    def _forget(self) -> list[Told]:
        """End the voices of which nothing more comes."""
        told: list[Told] = []
        while self._voices:
            key, voice = next(iter(self._voices.items()))
            if self._clock() - voice.heard_at <= FORGOTTEN_S:
                break
            told += self._end(key, voice)
            del self._voices[key]
        return told

    def _end(self, key: Key, voice: _Voice) -> list[Told]:
        told = self._queue(key, voice, voice.spoken.finish())
        return [*told, self._heard(key, voice, chunks=0)]

    def _queue(self, key: Key, voice: _Voice, utterances: Iterable[Utterance]) -> list[Told]:
        told: list[Told] = []
        for utterance in utterances:
            job = _Job(key, voice.spoken, utterance, self._clock() + self._deadline_s)
            voice.waiting.append(job)
            self._jobs.append(job)
            if len(self._jobs) > WAITING_MAX:
                told.append(_missed(self._jobs.popleft(), "deadline"))
        return told

    def _heard(self, key: Key, voice: _Voice, *, chunks: int) -> Heard:
        """Tell up to where a voice was heard: nothing before it waits any more."""
        while voice.waiting and not self._waits(voice.waiting[0]):
            voice.waiting.popleft()
        first = voice.waiting[0] if voice.waiting else None
        end = voice.spoken.open_from
        to = end if first is None else first.voice.position(first.utterance.from_sample)
        before, voice.covered_to = voice.covered_to, max(voice.covered_to, to)
        return Heard(*key, before, voice.covered_to, chunks)

    def _waits(self, job: _Job) -> bool:
        return job is self._at_work or job in self._jobs

    # ── recognising ──────────────────────────────────────────────────────────────────────────

    def _next(self) -> tuple[list[Told], _Job | None]:
        """Give what to work on; end voices that fell silent, whether or not others speak."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_over or self._jobs, timeout=LOOK_S)
            told = self._forget()
            self._at_work = self._jobs.popleft() if self._jobs and not self._is_over else None
            return told, self._at_work

    def _recognised(self, job: _Job) -> Said | Missed:
        within_s = job.due_at - self._clock()
        language = job.voice.language or None
        try:
            engine = self._engines.for_language(language)
            if engine is None:
                return _missed(job, "language")
            if within_s < _TRY_S_MIN:
                return _missed(job, "deadline")
            heard = engine.hear(job.utterance.speech, language=language, within_s=within_s)
        except DeadlineMissed:
            return _missed(job, "deadline")
        except Doubtful:
            return _missed(job, "doubt")
        except BalaiError as error:  # it failed, or could not be loaded
            log.warning("an engine failed to hear an utterance: %s", error.code())
            return _missed(job, "engine")
        utterance, voice = job.utterance, job.voice
        return Said(
            *job.key,
            voice.position(utterance.keep_from),
            voice.position(utterance.keep_to),
            voice.words(utterance, heard.words),
            heard.language,
            heard.is_language_identified,
            heard.engine,
            engine.may_hold(heard.language),
            utterance.continues,
        )

    def _done(self, job: _Job, outcome: Said | Missed) -> list[Told]:
        with self._changed:
            self._at_work = None
            voice = self._voices.get(job.key)
            if voice is None:
                return [outcome, self._last_heard(job)]
            return [outcome, self._heard(job.key, voice, chunks=0)]

    def _last_heard(self, job: _Job) -> Heard:
        """Tell up to where a voice was heard that has ended meanwhile."""
        left = [one for one in self._jobs if one.voice is job.voice]
        to = left[0].utterance.from_sample if left else None
        position = job.voice.position
        end = job.voice.end if to is None else position(to)
        return Heard(*job.key, position(job.utterance.from_sample), end, 0)


def _missed(job: _Job, why: str) -> Missed:
    utterance, voice = job.utterance, job.voice
    return Missed(
        *job.key, voice.position(utterance.keep_from), voice.position(utterance.keep_to), why
    )
