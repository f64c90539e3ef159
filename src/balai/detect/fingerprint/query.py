"""What a voice asks the index, half a second after half a second.

Each half second's landmarks are found and ranked once; the triplets that end in it are looked
up once. What was heard before is kept for as long as a window may reach back.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.landmarks import (
    BLOCK_FRAMES,
    QUERY,
    WHITEN_FRAMES,
    Landmarks,
    maxima,
    ranks,
)
from balai.detect.fingerprint.spectrum import (
    BANDS,
    FRAMES_PER_S,
    Spectrogram,
    first_mean,
    whitened,
)
from balai.detect.fingerprint.triplets import REACH_FRAMES, Lookups, lookups

KEPT_FRAMES: Final = round(10 * FRAMES_PER_S) + BLOCK_FRAMES
_AHEAD: Final = QUERY.reach_frames  # a maximum is known when its surroundings are
_RANKS: Final = np.arange(QUERY.per_block)
# Measured: how much less likely the recording has a landmark too, by its rank (eighths of a
# neper; docs/decisions/0013).
DOUBT: Final = np.minimum(8 * (0.05 * _RANKS + 0.0016 * _RANKS**2), 27).astype(np.uint8)


class Query:
    """One voice since it began; frames are counted from there."""

    def __init__(self) -> None:
        self.heard = 0  # frames
        self._done = 0  # frames whose landmarks are known
        self._energy = np.zeros((0, BANDS), np.float32)
        self._mean: NDArray[np.float32] | None = None
        self._frame = np.zeros(0, np.int32)
        self._band = np.zeros(0, np.int32)
        self._doubt = np.zeros(0, np.uint8)

    def hear(self, energy: Spectrogram) -> list[Lookups]:
        """Hear the next frames; give what to look up, for each half second that is complete.

        Shapes:
            energy: (n, 92)
        """
        self._energy = np.concatenate((self._energy, energy))
        self.heard += len(energy)
        asked = []
        while self.heard - self._done >= BLOCK_FRAMES + _AHEAD:
            asked.append(self._ask(BLOCK_FRAMES))
        self._energy = self._energy[-(KEPT_FRAMES + self.heard - self._done) :]
        return asked

    def finish(self) -> list[Lookups]:
        """Give what to look up for the last, shorter part: nothing more will be heard."""
        return [self._ask(self.heard - self._done)] if self.heard > self._done else []

    def window(self, frames: int) -> Spectrogram:
        """Give the last frames, or as many as there are."""
        return self._energy[-frames:]

    def landmarks(self, frames: int) -> Landmarks:
        """Give the landmarks of the last frames, counted from the first of them."""
        begin = self.heard - min(frames, len(self._energy))
        first = int(np.searchsorted(self._frame, begin))
        return Landmarks(self._frame[first:] - np.int32(begin), self._band[first:])

    def _ask(self, length: int) -> Lookups:
        self._forget()
        fresh = len(self._frame)
        found, rank = self._found(length)
        self._frame = np.concatenate((self._frame, found.frame + np.int32(self._done)))
        self._band = np.concatenate((self._band, found.band))
        self._doubt = np.concatenate((self._doubt, DOUBT[rank]))
        self._done += length
        first = int(np.searchsorted(self._frame, self._done - length - REACH_FRAMES))
        near = Landmarks(self._frame[first:], self._band[first:])
        return lookups(near, self._doubt[first:], fresh - first)

    def _found(self, length: int) -> tuple[Landmarks, NDArray[np.intp]]:
        """Find the landmarks of the next so many frames, counted from the first of them."""
        begins = self._done - (self.heard - len(self._energy))
        energy = self._energy[begins : begins + length]
        if self._mean is None:
            self._mean = first_mean(energy)
        white = whitened(energy, self._mean, WHITEN_FRAMES)
        before = min(begins, _AHEAD)
        around = self._energy[begins - before : begins + length + _AHEAD]
        frame, band = maxima(around, QUERY)
        is_own = (frame >= before) & (frame < before + length)
        found = Landmarks(frame[is_own] - np.int32(before), band[is_own])
        rank = ranks(found, white)
        kept = rank < QUERY.per_block
        return Landmarks(found.frame[kept], found.band[kept]), rank[kept]

    def _forget(self) -> None:
        first = int(np.searchsorted(self._frame, self._done - KEPT_FRAMES))
        self._frame, self._band = self._frame[first:], self._band[first:]
        self._doubt = self._doubt[first:]
