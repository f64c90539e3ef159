"""One voice between the stage and the air: the only place where its unaired sound exists."""

from typing import Final

import numpy as np

from balai.air.stretch import Splice
from balai.air.trail import Trail
from balai.audio.blocks import RATE_HZ, Pcm, silence

PAGE_SAMPLES: Final = 12_288
CAPACITY_SAMPLES: Final = 60 * RATE_HZ  # the longest delay, and as much again for a held voice
QUIET_PEAK: Final = 330  # -40 dBFS: a pause between words, not the words


class DelayLine:
    """The sound of one voice that has not aired yet, by stage position.

    `aired_to` never goes back: a sample before it is silence for ever, so nothing airs twice.
    A line whose `aired_to` is behind the programme is *late*: it airs what was held.
    Silence takes no memory. The line's trail hears what airs of it and what never will: words
    are held against that.

    On failure: what is older than 60 s and could not air (a held voice) is dropped and counted.
    """

    def __init__(self, aired_to: int, trail: Trail | None = None) -> None:
        self.aired_to = aired_to
        self._trail = trail or Trail(aired_to)
        self.is_held = False
        self.dropped_samples = 0
        self._pages: dict[int, Pcm] = {}

    @property
    def is_empty(self) -> bool:
        """Nothing is left to air."""
        return not self._pages

    def write(self, position: int, pcm: Pcm) -> None:
        """Keep sound that starts at a stage position; what has aired already is not taken."""
        skip = max(0, self.aired_to - position)
        position, pcm = position + skip, pcm[skip:]
        while len(pcm):
            page, offset = divmod(position, PAGE_SAMPLES)
            piece = pcm[: PAGE_SAMPLES - offset]
            if page in self._pages or piece.any():
                self._page(page)[offset : offset + len(piece)] = piece
            position, pcm = position + len(piece), pcm[len(piece) :]
        self.forget_before(position)

    def read(self, start: int, samples: int) -> Pcm:
        """Give a stretch without taking it; what has aired already is silence.

        Shapes:
            returns: (samples,)
        """
        out = silence(samples)
        first = max(start, self.aired_to)
        for page, low, high in _pieces(first, start + samples):
            if page in self._pages:
                at = page * PAGE_SAMPLES + low - start
                out[at : at + high - low] = self._pages[page][low:high]
        return out

    def play(self, start: int, end: int, splice: Splice | None = None) -> None:
        """Note that a stretch airs with the part that is being made, and forget it."""
        self._trail.play(start, end, splice)
        self.air(end)

    def leave_out(self, position: int) -> None:
        """Note that silence up to a position is left out of the programme."""
        self._trail.leave_out(position)
        self.air(position)

    def air(self, position: int) -> None:
        """Note that everything before a position has aired or never will, and forget it."""
        self.aired_to = max(self.aired_to, position)
        self._trail.pass_over(self.aired_to)
        for page in [p for p in self._pages if (p + 1) * PAGE_SAMPLES <= self.aired_to]:
            del self._pages[page]

    def forget_before(self, now: int) -> None:
        """Drop what is too old to keep."""
        oldest = now - CAPACITY_SAMPLES
        if oldest > self.aired_to:
            self.dropped_samples += oldest - self.aired_to
            self.air(oldest)

    def erase(self, start: int, end: int) -> None:
        """Turn a stretch into silence."""
        self._trail.erase(start, end)
        for page, low, high in _pieces(start, end, among=self._pages):
            self._pages[page][low:high] = 0
            if not self._pages[page].any():
                del self._pages[page]

    def quiet_to(self, start: int, limit: int) -> int:
        """Find the first unaired sample in [start, limit) that is not quiet; else `limit`."""
        first = max(start, self.aired_to)
        for page, low, high in _pieces(first, limit, among=self._pages):
            sound = self._pages[page][low:high]
            loud = (sound > QUIET_PEAK) | (sound < -QUIET_PEAK)
            if loud.any():
                return page * PAGE_SAMPLES + low + int(loud.argmax())
        return limit

    def _page(self, page: int) -> Pcm:
        if page not in self._pages:
            self._pages[page] = np.zeros(PAGE_SAMPLES, np.int16)
        return self._pages[page]


def _pieces(
    start: int, end: int, *, among: dict[int, Pcm] | None = None
) -> list[tuple[int, int, int]]:
    """Cut a stretch at the pages: (page, first, end within the page), in order."""
    if end <= start:
        return []
    first, last = start // PAGE_SAMPLES, (end - 1) // PAGE_SAMPLES
    pages = range(first, last + 1)
    chosen = pages if among is None else sorted(p for p in among if p in pages)
    return [
        (p, max(start - p * PAGE_SAMPLES, 0), min(end - p * PAGE_SAMPLES, PAGE_SAMPLES))
        for p in chosen
    ]
