"""Guards against words that nobody said: an engine that hears none invents some.

They need no engine. What does not pass is `Doubtful`: told as unheard, never as silence,
because somebody spoke and nobody knows what. An engine that gives no words is believed.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from balai.detect.speech.recognizer import (
    RATE_HZ,
    Doubtful,
    RecognizerFailed,
    Speech,
    Transcript,
    Word,
)

# Of full scale, -60 dB: no microphone that carries a voice is as quiet as this.
SILENT_PEAK: Final = 33
SPEECH_SAMPLES_MIN: Final = RATE_HZ // 20  # no word is as short as 50 ms
MEAN_LOG_PROBABILITY_MIN: Final = -1.0
NO_SPEECH_MAX: Final = 0.6
SURE_LOG_PROBABILITY: Final = -0.5
COMPRESSION_MAX: Final = 2.4
WORDS_PER_S_MAX: Final = 8.0
WORDS_ALWAYS: Final = 4  # a rate says nothing about so few
WORD_CHARACTERS_MAX: Final = 64
WORDS_MAX: Final = 1_000
OUTSIDE_S_MAX: Final = 0.5
PLACES_S_MAX: Final = 3_600.0
# Written without spaces, so that engines give single characters as words.
_UNSPACED: Final = frozenset({"ja", "km", "lo", "my", "th", "yue", "zh"})
_UNSPACED_FACTOR: Final = 2.0
_ALONE_WORDS_MAX: Final = 12

# Sentences of the subtitles from which Whisper learned, given for silence, noise and music.
INVENTIONS: Final = (
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "please subscribe",
    "please subscribe to my channel",
    "like and subscribe",
    "dont forget to like and subscribe",
    "see you in the next video",
    "terima kasih telah menonton",
    "terima kasih sudah menonton",
    "terima kasih kerana menonton",
    "jangan lupa subscribe",
    "jangan lupa like dan subscribe",
    "sampai jumpa di video selanjutnya",
    "اشتركوا في القناة",
    "شكرا على المشاهدة",
    "شكرا للمشاهدة",
    "gracias por ver el video",
    "merci davoir regardé cette vidéo",
    "obrigado por assistir",
    "vielen dank fürs zuschauen",
    "izlediğiniz için teşekkür ederim",
    "продолжение следует",
    "спасибо за просмотр",
    "ご視聴ありがとうございました",
    "시청해주셔서 감사합니다",
)
# The same with a name behind it.
INVENTED_BEGINNINGS: Final = (
    "subtitles by",
    "subtitled by",
    "captions by",
    "captioned by",
    "transcription by",
    "translated by",
    "terjemahan oleh",
    "sari kata oleh",
    "ترجمة نانسي",
    "sous titres réalisés par",
    "subtítulos realizados por",
    "subtítulos por la comunidad",
    "legendas pela comunidade",
    "untertitel der amara",
    "untertitel im auftrag",
    "untertitelung des zdf",
    "субтитры",
)


class Placed(NamedTuple):
    """A word as an engine gives it, in seconds from the utterance's first sample."""

    text: str
    from_s: float
    to_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Signs:
    """What an engine itself says of its words, at the worst of their places; None: nothing."""

    no_speech: float | None = None  # the probability that nobody spoke
    mean_log_probability: float | None = None  # of the words, natural


def is_silent(speech: Speech) -> bool:
    """Say whether there is nothing to hear, so that no engine need be asked.

    Shapes:
        speech: (n,), int16
    """
    is_short = len(speech) < SPEECH_SAMPLES_MIN
    return is_short or int(np.abs(speech.astype(np.int32)).max()) < SILENT_PEAK


def placed(words: Iterable[Placed], samples: int) -> tuple[Word, ...]:
    """Bring words to samples: in order, inside the utterance, none empty.

    Shapes:
        samples: of the utterance, at 16 kHz

    Raises:
        RecognizerFailed: places that are no places, or more words than an answer may have.
        Doubtful: a word outside the utterance, or too long for one.
    """
    found: list[Word] = []
    for word in words:
        text = _plain(word.text)
        if text and len(found) >= WORDS_MAX:
            raise RecognizerFailed("an engine gave too many words")
        if text:
            found.append(_word(text, word, after=found[-1] if found else None, samples=samples))
    return tuple(found)


