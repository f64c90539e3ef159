"""All speech engines keep one contract: the scripted one, PocketSphinx, Whisper, a server."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import pytest

from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    Doubtful,
    Recognizer,
    RecognizerFailed,
    Speech,
    Transcript,
    Word,
)
from balai.detect.speech.remote import ANSWER_BYTES_MAX, Remote, RemoteRecognizer
from balai.detect.speech.scripted import ScriptedRecognizer
from balai.detect.speech.sphinx import SphinxRecognizer
from balai.detect.speech.whisper import ModelMissing, ModelUnreadable, WhisperRecognizer
from tests.speech_server import Answer, Asked, serving, transcribing, verbose
from tests.tiny_whisper import tiny_whisper

RECORDINGS = Path(__file__).parents[2] / "src" / "balai" / "demo" / "recordings"
LINES: Final = ("Welcome to Balai.", "I am Ayu, a recorded voice.")
SOON_S: Final = 1.0
PATIENT_S: Final = 60.0
ENGINES: Final = ("scripted", "pocketsphinx", "remote", "whisper")


def spoken(seconds: float = 3.0) -> Speech:
    """The beginning of what the demonstration's first guest says."""
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(str(RECORDINGS / "01.opus")) as file:
        parts = [
            piece.to_ndarray()[0]
            for frame in file.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.concatenate(parts)[: round(seconds * RATE_HZ)].astype(np.int16)


@contextmanager
def asking(answer: Callable[[Asked], Answer]) -> Iterator[RemoteRecognizer]:
    with (
        serving(answer) as server,
        closing(RemoteRecognizer(Remote(server.url, "large"), "here")) as engine,
    ):
        yield engine


@pytest.fixture(scope="module")
def speech() -> Speech:
    return spoken()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module", params=ENGINES)
def engine(request: pytest.FixtureRequest, model: Path) -> Iterator[Recognizer]:
    if request.param == "scripted":
        yield ScriptedRecognizer(LINES)
    elif request.param == "pocketsphinx":
        yield SphinxRecognizer()
    elif request.param == "whisper":
        yield WhisperRecognizer(model, "tiny")
    else:
        with asking(transcribing(LINES)) as remote:
            yield remote


def hear(engine: Recognizer, speech: Speech, language: str | None = "en") -> Transcript:
    return engine.hear(speech, language=language, within_s=PATIENT_S)


# ── the contract ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.5, 8.0])
def test_silence_gives_no_words(engine: Recognizer, seconds: float) -> None:
    silence = np.zeros(round(seconds * RATE_HZ), np.int16)
    assert hear(engine, silence).words == ()


def test_speech_gives_words_in_order_inside_the_utterance(
    engine: Recognizer, speech: Speech
) -> None:
    words = hear(engine, speech).words
    assert words != ()
    assert list(words) == sorted(words, key=lambda word: word.from_sample)
    inside = [0 <= one.from_sample < one.to_sample <= len(speech) for one in words]
    assert inside == [True] * len(words)
    assert [0 <= one.confidence <= 1 for one in words] == [True] * len(words)
    assert [one.text == "".join(one.text.split()) != "" for one in words] == [True] * len(words)


def test_a_click_or_noise_breaks_nothing(engine: Recognizer) -> None:
    generator = np.random.default_rng(1)
    for samples in (1, 159, 161, 1_601, 48_000):
        noise = generator.integers(-32_768, 32_768, samples).astype(np.int16)
        try:
            words = hear(engine, noise).words
        except Doubtful:
            continue
        assert [0 <= one.from_sample < one.to_sample <= samples for one in words] == [
            True
        ] * len(words)


def test_what_was_heard_does_not_change_the_caller_s_speech(
    engine: Recognizer, speech: Speech
) -> None:
    before = speech.copy()
    hear(engine, speech)
    assert (speech == before).all()


def test_a_told_language_is_the_transcript_s(engine: Recognizer, speech: Speech) -> None:
    heard = hear(engine, speech, "en")
    assert (heard.language, heard.is_language_identified) == ("en", False)
    assert heard.engine == engine.name


def test_an_unknown_language_is_identified_by_whom_that_is_given(
    engine: Recognizer, speech: Speech
) -> None:
    heard = hear(engine, speech, None)
    assert heard.is_language_identified == (engine.languages is None)
    assert heard.language in {"scripted": {"en"}, "pocketsphinx/en-us": {"en"}}.get(
        engine.name, {"id"}
    )


def test_a_language_it_does_not_hear_is_refused(engine: Recognizer, speech: Speech) -> None:
    if engine.languages is None:
        assert hear(engine, speech, "ar").language == "ar"
    else:
        with pytest.raises(RecognizerFailed):
            hear(engine, speech, "ar")


def test_no_engine_may_hold_unless_somebody_vouches(engine: Recognizer) -> None:
    assert [engine.may_hold(one) for one in ("en", "id", "ar", "und")] == [False] * 4


def test_without_patience_it_gives_up_at_once(engine: Recognizer, speech: Speech) -> None:
    for within_s in (0.0, -1.0):
        begun = time.monotonic()
        with pytest.raises(DeadlineMissed):
            engine.hear(speech, language="en", within_s=within_s)
        assert time.monotonic() - begun < SOON_S
    assert hear(engine, speech).words != ()


# ── pocketsphinx ─────────────────────────────────────────────────────────────────────────────


def test_pocketsphinx_gives_up_within_an_utterance_and_hears_the_next(speech: Speech) -> None:
    engine = SphinxRecognizer()
    alone = hear(engine, speech)
    begun = time.monotonic()
    with pytest.raises(DeadlineMissed):
        engine.hear(np.tile(speech, 3), language="en", within_s=0.05)
    assert time.monotonic() - begun < SOON_S
    assert hear(engine, speech) == alone


def test_pocketsphinx_hears_a_voice_the_same_whoever_spoke_before(speech: Speech) -> None:
    engine = SphinxRecognizer()
    alone = hear(engine, speech)
    hear(engine, (speech // 8 + 500).astype(np.int16)[::-1].copy())
    assert hear(engine, speech) == alone


# ── whisper ──────────────────────────────────────────────────────────────────────────────────


def test_whisper_gives_words_where_they_are(model: Path, speech: Speech) -> None:
    words = hear(WhisperRecognizer(model, "tiny"), speech, "en").words
    assert [(one.text, one.from_sample, one.to_sample) for one in words] == [
        ("good", 0, 4_800),
        ("evening", 4_800, 9_600),
        ("everybody", 9_600, 14_400),
    ]


@pytest.mark.parametrize(
    ("words", "sureness"),
    [
        (("good", "evening"), 1.4),
        (("thanks", "for", "watching"), 4.0),
        (("we", "go") * 12, 4.0),
    ],
    ids=["unsure", "invented", "repeated"],
)
def test_whisper_s_inventions_are_doubtful(
    tmp_path: Path, speech: Speech, words: tuple[str, ...], sureness: float
) -> None:
    made = tiny_whisper(tmp_path / "made", words, sureness=sureness)
    with pytest.raises(Doubtful):
        hear(WhisperRecognizer(made, "made"), speech)


def test_whisper_names_languages_as_everybody_does(tmp_path: Path, speech: Speech) -> None:
    engine = WhisperRecognizer(tiny_whisper(tmp_path / "jv", language="jw"), "jv")
    assert hear(engine, speech, None).language == "jv"
    assert hear(engine, speech, "jv").language == "jv"


def test_whisper_refuses_a_language_nobody_taught_it_and_hears_the_next(
    model: Path, speech: Speech
) -> None:
    engine = WhisperRecognizer(model, "tiny")
    with pytest.raises(RecognizerFailed):
        hear(engine, speech, "xx")
    assert hear(engine, speech).text == "good evening everybody"


def test_whisper_may_hold_where_published_or_told(model: Path) -> None:
    def holds(name: str, told: frozenset[str] | None = None) -> list[str]:
        engine = WhisperRecognizer(model, name, told)
        return [one for one in ("en", "id", "ar", "ur") if engine.may_hold(one)]

    assert holds("large-v3") == ["en", "id"]
    assert holds("tiny") == []
    assert holds("tiny", frozenset({"ar"})) == ["ar"]
    assert holds("large-v3", frozenset()) == []


@pytest.mark.parametrize("lacking", ["model.bin", "config.json", "tokenizer.json"])
def test_whisper_fetches_nothing_that_is_missing(
    tmp_path: Path, model: Path, lacking: str
) -> None:
    made = shutil.copytree(model, tmp_path / "made")
    (made / lacking).unlink()
    with pytest.raises(ModelMissing):
        WhisperRecognizer(made, "made")


@pytest.mark.parametrize("broken", ["model.bin", "config.json", "tokenizer.json"])
def test_a_broken_model_is_told(tmp_path: Path, model: Path, broken: str) -> None:
    made = shutil.copytree(model, tmp_path / "made")
    (made / broken).write_bytes(b"\x00nothing")
    with pytest.raises(ModelUnreadable):
        WhisperRecognizer(made, "made")


# ── a server ─────────────────────────────────────────────────────────────────────────────────


def asked_of(answer: Answer, speech: Speech, within_s: float = PATIENT_S) -> Transcript:
    with asking(lambda asked: answer) as engine:
        return engine.hear(speech, language="en", within_s=within_s)


def test_a_server_is_asked_as_it_expects(speech: Speech) -> None:
    with serving(transcribing(LINES)) as server:
        remote = Remote(
            f"{server.url}/", "large", key="s3cret", hold_languages=frozenset({"id"})
        )
        with closing(RemoteRecognizer(remote, "here")) as engine:
            assert hear(engine, speech, "id").text == LINES[0]
            assert hear(engine, speech, None).text == LINES[1]
            assert [engine.may_hold("id"), engine.may_hold("en")] == [True, False]
            assert engine.name == "remote/here/large"
        first, second = server.asked
    assert first.headers["authorization"] == "Bearer s3cret"
    assert (first.speech() == speech).all()
    form = {name: values for name, values in first.form().items() if name != "file"}
    assert form == {
        "model": [b"large"],
        "response_format": [b"verbose_json"],
        "timestamp_granularities[]": [b"word", b"segment"],
        "temperature": [b"0"],
        "language": [b"id"],
    }
    assert "language" not in second.form()
    assert "s3cret" not in repr(remote)


def test_words_without_a_place_are_spread_over_what_has_one(speech: Speech) -> None:
    unsure = 0.49  # never enough for a hold
    segments = [
        {"start": 0.0, "end": 1.0, "text": " ab cd", "avg_logprob": 0.0},
        {"start": 2.0, "end": 9.0, "text": " efgh"},
    ]
    assert asked_of(Answer.json({"segments": segments}), speech).words == (
        Word("ab", 0, 8_000, 1.0),
        Word("cd", 8_000, 16_000, 1.0),
        Word("efgh", 32_000, 48_000, unsure),
    )
    assert asked_of(Answer.json({"text": "ab cdef"}), speech).words == (
        Word("ab", 0, 16_000, unsure),
        Word("cdef", 16_000, 48_000, unsure),
    )


def word(**changed: Any) -> dict[str, Any]:
    return {"words": [{"word": "yes", "start": 0.1, "end": 0.5, **changed}]}


HOSTILE: Final = {
    "refused": Answer(b"{}", status=401),
    "broken": Answer(b"{}", status=500),
    "led away": Answer(status=307, headers={"Location": "http://127.0.0.1:9/"}),
    "empty": Answer(b""),
    "no JSON": Answer(b"<html>"),
    "half": Answer(b'{"text": "yes'),
    "cut": Answer(b'{"text": "yes"}', cut_at=5),
    "not UTF-8": Answer(b'{"text": "\xff\xfe"}'),
    "deep": Answer(b"[" * 200_000),
    "a long number": Answer(b'{"text": "a", "segments": ' + b"9" * 5_000 + b"}"),
    "a list": Answer(b"[]"),
    "a word": Answer(b'"yes"'),
    "no text": Answer(b"{}"),
    "text is a number": Answer.json({"text": 5}),
    "words is a text": Answer.json({"words": "yes"}),
    "words of text": Answer.json({"words": ["yes"]}),
    "segments is a number": Answer.json({"segments": 7}),
    "too many segments": Answer.json({"segments": [{}] * 1_000}),
    "no place": Answer.json(word(start=None)),
    "place is a text": Answer.json(word(start="0")),
    "place is a claim": Answer.json(word(end=True)),
    "before it began": Answer.json(word(start=-1)),
    "backwards": Answer.json(word(start=0.5, end=0.1)),
    "in a year": Answer.json(word(start=0.1, end=3e7)),
    "NaN": Answer(b'{"words": [{"word": "yes", "start": NaN, "end": 1}]}'),
    "endless": Answer(b'{"words": [{"word": "yes", "start": 0, "end": 1e999}]}'),
    "huge": Answer(b'{"words": [{"word": "yes", "start": 0, "end": ' + b"9" * 400 + b"}]}"),
    "too sure": Answer.json(word(probability=1.5)),
    "word is a number": Answer.json(word(word=5)),
    "too many words": Answer.json({"words": word()["words"] * 5_000}),
    "too much": Answer(b'{"text": "' + b" " * ANSWER_BYTES_MAX + b'"}'),
    "packed": Answer(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_a_failure_and_nothing_else(answer: Answer, speech: Speech) -> None:
    with pytest.raises(RecognizerFailed):
        asked_of(answer, speech)


@pytest.mark.parametrize(
    "answer",
    [
        Answer.json(word(start=20.0, end=21.0)),
        Answer.json(word(word="a" * 100)),
        Answer.json({"text": "yes " * 60}),
        Answer.json({"text": "Subtitles by the Amara.org community"}),
        Answer.json(
            {"segments": [{"start": 0, "end": 1, "text": "Hm so", "avg_logprob": -1.4}]}
        ),
    ],
)
def test_words_that_cannot_be_are_doubtful(answer: Answer, speech: Speech) -> None:
    with pytest.raises(Doubtful):
        asked_of(answer, speech)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b'{"text": "late"}', wait_s=5.0),
        Answer(b'{"text": "one letter at a time"}', drip_s=0.05),
    ],
    ids=["late", "dripping"],
)
def test_a_slow_server_is_not_waited_for(answer: Answer, speech: Speech) -> None:
    begun = time.monotonic()
    with pytest.raises(DeadlineMissed):
        asked_of(answer, speech, within_s=0.3)
    assert time.monotonic() - begun < SOON_S


def test_a_server_that_is_not_there_is_a_failure(speech: Speech) -> None:
    with serving(transcribing(LINES)) as server:
        url = server.url
    with closing(RemoteRecognizer(Remote(url, "large"), "here")) as engine:
        for _ in range(2):
            with pytest.raises(RecognizerFailed):
                hear(engine, speech)


def test_a_server_that_failed_is_asked_again(speech: Speech) -> None:
    answers = iter([Answer(status=503), Answer(b"{", cut_at=0), Answer.json({"text": "yes"})])
    with asking(lambda asked: next(answers)) as engine:
        for _ in range(2):
            with pytest.raises(RecognizerFailed):
                hear(engine, speech)
        assert hear(engine, speech).text == "yes"


@pytest.mark.parametrize(
    ("named", "code"),
    [("english", "en"), ("Indonesian", "id"), ("jw", "jv"), ("zh-Hans", "zh"), ("haw", "haw")],
)
def test_a_language_s_name_is_its_code(speech: Speech, named: str, code: str) -> None:
    heard = Transcript((Word("yes", 0, 8_000, 1.0),), "en", "x")
    with asking(lambda asked: Answer.json(verbose(heard, named, len(speech)))) as engine:
        transcript = hear(engine, speech, None)
    assert (transcript.language, transcript.is_language_identified) == (code, True)


@pytest.mark.parametrize("named", [None, 5, "", "klingonese", "../en"])
def test_a_language_nobody_knows_stays_unknown(speech: Speech, named: Any) -> None:
    with asking(lambda asked: Answer.json({"text": "yes", "language": named})) as engine:
        transcript = hear(engine, speech, None)
    assert (transcript.language, transcript.is_language_identified) == ("und", False)


# ── the script ───────────────────────────────────────────────────────────────────────────────


def test_a_script_can_be_slow_fail_and_vouch(speech: Speech) -> None:
    engine = ScriptedRecognizer(
        ["one", "two", "three"], hold_languages={"id"}, slow_s={0: 9.0}, fails_at={1}
    )
    with pytest.raises(DeadlineMissed):
        engine.hear(speech, language="id", within_s=0.01)
    with pytest.raises(RecognizerFailed):
        hear(engine, speech)
    assert [hear(engine, speech).text for _ in range(2)] == ["three", "one"]
    assert [engine.may_hold("id"), engine.may_hold("en")] == [True, False]
