"""Whisper by way of faster-whisper: an optional dependency, with models that are fetched.

Nothing here reaches a network: a model is a folder that is whole, or it is not there.
"""

import math
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from balai.detect.speech.guards import Placed, Signs, believed, is_silent, placed
from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    RecognizerFailed,
    Speech,
    Transcript,
)
from balai.errors import NotFound, Unavailable

# Published word errors of large-v3 on FLEURS: en 4.1, id 6.1, ar 9.6, ur 20.6, fa 29.4 %.
HOLD_LANGUAGES: Final = {
    "large-v3": frozenset({"en", "id"}),
    "large-v3-turbo": frozenset({"en", "id"}),
}
# faster-whisper would fetch a missing tokenizer by itself.
FILES_NEEDED: Final = ("model.bin", "config.json", "tokenizer.json")
_FULL_SCALE: Final = 32_768
# Bounds a decoder that is caught in a loop; Thai and Urdu need most tokens for a second.
_TOKENS_PER_S_MAX: Final = 25
_TOKENS_MIN: Final = 16
_TOKENS_MAX: Final = 220  # half of what the decoder holds
# Where Whisper's names of languages are not those of BCP 47.
_WHISPER_NAMES: Final = {"jv": "jw", "fil": "tl", "nb": "no"}
_NAMES: Final = {"jw": "jv"}
_UNDETERMINED: Final = "und"


class EngineMissing(Unavailable):
    """This speech engine is not installed; install balai[whisper]."""


class ModelMissing(NotFound):
    """This speech model is not here, or not whole; `balai models fetch` brings it."""


class ModelUnreadable(Unavailable):
    """This speech model cannot be loaded; remove it and fetch it again."""


class WhisperRecognizer:
    """One Whisper model in memory.

    On failure: a decoding that has begun is not interrupted; the deadline is looked at before
    it, when the language is known, and behind it, and bounded tokens bound its length.

    Raises:
        EngineMissing: faster-whisper is not installed.
        ModelMissing: the folder lacks a file.
        ModelUnreadable: its files are not a model.
    """

    def __init__(
        self,
        model_folder: Path,
        name: str,
        hold_languages: frozenset[str] | None = None,
        *,
        compute: str = "int8",
        threads: int = 0,
    ) -> None:
        """Load a model.

        Shapes:
            hold_languages: where a rule may hold on its words; None: as published for `name`
            compute: CTranslate2's type of computation
            threads: of one decoding; 0: as CTranslate2 chooses
        """
        self._name = name
        by_name = HOLD_LANGUAGES.get(name, frozenset())
        self._hold_languages = by_name if hold_languages is None else hold_languages
        self._model = _load(model_folder, compute_type=compute, cpu_threads=threads)

    @property
    def name(self) -> str:
        """Engine and model."""
        return f"whisper/{self._name}"

    @property
    def languages(self) -> frozenset[str] | None:
        """Any, unless the model was trained for English alone."""
        return None if self._only is None else frozenset({self._only})

    def may_hold(self, language: str) -> bool:
        """Say whether the operator, or a published figure, vouches for this language."""
        return language in self._hold_languages

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        """Recognise one utterance; see `Recognizer`.

        Raises:
            Doubtful: somebody spoke, but these words cannot be believed.
        """
        due_at = time.monotonic() + within_s
        self._check(language)
        _keep(due_at)
        if is_silent(speech):
            return Transcript((), language or self._only or _UNDETERMINED, self.name)
        try:
            heard, identified = self._heard(speech, language, due_at)
        except (RuntimeError, ValueError, IndexError, MemoryError) as cause:
            raise RecognizerFailed("whisper failed") from cause
        transcript = Transcript(
            placed(_words(heard), len(speech)),
            language or _NAMES.get(identified, identified),
            self.name,
            is_language_identified=language is None and self._only is None,
        )
        return believed(transcript, _signs(heard), len(speech))

    @property
    def _only(self) -> str | None:
        return None if self._model.model.is_multilingual else "en"

    def _check(self, language: str | None) -> None:
        known = self._model.supported_languages
        if language is not None and _WHISPER_NAMES.get(language, language) not in known:
            raise RecognizerFailed("whisper does not know this language")

    def _heard(
        self, speech: Speech, language: str | None, due_at: float
    ) -> tuple[Any | None, str]:
        """Give what was heard, if anything, and in which language, by Whisper's names."""
        seconds = len(speech) / RATE_HZ
        tokens = min(_TOKENS_MIN + round(_TOKENS_PER_S_MAX * seconds), _TOKENS_MAX)
        segments, told = self._model.transcribe(
            speech.astype(np.float32) / _FULL_SCALE,
            language=None if language is None else _WHISPER_NAMES.get(language, language),
            beam_size=1,
            temperature=0.0,  # another try at a higher one invents, and takes its time again
            condition_on_previous_text=False,
            without_timestamps=True,  # one segment; words are placed by attention
            word_timestamps=True,
            vad_filter=False,  # utterances are cut already
            no_speech_threshold=None,  # what seems no speech is doubtful, not silence
            log_prob_threshold=None,
            compression_ratio_threshold=None,
            max_new_tokens=tokens,
        )
        _keep(due_at)
        # Asked for another, it would hear the rest behind the last word once more.
        segment = next(iter(segments), None)
        _keep(due_at)
        return segment, str(told.language)


def is_usable(folder: Path) -> bool:
    """Say whether a model is here and what runs it is installed; nothing is loaded."""
    return is_whole(folder) and find_spec("faster_whisper") is not None


def is_whole(folder: Path) -> bool:
    """Say whether a folder has every file of a model."""
    return all((folder / name).is_file() for name in FILES_NEEDED)


def _load(folder: Path, **options: Any) -> Any:
    if not is_whole(folder):
        raise ModelMissing
    try:
        # Only who chose this engine pays for it, and only they need it installed.
        from faster_whisper import WhisperModel  # noqa: PLC0415
    except ImportError as cause:
        raise EngineMissing from cause
    try:
        return WhisperModel(str(folder), device="cpu", local_files_only=True, **options)
    except Exception as cause:  # tokenizers raises bare ones
        raise ModelUnreadable from cause


def _keep(due_at: float) -> None:
    if time.monotonic() >= due_at:
        raise DeadlineMissed


def _words(segment: Any | None) -> Iterator[Placed]:
    for word in (segment.words or ()) if segment is not None else ():
        confidence = min(max(float(word.probability), 0.0), 1.0)
        yield Placed(word.word, float(word.start), float(word.end), confidence)


def _signs(segment: Any | None) -> Signs:
    if segment is None:
        return Signs()
    mean = float(segment.avg_logprob)
    return Signs(
        no_speech=float(segment.no_speech_prob),
        mean_log_probability=mean if math.isfinite(mean) else -math.inf,
    )
