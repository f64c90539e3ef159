"""Words from a server that speaks the OpenAI way: `POST …/v1/audio/transcriptions`.

The server is the operator's own choice; even so nothing it answers is believed before it is
checked, and no answer is waited for longer than the utterance is worth.
"""

import asyncio
import io
import json
import math
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import httpx

from balai.detect.speech.guards import Placed, Signs, believed, is_silent, placed, spread
from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    RecognizerFailed,
    Speech,
    Transcript,
)

ANSWER_BYTES_MAX: Final = 1024 * 1024
CLOSING_S_MAX: Final = 1.0
SEGMENTS_MAX: Final = 100
# A server that does not say how sure it is must not look sure.
_UNTOLD: Final = 0.49
_UNDETERMINED: Final = "und"
# Servers name languages as Whisper does, in English.
_CODES: Final = {
    "afrikaans": "af", "albanian": "sq", "amharic": "am", "arabic": "ar", "armenian": "hy",
    "assamese": "as", "azerbaijani": "az", "bashkir": "ba", "basque": "eu", "belarusian": "be",
    "bengali": "bn", "bosnian": "bs", "breton": "br", "bulgarian": "bg", "burmese": "my",
    "cantonese": "yue", "castilian": "es", "catalan": "ca", "chinese": "zh", "croatian": "hr",
    "czech": "cs", "danish": "da", "dutch": "nl", "english": "en", "estonian": "et",
    "faroese": "fo", "finnish": "fi", "flemish": "nl", "french": "fr", "galician": "gl",
    "georgian": "ka", "german": "de", "greek": "el", "gujarati": "gu", "haitian creole": "ht",
    "haitian": "ht", "hausa": "ha", "hawaiian": "haw", "hebrew": "he", "hindi": "hi",
    "hungarian": "hu", "icelandic": "is", "indonesian": "id", "italian": "it",
    "japanese": "ja", "javanese": "jv", "jw": "jv", "kannada": "kn", "kazakh": "kk",
    "khmer": "km", "korean": "ko", "lao": "lo", "latin": "la", "latvian": "lv",
    "lingala": "ln", "lithuanian": "lt", "luxembourgish": "lb", "macedonian": "mk",
    "malagasy": "mg", "malay": "ms", "malayalam": "ml", "maltese": "mt", "mandarin": "zh",
    "maori": "mi", "marathi": "mr", "moldavian": "ro", "mongolian": "mn", "myanmar": "my",
    "nepali": "ne", "norwegian": "no", "nynorsk": "nn", "occitan": "oc", "panjabi": "pa",
    "pashto": "ps", "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa",
    "pushto": "ps", "romanian": "ro", "russian": "ru", "sanskrit": "sa", "serbian": "sr",
    "shona": "sn", "sindhi": "sd", "sinhala": "si", "sinhalese": "si", "slovak": "sk",
    "slovenian": "sl", "somali": "so", "spanish": "es", "sundanese": "su", "swahili": "sw",
    "swedish": "sv", "tagalog": "tl", "tajik": "tg", "tamil": "ta", "tatar": "tt",
    "telugu": "te", "thai": "th", "tibetan": "bo", "turkish": "tr", "turkmen": "tk",
    "ukrainian": "uk", "urdu": "ur", "uzbek": "uz", "valencian": "ca", "vietnamese": "vi",
    "welsh": "cy", "yiddish": "yi", "yoruba": "yo",
}  # fmt: skip
_CODE_LETTERS: Final = range(2, 4)


@dataclass(frozen=True, slots=True)
class Remote:
    """A server, one of its models, and the key it wants, if any.

    Shapes:
        url: without /v1/audio/transcriptions
        hold_languages: where a rule may hold on its words, as the operator measured
    """

    url: str
    model: str
    key: str | None = None
    hold_languages: frozenset[str] = frozenset()

    def __repr__(self) -> str:  # the key stays out of logs and tracebacks
        return f"Remote({self.url!r}, {self.model!r})"


