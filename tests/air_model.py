"""The delay lines as a model that keeps every sample for ever, and when each of them aired."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from balai.air.delay_line import PAGE_SAMPLES
from balai.air.encoder import AHEAD_SAMPLES, PART_SAMPLES
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
    erased: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(BACK + END, np.bool_))
    # The media time of each sample that aired, and 1: 0 is never.
    times: NDArray[np.int32] = field(default_factory=lambda: np.zeros(BACK + END, np.int32))

    def air(self, start: int, media_time: int | None) -> None:
        """Let a part go; None: the disk lost it."""
        end, first = start + PART_SAMPLES, max(start, self.aired_to)
        if media_time is not None and first < end:
            at = media_time + 1 + np.arange(first - start, PART_SAMPLES, dtype=np.int32)
            assert not self.times[BACK + first : BACK + end].any()  # nothing airs twice
            self.times[BACK + first : BACK + end] = at
        self.aired_to = max(self.aired_to, end)

    def erase(self, start: int, end: int) -> None:
        self.said[BACK + start : BACK + end] = 0
        self.erased[BACK + max(start, self.aired_to) : BACK + end] = True

    def is_empty(self, written_to: int) -> bool:
        """A line is forgotten page by page."""
        page = self.aired_to // PAGE_SAMPLES * PAGE_SAMPLES
        return not self.said[BACK + page : BACK + written_to].any()

    def aired(self, start: int, end: int) -> tuple[int, int] | None:
        """The media times of a stretch of sound, if all of it aired and nothing was erased."""
        times = self.times[BACK + start : BACK + end]
        erased = self.erased[BACK + start : BACK + end]
        return (int(times[0]) - 1, int(times[-1])) if times.all() and not erased.any() else None

    def dropped(self, aired_to: int, written_to: int) -> "Tape":
        """The same voice after all of its sound that had not aired was erased."""
        self.erase(self.aired_to, written_to)
        return Tape(aired_to=aired_to, erased=self.erased, times=self.times)

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

    def part(self, media_time: int | None = None) -> NDArray[np.int32]:
        total = np.zeros(ROOM_FOR_MORE, np.int32)
        for tape in self.tapes.values():
            if not tape.is_held:
                total += self._voice(tape, media_time)
        self.source += PART_SAMPLES
        self.aired_to = max(self.aired_to, self.source)
        for tape in self.tapes.values():
            if not tape.is_held and tape.is_empty(self.written_to):
                tape.aired_to = self.aired_to  # whoever has nothing to air is not late
        return total

    def _voice(self, tape: Tape, media_time: int | None) -> NDArray[np.int32]:
        if tape.aired_to < self.source:
            quiet = tape.next_sound(min(self.source, tape.aired_to + 96_000))
            if quiet == self.source or quiet - tape.aired_to >= BLOCK_SAMPLES:
                tape.aired_to = quiet
        start = min(tape.aired_to, self.source)
        out = tape.at(start, start + ROOM_FOR_MORE)
        tape.air(start, media_time)
        return out

    def hold(self, seat: str) -> int:
        self.tapes[seat].is_held = True
        return self.aired_to

    def release(self, seat: str, *, air_held: bool) -> None:
        tape = self.tapes[seat]
        if tape.is_held and not air_held:
            tape.erase(tape.aired_to, self.written_to)
            tape.aired_to = max(tape.aired_to, self.written_to)
        tape.is_held = False

    def dump(self, length: int | None) -> None:
        unaired = min([self.aired_to, *(tape.aired_to for tape in self.tapes.values())])
        start = max(0, unaired, 0 if length is None else self.written_to - length)
        for tape in self.tapes.values():
            tape.erase(start, self.written_to)

    def drop(self, seat: str) -> None:
        tape = self.tapes[seat]
        self.tapes[seat] = tape.dropped(self.aired_to, self.written_to)

    def lengthen(self, samples: int) -> None:
        self.source -= max(0, samples - self.delay)
        self.delay = max(self.delay, samples)
