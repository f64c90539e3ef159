"""Which engine hears which language: from plain settings to engines, loaded when first needed.

A choice is one line: "default", "pocketsphinx", "whisper:MODEL", "remote:NAME" or "none".
Choices are told by language; "*" stands for every other language, and for voices whose language
is unknown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from balai.detect.speech.recognizer import Recognizer
from balai.detect.speech.remote import Remote, RemoteRecognizer
from balai.detect.speech.sphinx import SphinxRecognizer
from balai.detect.speech.whisper import WhisperRecognizer, is_usable
from balai.errors import Invalid

OTHERS: Final = "*"
# What "default" takes when it is here: twice as many words right as PocketSphinx, in less time.
DEFAULT_MODEL: Final = "tiny.en"
_LANGUAGE: Final = re.compile(r"[a-z]{2,8}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class ChoiceInvalid(Invalid):
    """Choose a speech engine as default, pocketsphinx, whisper:MODEL, remote:NAME or none."""


class Kind(StrEnum):
    """What can be chosen."""

    DEFAULT = "default"
    POCKETSPHINX = "pocketsphinx"
    WHISPER = "whisper"
    REMOTE = "remote"
    NONE = "none"


_NAMED: Final = frozenset({Kind.WHISPER, Kind.REMOTE})


@dataclass(frozen=True, slots=True)
class Choice:
    """One engine, and which of its models or servers."""

    kind: Kind
    name: str = ""

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a choice.

        Raises:
            ChoiceInvalid: it is none; the detail repeats it.
        """
        kind, colon, name = line.strip().partition(":")
        if kind not in set(Kind):
            raise ChoiceInvalid(f"{line!r}: {ChoiceInvalid.sentence()}")
        choice = cls(Kind(kind), name)
        is_right = _NAME.fullmatch(name) if choice.kind in _NAMED else not colon
        if not is_right:
            raise ChoiceInvalid(f"{line!r}: {ChoiceInvalid.sentence()}")
        return choice


class Engines:
    """The engines of one process. What is chosen for several languages is loaded once.

    Not for several threads at a time.
    """

    def __init__(
        self,
        choices: Mapping[str, Choice],
        models_folder: Path,
        remotes: Mapping[str, Remote],
        hold_languages: frozenset[str] | None = None,
    ) -> None:
        self._choices = dict(choices)
        self._models_folder = models_folder
        self._remotes = dict(remotes)
        self._hold_languages = hold_languages
        self._loaded: dict[Choice, Recognizer] = {}

    def for_language(self, language: str | None) -> Recognizer | None:
        """Give the engine for a language, loading it if need be; None: nobody hears it.

        An engine that does not hear the language is as good as none. A voice whose language
        is unknown goes to the engine for all others, whatever that can hear.

        Raises:
            EngineMissing, ModelMissing, ModelUnreadable: the engine cannot be loaded.
        """
        others = self._choices.get(OTHERS, Choice(Kind.NONE))
        choice = others if language is None else self._choices.get(language, others)
        engine = self._engine(choice)
        if engine is None or engine.languages is None or language is None:
            return engine
        return engine if language in engine.languages else None

    def load(self) -> None:
        """Load every engine that is chosen, so that the first utterance need not wait.

        Raises:
            EngineMissing, ModelMissing, ModelUnreadable: an engine cannot be loaded.
        """
        for choice in self._choices.values():
            self._engine(choice)

    def _engine(self, choice: Choice) -> Recognizer | None:
        if choice.kind is Kind.NONE:
            return None
        if choice.kind is Kind.DEFAULT:
            choice = self._by_default()
        if choice not in self._loaded:
            self._loaded[choice] = self._opened(choice)
        return self._loaded[choice]

    def _by_default(self) -> Choice:
        if is_usable(self._models_folder / DEFAULT_MODEL):
            return Choice(Kind.WHISPER, DEFAULT_MODEL)
        return Choice(Kind.POCKETSPHINX)

    def _opened(self, choice: Choice) -> Recognizer:
        if choice.kind is Kind.POCKETSPHINX:
            return SphinxRecognizer()
        if choice.kind is Kind.REMOTE:
            return RemoteRecognizer(self._remotes[choice.name], choice.name)
        folder = self._models_folder / choice.name
        return WhisperRecognizer(folder, choice.name, self._hold_languages)


def open_engines(
    choices: Mapping[str, str],
    models_folder: Path,
    remotes: Mapping[str, Remote],
    hold_languages: frozenset[str] | None = None,
) -> Engines:
    """Read choices by language; nothing is loaded yet.

    Shapes:
        hold_languages: where a rule may hold on Whisper's words; None: as published

    Raises:
        ChoiceInvalid: a choice, a language or the name of a server is none.
    """
    parsed = {language: Choice.parse(line) for language, line in choices.items()}
    for language, choice in parsed.items():
        if language != OTHERS and not _LANGUAGE.fullmatch(language):
            raise ChoiceInvalid(f"{language!r} is no language, such as en or id")
        if choice.kind is Kind.REMOTE and choice.name not in remotes:
            raise ChoiceInvalid(f"no speech server is called {choice.name!r}")
    return Engines(parsed, models_folder, remotes, hold_languages)
