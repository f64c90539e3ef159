"""The seam between utterances and the engines that recognise their words."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from balai.errors import Unavailable

RATE_HZ: Final = 16_000  # of what engines hear
Speech = NDArray[np.int16]


class RecognizerFailed(Unavailable):
    """The speech engine could not hear this; the words are unheard, the programme goes on."""


class DeadlineMissed(Unavailable):
    """The speech engine was too slow; the words are unheard, the programme goes on."""


class Doubtful(Unavailable):
    """The speech engine gave words that cannot be believed; they are unheard."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an utterance; its samples count at 16 kHz from the utterance's first."""

    text: str
    from_sample: int
    to_sample: int
    confidence: float  # 0 to 1, as the engine believes


@dataclass(frozen=True, slots=True)
class Transcript:
    """What an engine heard, words in the order of time; no words: there was no speech.

    `language` is the language in which it was heard (BCP 47, without region), told or
    identified; `engine` names engine and model.
    """

    words: tuple[Word, ...]
    language: str
    engine: str
    is_language_identified: bool = False

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(word.text for word in self.words)


class Recognizer(Protocol):
    """One engine with its models loaded; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Engine and model, for the record: "pocketsphinx/en-us"."""
        ...

    @property
    def languages(self) -> frozenset[str] | None:
        """The languages it can hear; None: any, and it identifies them when not told."""
        ...

    def may_hold(self, language: str) -> bool:
        """Say whether it is reliable enough in this language that a rule may hold for it."""
        ...

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        """Recognise one utterance.

        Shapes:
            speech: (n,), int16 at 16 kHz, at most 10 s
            language: None when it is unknown
            within_s: seconds of patience; it must give up soon after

        Raises:
            DeadlineMissed: it took longer.
            RecognizerFailed: the engine broke down or its server did not answer.
            Doubtful: it invented words, as `guards` judge.
        """
        ...
