"""A recogniser that hears what it was told to: for tests, and to try rules without speech."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from balai.detect.speech.guards import Signs, believed, is_silent, placed, spread
from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    RecognizerFailed,
    Speech,
    Transcript,
)

CONFIDENCE: Final = 0.9


class ScriptedRecognizer:
    """Gives one line for every utterance that is not silent; after the last, the first again.

    Shapes:
        hold_languages: the languages in which a rule may hold on its words
        hears: the language it identifies when none is told
        slow_s: seconds that an utterance takes, by its number, from 0
        fails_at: numbers of utterances at which it breaks down
    """

    def __init__(
        self,
        lines: Sequence[str],
        *,
        hold_languages: Collection[str] = (),
        hears: str = "en",
        slow_s: Mapping[int, float] | None = None,
        fails_at: Collection[int] = (),
    ) -> None:
        self._lines = tuple(lines)
        self._hold_languages = frozenset(hold_languages)
        self._hears = hears
        self._slow_s = dict(slow_s or {})
        self._fails_at = frozenset(fails_at)
        self._heard = 0

    @property
    def name(self) -> str:
        """Engine and model."""
        return "scripted"

    @property
    def languages(self) -> frozenset[str] | None:
        """Any."""
        return None

    def may_hold(self, language: str) -> bool:
        """Say what was told."""
        return language in self._hold_languages

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        """Give the next line; see `Recognizer`."""
        if within_s <= 0:
            raise DeadlineMissed
        line = "" if is_silent(speech) else self._next(within_s)
        words = placed(spread(line, 0.0, len(speech) / RATE_HZ, CONFIDENCE), len(speech))
        transcript = Transcript(
            words, language or self._hears, self.name, is_language_identified=language is None
        )
        return believed(transcript, Signs(), len(speech))

    def _next(self, within_s: float) -> str:
        number, self._heard = self._heard, self._heard + 1
        takes_s = self._slow_s.get(number, 0.0)
        time.sleep(min(takes_s, within_s))
        if takes_s >= within_s:
            raise DeadlineMissed
        if number in self._fails_at:
            raise RecognizerFailed("scripted to fail")
        return self._lines[number % len(self._lines)] if self._lines else ""
