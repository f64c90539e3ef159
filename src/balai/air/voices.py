"""All voices of a room, each in its delay line, and how far the programme has come."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from balai.air.captions import Captions, SpokenWord
from balai.air.delay_line import DelayLine
from balai.air.encoder import AHEAD_SAMPLES, PART_SAMPLES
from balai.air.shares import Share, share
from balai.air.stretch import Splice, Sums, best_splice, spliced
from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm
from balai.audio.mix import soft_limited
from balai.errors import Invalid

DELAY_MAX_SAMPLES: Final = 30 * RATE_HZ
LINES_MAX: Final = 40  # a full stage, and as many who left and whose sound has yet to air
_STRETCH_SAMPLES: Final = PART_SAMPLES // 20  # at most 5 % faster
_JUMP_MIN_SAMPLES: Final = RATE_HZ // 4  # a shorter silence is not worth a segment of its own
_PAUSE_MIN_SAMPLES: Final = BLOCK_SAMPLES
_SEARCH_SAMPLES: Final = 2 * RATE_HZ  # how far one part looks for the end of a silence
_TAKE_SAMPLES: Final = PART_SAMPLES + AHEAD_SAMPLES


class DelayOutOfRange(Invalid):
    """The air delay must lie between 0 and 30 seconds."""


class Cut(IntEnum):
    """What changes in time between one part and the next."""

    NONE = 0
    SEGMENT = 1  # silence was left out: a new segment says the new time of day
    DISCONTINUITY = 2  # the delay was lengthened


@dataclass(frozen=True, slots=True)
class Take:
    """One part of the programme, ready to be encoded.

    Shapes:
        pcm: (12288 + 2048,): the part, and what follows it as things stand

    `shares` are there only if asked for: of each voice that is not silent, what it gives.
    """

    pcm: Pcm
    from_position: int
    to_position: int
    cut: Cut
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Released:
    """A voice may be heard again: from which stage position on, and how late it now airs."""

    position: int
    late_samples: int


@dataclass(frozen=True, slots=True)
class Dumped:
    """Nothing unaired of [from_position, to_position) will ever air."""

    from_position: int
    to_position: int


class Voices:
    """Takes the programme out of the delay lines, part by part, as it becomes due.

    Nothing is taken ahead of its time: an effect changes the lines, and the next part is made
    of what the lines then hold. `aired_to` is exact because of that.

    On failure: a 41st line is refused and its sound counted; the others go on.
    """

    def __init__(
        self,
        delay_samples: int,
        captions: Captions | None = None,
        *,
        keeps_shares: bool = False,
    ) -> None:
        self._captions = captions or Captions()
        self._keeps_shares = keeps_shares
        self._delay = self._target = _reachable(delay_samples)
        self._source = self.aired_to = -self._delay
        self._written_to = 0
        self._deaf_to = 0
        self._lines: dict[str, DelayLine] = {}
        self._cut = Cut.NONE
        self._dropped_of_gone = 0
        self.refused_blocks = 0

    @property
    def delay_samples(self) -> int:
        """How far the air is behind the stage now; a shortened delay gets there gradually."""
        return self._delay

    @property
    def dropped_samples(self) -> int:
        """Sound of held voices that became too old to keep."""
        return self._dropped_of_gone + sum(x.dropped_samples for x in self._lines.values())

    def write(self, position: int, voices: Mapping[str, Pcm]) -> None:
        """Let this tick's voices into their lines."""
        for seat, pcm in voices.items():
            skip = max(0, self._deaf_to - position)
            if seat in self._lines or len(self._lines) < LINES_MAX:
                self._line(seat).write(position + skip, pcm[skip:])
            else:
                self.refused_blocks += 1
                self._captions.refuse(seat, position, position + len(pcm))
        self._written_to = max(self._written_to, position + BLOCK_SAMPLES)

    def write_words(
        self, seat: str, *, speaker: str, phrase: int, words: Sequence[SpokenWord]
    ) -> None:
        """Let words wait with the sound in which they were heard."""
        heard_to = self._written_to
        self._captions.write(seat, words, speaker=speaker, phrase=phrase, heard_to=heard_to)

    def take(self, now: int) -> Take | None:
        """Take the next part, or nothing while it is not due."""
        if self._source + PART_SAMPLES + self._delay > min(now, self._written_to):
            return None
        self._leave_out_silence()
        self._catch_up()
        excess = min(self._delay - self._target, _STRETCH_SAMPLES)
        natural, voices = self._read(_TAKE_SAMPLES + excess, late=False)
        late, late_voices = self._read(_TAKE_SAMPLES, late=True)
        part = soft_limited(natural[: PART_SAMPLES + excess])
        splice = best_splice(part, first=AHEAD_SAMPLES, skip_max=excess)
        pcm = soft_limited(_fitted(natural, splice) + late)
        end = self._source + PART_SAMPLES + (splice.skip if splice else 0)
        shares = self._shares(voices, late_voices, splice)
        take = Take(pcm, self._source, end, self._cut, shares)
        self._move_on(end, splice)
        return take

    def hold(self, seat: str) -> int:
        """Silence one voice from the first sample that has not aired; give that position."""
        self._line(seat).is_held = True
        return self.aired_to

    def release(self, seat: str, *, air_held: bool) -> Released:
        """Let a held voice air again: with what was held, late, or from this moment on."""
        line = self._line(seat)
        if line.is_held and air_held:
            line.forget_before(self._written_to)
        elif line.is_held:
            line.air(self._written_to)
        line.is_held = False
        return Released(line.aired_to, max(0, self._source - line.aired_to))

    def held_from(self) -> dict[str, int]:
        """Give the voices that are held, each with the first position that was kept."""
        return {seat: line.aired_to for seat, line in self._lines.items() if line.is_held}

    def dump(self, now: int, length_samples: int | None) -> Dumped:
        """Erase the last stretch before `now`, or all that is unaired, from every line."""
        unaired = min([self.aired_to, *(line.aired_to for line in self._lines.values())])
        start = max(0, unaired, 0 if length_samples is None else now - length_samples)
        for line in self._lines.values():
            line.erase(start, now)
        self._captions.erase(start, now)
        self._deaf_to = max(self._deaf_to, now)
        return Dumped(min(start, now), now)

    def drop(self, seat: str) -> None:
        """Forget a voice and all of its sound."""
        self._captions.drop(seat, max(self._written_to, self._deaf_to))
        self._forget_lines([seat] if seat in self._lines else [])

    def set_delay(self, samples: int) -> None:
        """Lengthen the delay at once by silence, or begin to shorten it.

        Raises:
            DelayOutOfRange: nothing was changed.
        """
        self._target = _reachable(samples)
        if self._target > self._delay:
            self._source -= self._target - self._delay
            self._delay = self._target
            self._cut = Cut.DISCONTINUITY

    def switch_captions(self, *, on: bool) -> None:
        """Begin to tell what is said from now on, or forget every word that waits."""
        self._captions.switch(on=on, position=max(self._written_to, self._deaf_to))

    def _line(self, seat: str) -> DelayLine:
        if seat not in self._lines:
            aired_to = max(self.aired_to, self._source)
            trail = self._captions.trail(seat, max(aired_to, self._deaf_to))
            self._lines[seat] = DelayLine(aired_to, trail)
        return self._lines[seat]

    def _on_air(self, *, late: bool) -> dict[str, DelayLine]:
        return {
            seat: line
            for seat, line in self._lines.items()
            if not line.is_held and (line.aired_to < self._source) == late
        }

    def _leave_out_silence(self) -> None:
        limit = max(self._source, self.aired_to) + _SEARCH_SAMPLES
        limit = min(limit, self._source + self._delay - self._target)
        lines = self._on_air(late=False).values()
        for line in lines:
            limit = line.quiet_to(self._source, limit)
        if limit - self._source < _JUMP_MIN_SAMPLES:
            return
        self._delay -= limit - self._source
        self._source = limit
        self._cut = max(self._cut, Cut.SEGMENT)
        for line in lines:
            line.leave_out(limit)

    def _catch_up(self) -> None:
        for line in self._on_air(late=True).values():
            limit = min(self._source, line.aired_to + _SEARCH_SAMPLES)
            quiet = line.quiet_to(line.aired_to, limit)
            if quiet - line.aired_to >= _PAUSE_MIN_SAMPLES or quiet == self._source:
                line.leave_out(quiet)

    def _read(self, samples: int, *, late: bool) -> tuple[Sums, dict[str, Pcm]]:
        """Sum the voices on air, those in step or the late; each apart if shares are kept."""
        total = np.zeros(samples, np.int32)
        voices: dict[str, Pcm] = {}
        for seat, line in self._on_air(late=late).items():
            sound = line.read(line.aired_to if late else self._source, samples)
            total += sound
            if self._keeps_shares:
                voices[seat] = sound
        return total, voices

    def _shares(
        self, natural: Mapping[str, Pcm], late: Mapping[str, Pcm], splice: Splice | None
    ) -> tuple[Share, ...]:
        """Give each voice apart; a splice is carried out in each as it is in their sum."""
        found: list[Share | None] = []
        for seat, sound in natural.items():
            fitted, aired_to = _fitted(sound, splice), self._lines[seat].aired_to
            found.append(share(seat, fitted, self._source, aired_to=aired_to, splice=splice))
        for seat, sound in late.items():
            aired_to = self._lines[seat].aired_to
            found.append(share(seat, sound, aired_to, aired_to=aired_to, splice=None))
        return tuple(each for each in found if each)

    def _move_on(self, end: int, splice: Splice | None) -> None:
        late = self._on_air(late=True).values()
        for line in self._on_air(late=False).values():
            line.play(self._source, end, splice)
        for line in late:
            line.play(line.aired_to, line.aired_to + PART_SAMPLES)
        self._play_silence(end, splice)
        self._delay -= end - self._source - PART_SAMPLES
        self._source = end
        self.aired_to = max(self.aired_to, end)
        self._cut = Cut.NONE
        done = [s for s, line in self._lines.items() if line.is_empty and not line.is_held]
        self._forget_lines(done)

    def _play_silence(self, end: int, splice: Splice | None) -> None:
        """Let time pass for voices that have no sound: a word may end after its sound."""
        passed, heard_to = min(self.aired_to, self._source), self._written_to
        for trail in self._captions.silent(self._lines, passed=passed, heard_to=heard_to):
            trail.leave_out(self._source)
            trail.play(self._source, end, splice)

    def _forget_lines(self, seats: Iterable[str]) -> None:
        for seat in seats:
            self._dropped_of_gone += self._lines.pop(seat).dropped_samples


def _reachable(delay_samples: int) -> int:
    if not 0 <= delay_samples <= DELAY_MAX_SAMPLES:
        raise DelayOutOfRange
    return max(delay_samples, AHEAD_SAMPLES)  # the encoder's look-ahead is the least delay


def _fitted(sound: Sums | Pcm, splice: Splice | None) -> Sums | Pcm:
    """Bring sound to the length of a take; a splice is carried out."""
    if splice is None:
        return sound[:_TAKE_SAMPLES]
    return spliced(sound.astype(np.int32), splice)[:_TAKE_SAMPLES]
