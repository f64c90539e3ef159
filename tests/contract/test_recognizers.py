"""All speech engines keep one contract: the scripted one, PocketSphinx, Whisper, a server."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from balai.detect.speech.recognizer import (
    RATE_HZ,
    DeadlineMissed,
    Doubtful,
    Recognizer,
    RecognizerFailed,
    Speech,
)
from balai.detect.speech.scripted import ScriptedRecognizer
from balai.detect.speech.sphinx import SphinxRecognizer
from balai.detect.speech.whisper import ModelMissing, ModelUnreadable, WhisperRecognizer
from rig.speech_models import WHISPER, with_whisper
from tests.recognizers import LINES, asking, hear, spoken
from tests.speech_server import transcribing
from tests.tiny_whisper import tiny_whisper

SOON_S: Final = 1.0
ENGINES: Final = ("scripted", "pocketsphinx", "remote", "whisper", "whisper with weights")


@pytest.fixture(scope="module")
def speech() -> Speech:
    return spoken()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, model: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Recognizer]:
    if request.param == "scripted":
        yield ScriptedRecognizer(LINES)
    elif request.param == "pocketsphinx":
        yield SphinxRecognizer()
    elif request.param == "whisper":
        yield WhisperRecognizer(model, "tiny")
    elif request.param == "whisper with weights":
        models = with_whisper(tmp_path_factory.mktemp("weights"))
        yield WhisperRecognizer(models / WHISPER, WHISPER)
    else:
        with asking(transcribing(LINES)) as remote:
            yield remote


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
    hears = engine.languages or ({"en"} if engine.name == "scripted" else {"id"})
    assert heard.language in hears


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
