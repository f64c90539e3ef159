"""When each sample of one voice aired, if it did: what its words are held against."""

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from balai.air.stretch import JOINT_SAMPLES, Splice
from balai.audio.blocks import RATE_HZ

MEMORY_SAMPLES: Final = 30 * RATE_HZ  # how late a word may come and still be told
STRETCHES_MAX: Final = 64
_FOR_EVER: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Course:
    """What became of one voice: it aired from `known_from` up to `passed_to`, but for `never`.

    Of what came before `known_from` nothing is known any more. `never` may lie ahead as well:
    what was erased there will not air.
    """

    known_from: int
    passed_to: int
    never: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Piece:
    """A stretch that aired at a media time; or was left out there, and took no time."""

    start: int
    end: int
    at: int
    is_heard: bool

    def when(self, position: int) -> int:
        return self.at + (position - self.start if self.is_heard else 0)

    def goes_on_with(self, later: "_Piece") -> bool:
        alike = self.is_heard == later.is_heard and self.end == later.start
        return alike and self.when(self.end) == later.at

    def cut_before(self, position: int) -> None:
        self.start, self.at = position, self.when(position)


class Trail:
    """Which stretches of one voice may still air, and when the others did.

    A stretch has a time only if the programme said that it plays it, and only once its part is
    published. What was erased, held for good, dropped, or lost with its part never has one.
    Silence that was left out and the few milliseconds of a splice aired in no time: nobody
    stopped them.

    On failure: of more than 64 stretches that may still air the first is given up.
    """

    def __init__(self, position: int) -> None:
        self.passed_to = position  # what becomes of everything before is decided
        self._known_from = position
        self._unaired = [(position, _FOR_EVER)]
        self._fresh: list[_Piece] = []
        self._aired: deque[_Piece] = deque()

    def erase(self, start: int, end: int) -> None:
        """Note that nothing of a stretch that has not aired ever will."""
        left = [
            piece
            for low, high in self._unaired
            for piece in ((low, min(high, start)), (max(low, end), high))
            if piece[0] < piece[1]
        ]
        self._unaired = left[-STRETCHES_MAX:]

    def pass_over(self, position: int) -> None:
        """Note that nothing before a position airs any more."""
        if position > self.passed_to:
            self.passed_to = position
            left = [(low, high) for low, high in self._unaired if high > position]
            self._unaired = [(max(low, position), high) for low, high in left]

    def restart(self, position: int) -> None:
        """Know nothing that was said before a position."""
        self._fresh.clear()
        self._aired.clear()
        self._known_from = position
        self.pass_over(position)

    def play(self, start: int, end: int, splice: Splice | None = None) -> None:
        """Note that a stretch makes the part that is next to be published."""
        cut = end if splice is None else start + splice.at + JOINT_SAMPLES // 2
        self._pass(start, cut, at=0)
        if splice:
            self.leave_out(cut + splice.skip, at=cut - start)
            self._pass(cut + splice.skip, end, at=cut - start)

    def leave_out(self, end: int, *, at: int = 0) -> None:
        """Note that all up to a position is left out, at a place of the next part."""
        self._pass(self.passed_to, end, at=at, is_heard=False)

    def publish(self, media_time: int) -> None:
        """Note that the part is out, and when it begins."""
        for piece in self._fresh:
            piece.at += media_time
            if self._aired and self._aired[-1].goes_on_with(piece):
                self._aired[-1].end = piece.end
            else:
                self._aired.append(piece)
        self._fresh.clear()
        self._forget()

    def lose(self) -> None:
        """Note that the part was lost."""
        self._fresh.clear()

    def is_forgotten(self, position: int) -> bool:
        """Say whether a position lies before everything that is remembered."""
        return position < self._known_from

    def aired(self, start: int, end: int) -> tuple[int, int] | None:
        """Give the media times of a stretch of which nothing was stopped; else nothing."""
        pieces = [piece for piece in self._aired if piece.start < end and piece.end > start]
        if not pieces or pieces[0].start > start or pieces[-1].end < end:
            return None
        if any(one.end != next_one.start for one, next_one in pairwise(pieces)):
            return None
        return pieces[0].when(start), pieces[-1].when(end)

    def course(self, *, never_max: int) -> Course:
        """Tell what aired and what never does; of more than so many stretches the last."""
        at, never = self._known_from, list[tuple[int, int]]()
        for start, end in [*((one.start, one.end) for one in self._aired), *self._unaired]:
            if start > at:
                never.append((at, start))
            at = max(at, end)
        known_from = never[-never_max - 1][1] if len(never) > never_max else self._known_from
        return Course(known_from, self.passed_to, tuple(never[-never_max:]))

    def _pass(self, start: int, end: int, *, at: int, is_heard: bool = True) -> None:
        for low, high in self._unaired:
            if low < end and high > start:
                first = max(low, start)
                place = at + (first - start if is_heard else 0)
                self._fresh.append(_Piece(first, min(high, end), place, is_heard))
        self.pass_over(end)

    def _forget(self) -> None:
        if not self._aired:
            return
        oldest = self._aired[-1].end - MEMORY_SAMPLES
        self._known_from = max(self._known_from, oldest)
        while self._aired[0].end <= oldest:
            self._aired.popleft()
        if self._aired[0].start < oldest:
            self._aired[0].cut_before(oldest)