def spread(text: str, from_s: float, to_s: float, confidence: float) -> Iterator[Placed]:
    """Place the words of a text evenly, each as long as its letters are many."""
    words = text.split()
    letters = sum(map(len, words))
    at = from_s
    for word in words:
        end = at + (to_s - from_s) * len(word) / letters
        yield Placed(word, at, end, confidence)
        at = end


def believed(transcript: Transcript, signs: Signs, samples: int) -> Transcript:
    """Give the transcript back when its words can be believed.

    Raises:
        Doubtful: one of the guards below says that nobody said this.
    """
    doubts = (
        _is_improbable(signs),
        _is_no_speech(signs),
        _is_repeated(transcript.text),
        _is_too_fast(transcript, samples),
        _is_invention(transcript.text),
    )
    if transcript.words and any(doubts):
        raise Doubtful
    return transcript


def _is_improbable(signs: Signs) -> bool:
    """Guard: the engine itself hardly believes its words.

    Source: openai/whisper, `logprob_threshold`; there decoding is tried again from -1.0 down.
    """
    probability = signs.mean_log_probability
    return probability is not None and probability < MEAN_LOG_PROBABILITY_MIN


def _is_no_speech(signs: Signs) -> bool:
    """Guard: the engine thinks that nobody spoke, and is not sure of its words.

    Source: openai/whisper, `no_speech_threshold` 0.6, which words overrule from -1.0 up. Words
    that may have an effect on a person need more: -0.5.
    """
    if signs.no_speech is None or signs.no_speech <= NO_SPEECH_MAX:
        return False
    probability = signs.mean_log_probability
    return probability is None or probability < SURE_LOG_PROBABILITY


def _is_repeated(text: str) -> bool:
    """Guard: the text says the same over and over, as a decoder that is caught in a loop.

    Source: openai/whisper, `compression_ratio_threshold` 2.4 with zlib.
    """
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) > COMPRESSION_MAX


def _is_too_fast(transcript: Transcript, samples: int) -> bool:
    """Guard: more words than a mouth can say; quick speakers reach five a second."""
    is_spaced = transcript.language not in _UNSPACED
    per_s = WORDS_PER_S_MAX * (1.0 if is_spaced else _UNSPACED_FACTOR)
    return len(transcript.words) > max(WORDS_ALWAYS, per_s * samples / RATE_HZ)


def _is_invention(text: str) -> bool:
    """Guard: nothing but what Whisper is known to say when nobody speaks.

    Who does say it, and nothing else in an utterance, is unheard for its length.

    Source: Koenecke et al., "Careless Whisper", 2024; Barański et al., "Investigation of
    Whisper ASR hallucinations induced by non-speech audio", 2025.
    """
    words = re.sub(r"[^\w\s]", "", _plain(text.replace("-", " ")).casefold()).split()
    line = " ".join(words)
    if len(words) <= _ALONE_WORDS_MAX and line.startswith(INVENTED_BEGINNINGS):
        return True
    for invention in sorted(INVENTIONS, key=len, reverse=True):
        line = line.replace(invention, "")
    return bool(words) and not line.strip()


def _word(text: str, word: Placed, *, after: Word | None, samples: int) -> Word:
    length_s = samples / RATE_HZ
    is_place = 0 <= word.from_s <= word.to_s <= PLACES_S_MAX  # False for what is no number
    if not is_place or not 0 <= word.confidence <= 1:
        raise RecognizerFailed("an engine gave words at no place")
    if word.from_s > length_s + OUTSIDE_S_MAX or len(text) > WORD_CHARACTERS_MAX:
        raise Doubtful
    earliest = after.from_sample if after else 0
    begin = min(max(round(word.from_s * RATE_HZ), earliest), max(samples - 1, 0))
    end = min(max(round(word.to_s * RATE_HZ), begin + 1), samples)
    return Word(text, begin, end, word.confidence)


def _plain(text: str) -> str:
    """Take out what is not shown, and bring spaces to one."""
    shown = (
        one if unicodedata.category(one) not in {"Cc", "Cs", "Co", "Cn"} else " "
        for one in text
    )
    return " ".join("".join(shown).split())