class RemoteRecognizer:
    """One server; a connection is kept between utterances. Close it after use."""

    def __init__(self, remote: Remote, name: str) -> None:
        """Choose a server; nothing is asked of it yet."""
        self._remote = remote
        self._name = name
        self._url = f"{remote.url.rstrip('/')}/v1/audio/transcriptions"
        self._client = httpx.AsyncClient(
            timeout=None,  # one deadline holds for the whole of it, however it drips  # noqa: S113
            follow_redirects=False,
            trust_env=False,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **({"Authorization": f"Bearer {remote.key}"} if remote.key else {}),
            },
        )
        self._runner = asyncio.Runner()

    @property
    def name(self) -> str:
        """The server's name here, and its model."""
        return f"remote/{self._name}/{self._remote.model}"

    @property
    def languages(self) -> frozenset[str] | None:
        """Any, as far as is known here."""
        return None

    def may_hold(self, language: str) -> bool:
        """Say whether the operator vouches for this language."""
        return language in self._remote.hold_languages

    def hear(self, speech: Speech, *, language: str | None, within_s: float) -> Transcript:
        """Recognise one utterance; see `Recognizer`.

        Raises:
            Doubtful: somebody spoke, but these words cannot be believed.
        """
        if within_s <= 0:
            raise DeadlineMissed
        if is_silent(speech):
            return Transcript((), language or _UNDETERMINED, self.name)
        answer = _parsed(self._answer(speech, language, within_s))
        segments = _segments(answer)
        identified = _code(answer.get("language"))
        transcript = Transcript(
            placed(_words(answer, segments, len(speech) / RATE_HZ), len(speech)),
            language or identified or _UNDETERMINED,
            self.name,
            is_language_identified=language is None and identified is not None,
        )
        return believed(transcript, _signs(segments), len(speech))

    def close(self) -> None:
        """Close the connection."""
        self._runner.run(self._closed())
        self._runner.close()

    def _answer(self, speech: Speech, language: str | None, within_s: float) -> bytes:
        try:
            return self._runner.run(self._asked(_wav(speech), language, within_s))
        except TimeoutError as cause:
            raise DeadlineMissed from cause
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as cause:
            raise RecognizerFailed("a speech server did not answer") from cause

    async def _asked(self, wav: bytes, language: str | None, within_s: float) -> bytes:
        form = {
            "model": self._remote.model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": ["word", "segment"],
            "temperature": "0",
            **({"language": language} if language else {}),
        }
        file = {"file": ("utterance.wav", wav, "audio/wav")}
        async with (
            asyncio.timeout(within_s),
            self._client.stream("POST", self._url, data=form, files=file) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise RecognizerFailed(f"a speech server answered {response.status_code}")
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise RecognizerFailed("a speech server answered too much")
            return bytes(body)

    async def _closed(self) -> None:
        async with asyncio.timeout(CLOSING_S_MAX):
            await self._client.aclose()


def _wav(speech: Speech) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE_HZ)
        sound.writeframes(speech.astype("<i2").tobytes())
    return file.getvalue()


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as cause:
        raise RecognizerFailed("a speech server answered no JSON") from cause
    return _mapping(answer)


def _refuse(name: str = "") -> NoReturn:
    raise RecognizerFailed(f"a speech server answered what makes no sense {name}".rstrip())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _refuse()


def _list(answer: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = answer.get(name)
    if value is None:
        return []
    return [_mapping(one) for one in value] if isinstance(value, list) else _refuse(name)


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else _refuse(name)


def _number(answer: Mapping[str, Any], *names: str) -> float | None:
    """Give the first of these that is there."""
    value = next((answer[name] for name in names if answer.get(name) is not None), None)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(names[0])
    try:
        number = float(value)
    except OverflowError:
        _refuse(names[0])
    return number if math.isfinite(number) else _refuse(names[0])


def _code(value: Any) -> str | None:
    """Give a language's code from its code or its name in English."""
    if not isinstance(value, str):
        return None
    name = value.strip().casefold()
    code = _CODES.get(name, name.replace("_", "-").partition("-")[0])
    is_code = len(code) in _CODE_LETTERS and code.isascii() and code.isalpha()
    return code if is_code else None


def _segments(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    segments = _list(answer, "segments")
    return segments if len(segments) <= SEGMENTS_MAX else _refuse("segments")


def _words(
    answer: Mapping[str, Any], segments: list[Mapping[str, Any]], length_s: float
) -> Iterator[Placed]:
    """Give the words, each at its own place or spread over the place of its segment."""
    timed = _list(answer, "words") or [one for part in segments for one in _list(part, "words")]
    for word in timed:
        yield _timed(word, segments)
    if timed:
        return
    for part in segments:
        from_s, to_s = _place(part)
        yield from spread(_text(part, "text"), from_s, min(to_s, length_s), _sureness(part))
    if not segments:
        yield from spread(_text(answer, "text"), 0.0, length_s, _UNTOLD)


def _timed(word: Mapping[str, Any], segments: list[Mapping[str, Any]]) -> Placed:
    from_s, to_s = _place(word)
    sure = _number(word, "probability", "confidence")
    if sure is None:
        around = (part for part in segments if _place(part)[1] >= from_s)
        sure = next(map(_sureness, around), _UNTOLD)
    return Placed(_text(word, "word"), from_s, to_s, sure)


def _place(part: Mapping[str, Any]) -> tuple[float, float]:
    from_s, to_s = _number(part, "start"), _number(part, "end")
    if from_s is None or to_s is None:
        _refuse("place")
    return from_s, to_s


def _sureness(segment: Mapping[str, Any]) -> float:
    """Give the mean probability of a segment's words, when the server tells it."""
    mean = _number(segment, "avg_logprob")
    return _UNTOLD if mean is None else math.exp(min(mean, 0.0))


def _signs(segments: list[Mapping[str, Any]]) -> Signs:
    silences = [_number(one, "no_speech_prob") for one in segments]
    means = [_number(one, "avg_logprob") for one in segments]
    return Signs(
        no_speech=max((one for one in silences if one is not None), default=None),
        mean_log_probability=min((one for one in means if one is not None), default=None),
    )
