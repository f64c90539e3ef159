"""Cuts a voice into utterances: stretches of speech between pauses, none longer than a limit.

A short utterance is a caption that is there before its sound airs; a pause is the best place to
cut. What speaks on without one is cut where it is least like speech, and the next utterance
begins half a second before, so that no word is lost at the joint.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from balai.detect.speech.activity import FRAME_SAMPLES
from balai.detect.speech.recognizer import RATE_HZ, Speech, Word

_FRAMES_PER_S: Final = RATE_HZ / FRAME_SAMPLES
SPEECH_MIN: Final = 0.5  # a frame is speech from this probability on
QUIET_MAX: Final = 0.35  # and silence below this one; between them it stays what it was
BEFORE_FRAMES: Final = round(0.25 * _FRAMES_PER_S)  # consonants come before the voice
PAUSE_FRAMES: Final = round(0.4 * _FRAMES_PER_S)
SHORT_PAUSE_FRAMES: Final = round(0.16 * _FRAMES_PER_S)
SHORT_PAUSE_AFTER_S: Final = 2.0  # from this length on a short pause will do
SEARCH_FRAMES: Final = round(0.8 * _FRAMES_PER_S)
OVERLAP_FRAMES: Final = round(0.5 * _FRAMES_PER_S)
SPOKEN_FRAMES_MIN: Final = 3  # less is a click
UTTERANCE_S_MAX: Final = 8.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """Some seconds of speech; samples count at 16 kHz since the voice began.

    Of its words those count whose middle lies in [keep_from, keep_to): the rest is overlap.

    Shapes:
        speech: (to_sample - from_sample,)
    """

    from_sample: int
    keep_from: int
    keep_to: int
    speech: Speech
    continues: bool

    @property
    def to_sample(self) -> int:
        """The sample after its last."""
        return self.from_sample + len(self.speech)

    def keeps(self, word: Word) -> bool:
        """Say whether a word of its transcript counts."""
        middle = self.from_sample + (word.from_sample + word.to_sample) / 2
        return self.keep_from <= middle < self.keep_to


class Cutter:
    """Cuts one voice; holds what belongs to the utterance that is open."""

    def __init__(self, length_s: float = 4.0) -> None:
        self._frames_max = round(min(length_s, UTTERANCE_S_MAX) * _FRAMES_PER_S)
        self._frames: deque[tuple[NDArray[np.int16], float]] = deque()
        self._rest: Speech = np.zeros(0, np.int16)
        self._end = 0  # the sample after the last frame
        self._is_open = False
        self._quiet = 0
        self._spoken = 0
        self._joint: int | None = None  # the sample at which an utterance was cut within speech

    @property
    def open_from(self) -> int | None:
        """The first sample of the utterance that is not over yet; None: nobody speaks."""
        return self._begins_at if self._is_open else None

    @property
    def _begins_at(self) -> int:
        return self._end - FRAME_SAMPLES * len(self._frames)

    def feed(self, speech: Speech, probabilities: NDArray[np.float32]) -> Iterator[Utterance]:
        """Take what follows; give the utterances that end in it.

        Shapes:
            speech: (n,), int16 at 16 kHz
            probabilities: one for each frame that is complete with it
        """
        both = np.concatenate((self._rest, speech))
        for number, probability in enumerate(probabilities.tolist()):
            frame = both[number * FRAME_SAMPLES : (number + 1) * FRAME_SAMPLES]
            yield from self._take(frame, probability)
        self._rest = both[len(probabilities) * FRAME_SAMPLES :]

    def finish(self) -> Iterator[Utterance]:
        """End what is open: the voice has ended."""
        if self._is_open:
            yield from self._close(len(self._frames), joined=False)

    def _take(self, frame: Speech, probability: float) -> Iterator[Utterance]:
        self._frames.append((frame, probability))
        self._end += FRAME_SAMPLES
        if not self._is_open:
            self._wait(probability)
            return
        self._spoken += probability >= SPEECH_MIN
        self._quiet = self._quiet + 1 if probability < QUIET_MAX else 0
        if self._quiet >= self._pause():
            yield from self._close(len(self._frames), joined=False)
        elif len(self._frames) >= self._frames_max:
            yield from self._close(self._quietest(), joined=True)

    def _wait(self, probability: float) -> None:
        if probability >= SPEECH_MIN:
            self._is_open, self._quiet, self._spoken = True, 0, 1
        elif len(self._frames) > BEFORE_FRAMES:
            self._frames.popleft()
            self._joint = None

    def _pause(self) -> int:
        is_long = len(self._frames) > SHORT_PAUSE_AFTER_S * _FRAMES_PER_S
        return SHORT_PAUSE_FRAMES if is_long else PAUSE_FRAMES

    def _quietest(self) -> int:
        """Find the frame after which to cut: the least likely speech of the last ones."""
        last = [probability for _, probability in self._frames][-SEARCH_FRAMES:]
        return len(self._frames) - len(last) + int(np.argmin(last)) + 1

    def _close(self, frames: int, *, joined: bool) -> Iterator[Utterance]:
        begins_at, joint = self._begins_at, self._joint
        speech = np.concatenate([frame for frame, _ in list(self._frames)[:frames]])
        is_speech = self._spoken >= SPOKEN_FRAMES_MIN or joint is not None
        ends_at = begins_at + len(speech)
        again = min(OVERLAP_FRAMES, frames - 1) if joined else 0
        for _ in range(frames - again):
            self._frames.popleft()
        self._joint = ends_at - again * FRAME_SAMPLES // 2 if joined else None
        self._is_open = joined
        self._quiet = 0
        self._spoken = sum(p >= SPEECH_MIN for _, p in self._frames)
        if is_speech:
            keep_to = ends_at if self._joint is None else self._joint
            yield Utterance(begins_at, joint or begins_at, keep_to, speech, joint is not None)
