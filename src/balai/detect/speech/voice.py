"""One voice as words are heard in it: chunks in, utterances out, on the room's clock."""

from typing import Final

import numpy as np

from balai.audio.blocks import RATE_HZ as ROOM_HZ
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.decimate import Decimator
from balai.detect.speech.activity import Activity
from balai.detect.speech.recognizer import RATE_HZ, Speech, Word
from balai.detect.speech.utterance import Cutter, Utterance
from balai.detect.wire import SaidWord

_FACTOR: Final = ROOM_HZ // RATE_HZ
_FULL_SCALE: Final = 32_767
SILENCE_MAX: Final = ROOM_HZ  # after a longer silence the voice begins anew


class SpokenVoice:
    """A voice since it began, or since its last silence of more than a second."""

    def __init__(self, begins_at: int, *, length_s: float) -> None:
        self._begins_at = begins_at
        self._decimate = Decimator(_FACTOR)
        self._activity = Activity()
        self._cutter = Cutter(length_s)
        self.language = ""
        self.end = begins_at

    @property
    def open_from(self) -> int:
        """The position up to which every utterance is over."""
        begins_at = self._cutter.open_from
        return self.end if begins_at is None else self.position(begins_at)

    def continues(self, chunk: Chunk) -> bool:
        """Tell whether a chunk goes on with this voice, a little silence between included."""
        return 0 <= chunk.position - self.end <= SILENCE_MAX

    def hear(self, chunk: Chunk) -> list[Utterance]:
        """Hear a chunk, and the silence before it; give the utterances that end in it."""
        self.language = chunk.language
        ended: list[Utterance] = []
        for _ in range((chunk.position - self.end) // CHUNK_SAMPLES):
            ended += self._hear(np.zeros(CHUNK_SAMPLES, np.int16))
        return ended + self._hear(chunk.pcm)

    def finish(self) -> list[Utterance]:
        """Give what was still being said when the voice ended."""
        return list(self._cutter.finish())

    def position(self, sample: int) -> int:
        """Give the room's position of a sample at 16 kHz."""
        return min(self._begins_at + sample * _FACTOR, self.end)

    def words(self, utterance: Utterance, heard: tuple[Word, ...]) -> tuple[SaidWord, ...]:
        """Put an utterance's words on the room's clock, without those of the overlap."""
        return tuple(
            SaidWord(
                word.text,
                self.position(utterance.from_sample + word.from_sample),
                self.position(utterance.from_sample + word.to_sample),
                round(word.confidence, 3),
            )
            for word in heard
            if utterance.keeps(word)
        )

    def _hear(self, pcm: Speech) -> list[Utterance]:
        low = self._decimate(np.asarray(pcm / np.float32(_FULL_SCALE), np.float32))
        speech = np.clip(np.rint(low * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE).astype(np.int16)
        self.end += len(pcm)
        return list(self._cutter.feed(speech, self._activity(speech)))
