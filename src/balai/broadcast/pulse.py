"""What the safety team's desk needs of rooms within a second, and nobody keeps.

Levels, who speaks, the last words of each voice before they air, how full the delay lines are.
It is in the worker's memory only: asked for over the port, never in records, feed or logs.
"""

import json
import math
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from balai.air.trail import Course
from balai.audio.blocks import RATE_HZ
from balai.audio.level import loudness
from balai.broadcast.mixer import MixerClock
from balai.broadcast.room import RoomOnAir
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.wire import Said

PHRASES_MAX: Final = 3  # of one voice; older ones are forgotten
TEXT_MAX: Final = 240  # letters of one phrase; the rest is left out
MARKS_MAX: Final = 8
VOICES_MAX: Final = 40  # of one room; the one that was silent for longest is forgotten
ROOMS_MAX: Final = 200
WORDS_BYTES_MAX: Final = 1024 * 1024  # of all rooms in one answer; beyond, words are left out
LEVEL_MAX: Final = 100
_QUIET_DBFS: Final = -60.0
_LOUD_DBFS: Final = -6.0
_FULL_SCALE: Final = 32_768.0
_STRIDE: Final = 8  # a level needs no more than every eighth sample
_STALE_SAMPLES: Final = 3 * CHUNK_SAMPLES  # heard longer ago, a voice is silent


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule of the policy found in words: sentences by language, and where."""

    clause: str
    title: Mapping[str, str]
    why: Mapping[str, str]
    spans: Sequence[tuple[int, int]]


@dataclass(slots=True)
class _Voice:
    chunk: Chunk | None = None
    level: int = 0
    level_of: int = -1
    phrases: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=PHRASES_MAX))


@dataclass(frozen=True, slots=True)
class Gauge:
    """What the mixer's thread tells of one room: positions, delay, what is held, what aired."""

    position: int
    aired_to: int
    delay_samples: int
    held_from: Mapping[str, int]
    courses: Mapping[str, Course] = field(default_factory=dict)


class Pulse:
    """Remembers the last half second and the last phrases of every voice on air.

    On failure: what exceeds its bounds is forgotten, oldest first; an answer that would hold
    more than 1 MiB of words leaves the rest out and says of how many rooms.
    """

    def __init__(self) -> None:
        self._voices: dict[str, dict[str, _Voice]] = {}
        self._number = 0

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; called in the mixer's thread, never waits: it keeps a reference."""
        voice = self._voices.setdefault(chunk.room_id, {}).get(chunk.seat_id)
        if voice is None:
            voice = self._new_voice(chunk.room_id, chunk.seat_id)
        voice.chunk = chunk

    def said(self, said: Said, finding: Finding | None) -> None:
        """Take what was recognised, and what a rule found in it."""
        voice = self._voices.get(said.room_id, {}).get(said.seat_id)
        if voice is None or not said.words:
            return
        self._number += 1
        text, marks = _marked(said, finding.spans if finding else ())
        phrase: dict[str, object] = {
            "n": self._number,
            "text": text,
            "from_s": _seconds(said.from_position),
            "to_s": _seconds(said.to_position),
            "marks": marks,
            "dumped": False,
        }
        if finding is not None:
            phrase |= {
                "clause": finding.clause,
                "title": dict(finding.title),
                "why": dict(finding.why),
            }
        voice.phrases.append(phrase)

    def dumped(self, room_id: str, observed: Mapping[str, object]) -> None:
        """Note that a stretch was erased, as the effect observed it: its words never air."""
        start, end = (
            _seconds(int(str(observed[name]))) for name in ("from_position", "to_position")
        )
        for voice in self._voices.get(room_id, {}).values():
            for phrase in voice.phrases:
                is_before = float(str(phrase["to_s"])) <= start
                phrase["dumped"] = phrase["dumped"] or not (
                    is_before or float(str(phrase["from_s"])) >= end
                )

    def forget(self, room_id: str) -> None:
        """Forget a room that is off the air."""
        self._voices.pop(room_id, None)

    async def snapshot(
        self, rooms: Mapping[str, RoomOnAir], clock: MixerClock
    ) -> dict[str, Any]:
        """Tell of all rooms at one moment, 200 at most."""
        chosen = dict(list(rooms.items())[:ROOMS_MAX])
        spoken = {key: self._who_spoke(key) for key in chosen}
        gauges = await clock.run(partial(_gauges, chosen, spoken))
        told = {
            key: self.room(key, gauge, chosen[key].stage.talking)
            for key, gauge in gauges.items()
        }
        return {"rooms": told, "words_left_out": bound_words(told)}

    def room(self, room_id: str, gauge: Gauge, talking: Collection[str]) -> dict[str, Any]:
        """Tell of one room; `talking`: whose voices are heard now."""
        voices = {
            seat: {
                "level": _level(voice, gauge.position),
                "speaking": seat in talking,
                "held_s": _held_s(gauge, seat),
                "course": _course(gauge, seat),
                "phrases": list(voice.phrases),
            }
            for seat, voice in list(self._voices.get(room_id, {}).items())
        }
        return {
            "position_s": _seconds(gauge.position),
            "aired_to_s": _seconds(max(0, gauge.aired_to)),
            "delay_s": _seconds(gauge.delay_samples),
            "voices": voices,
        }

    def _who_spoke(self, room_id: str) -> list[str]:
        """Name the voices of which words are shown: only of these it matters what aired."""
        voices = list(self._voices.get(room_id, {}).items())
        return [seat for seat, voice in voices if voice.phrases]

    def _new_voice(self, room_id: str, seat_id: str) -> _Voice:
        voices = self._voices[room_id]
        if len(voices) >= VOICES_MAX:
            del voices[min(voices, key=lambda seat: _heard_at(voices[seat]))]
        voices[seat_id] = voice = _Voice()
        return voice


def _gauges(
    rooms: Mapping[str, RoomOnAir], spoken: Mapping[str, Sequence[str]]
) -> dict[str, Gauge]:
    return {key: _gauge(room, spoken[key]) for key, room in rooms.items()}


def _gauge(room: RoomOnAir, spoken: Sequence[str]) -> Gauge:
    programme = room.programme
    return Gauge(
        room.position,
        programme.aired_to,
        programme.delay_samples,
        programme.held_from(),
        programme.courses(spoken),
    )


def _heard_at(voice: _Voice) -> int:
    return voice.chunk.position if voice.chunk else -1


def _seconds(samples: int) -> float:
    return round(samples / RATE_HZ, 2)


def _held_s(gauge: Gauge, seat: str) -> float | None:
    start = gauge.held_from.get(seat)
    return None if start is None else _seconds(max(0, gauge.position - start))


def _course(gauge: Gauge, seat: str) -> dict[str, object] | None:
    course = gauge.courses.get(seat)
    if course is None:
        return None
    return {
        "known_from_s": _seconds(course.known_from),
        "passed_to_s": _seconds(course.passed_to),
        "never": [(_seconds(start), _seconds(end)) for start, end in course.never],
    }


def _level(voice: _Voice, position: int) -> int:
    """Give the level of the last half second, 0 (-60 dBFS) to 100 (-6 dBFS)."""
    chunk = voice.chunk
    if chunk is None or chunk.end < position - _STALE_SAMPLES:
        return 0
    if chunk.position != voice.level_of:
        rms = float(loudness(chunk.pcm[np.newaxis, ::_STRIDE])[0])
        dbfs = 20 * math.log10(max(rms, 1.0) / _FULL_SCALE)
        share = (dbfs - _QUIET_DBFS) / (_LOUD_DBFS - _QUIET_DBFS)
        voice.level = round(LEVEL_MAX * min(max(share, 0.0), 1.0))
        voice.level_of = chunk.position
    return voice.level


def _marked(said: Said, spans: Sequence[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Give a phrase as text, and which letters of it a rule spoke of."""
    text, marks = "", list[tuple[int, int]]()
    for word in said.words:
        start = len(text) + bool(text)
        if start + len(word.text) > TEXT_MAX:
            break
        text = f"{text} {word.text}" if text else word.text
        if any(a < word.to_position and word.from_position < b for a, b in spans):
            _mark(marks, start, len(text))
    return text, marks[:MARKS_MAX]


def _mark(marks: list[tuple[int, int]], start: int, end: int) -> None:
    """Words beside each other make one mark."""
    if marks and marks[-1][1] == start - 1:
        marks[-1] = (marks[-1][0], end)
    else:
        marks.append((start, end))


def bound_words(rooms: dict[str, dict[str, Any]]) -> int:
    """Leave out the words of rooms beyond the bound; count those rooms."""
    left_out, total = 0, 0
    for room in rooms.values():
        total += len(json.dumps([voice["phrases"] for voice in room["voices"].values()]))
        if total > WORDS_BYTES_MAX:
            left_out += 1
            for voice in room["voices"].values():
                voice["phrases"] = []
    return left_out
