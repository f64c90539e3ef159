"""Whisper with the weights of its smallest English model: what it hears, what it invents."""

import hashlib
import json
import re
import tomllib
import wave
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from balai.app import hear as command
from balai.app.hear import speech_of
from balai.detect.speech.recognizer import RATE_HZ, Doubtful, Recognizer, Speech
from balai.detect.speech.sphinx import SphinxRecognizer
from balai.detect.speech.whisper import WhisperRecognizer
from balai.settings import Settings
from rig.corpus import say
from rig.speech_models import SHA256, WHISPER, with_whisper
from tests.recognizers import RECORDINGS, hear

SECONDS: Final = 5
LINES: Final = (2, 9, 11)  # of the demonstration, each shorter than an utterance may be
_AT: Final = np.arange(SECONDS * RATE_HZ) / RATE_HZ
_NOISE: Final = np.random.default_rng(5).normal(0, 1, len(_AT))
NOBODY_SPEAKS: Final = {
    "noise": 0.1 * _NOISE,
    "quiet noise": 0.01 * _NOISE,
    "hum": 0.2 * np.sin(2 * np.pi * 50 * _AT) + 0.1 * np.sin(2 * np.pi * 150 * _AT),
    "siren": 0.3 * np.sin(2 * np.pi * (300 + 200 * np.sin(3 * _AT)) * _AT),
    "clapping": 1.5 * _NOISE * (np.random.default_rng(6).random(len(_AT)) < 0.002),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_whisper(tmp_path_factory.mktemp("house") / "models")


@pytest.fixture(scope="module")
def engine(models: Path) -> WhisperRecognizer:
    return WhisperRecognizer(models / WHISPER, WHISPER)


def test_the_weights_are_those_that_the_hub_lists(models: Path) -> None:
    weights = (models / WHISPER / "model.bin").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == SHA256


def test_it_hears_most_words_and_far_more_than_what_comes_with_balai(
    engine: WhisperRecognizer,
) -> None:
    wrong = _wrong(engine)
    assert wrong < 0.4
    assert wrong < 0.7 * _wrong(SphinxRecognizer())


@pytest.mark.parametrize("sound", NOBODY_SPEAKS)
def test_what_it_invents_where_nobody_speaks_is_not_believed(
    engine: WhisperRecognizer, sound: str
) -> None:
    with pytest.raises(Doubtful):
        hear(engine, _speech(NOBODY_SPEAKS[sound]))


def test_words_stand_where_they_are_said(engine: WhisperRecognizer) -> None:
    line = _said("good evening and welcome everybody")
    before, after = np.zeros(RATE_HZ), np.zeros(RATE_HZ // 2)
    words = hear(engine, _speech(np.concatenate((before, line, after)))).words
    assert words[1].from_sample > len(before)  # the first is drawn into the silence before it
    assert words[-1].to_sample < len(before) + len(line) + 0.4 * RATE_HZ


def test_a_threat_in_a_file_is_heard_and_may_be_held_where_the_operator_vouches(
    models: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sound = _file(tmp_path / "said.wav", _speech(_said("I will find you and kill you.")))
    for vouched, effect in (([], "priority"), (["en"], "hold")):
        settings = Settings(
            data=models.parent,
            words_engines={"en": f"whisper:{WHISPER}"},
            words_whisper_hold=vouched,
        )
        command.run(settings, audio=[sound], language="en", pack="", json=True)
        told = json.loads(capsys.readouterr().out)
        assert told["engine"] == f"whisper/{WHISPER}"
        assert [(hit["clause"], hit["effect"]) for hit in told["policy"]["hits"]] == [
            ("threats", effect)
        ]


def _wrong(engine: Recognizer) -> float:
    """Tell the share of wrong words in some lines of the demonstration."""
    script = tomllib.loads((RECORDINGS.parent / "script.toml").read_text(encoding="utf-8"))
    wrong = words = 0
    for number in LINES:
        speech = np.concatenate(list(speech_of(RECORDINGS / f"{number:02}.opus")))
        said = _plain(script["lines"][number - 1]["text"])
        wrong += Levenshtein.distance(said, _plain(hear(engine, speech).text))
        words += len(said)
    return wrong / words


def _plain(text: str) -> list[str]:
    return re.sub(r"[^a-z ]", "", text.casefold()).split()


def _speech(sound: NDArray[np.floating[Any]]) -> Speech:
    return np.asarray(np.clip(sound, -1, 1) * 32_767, np.int16)


def _file(path: Path, samples: Speech) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


def _said(text: str) -> NDArray[np.float32]:
    return say(text, voice="en-us+f3", words_a_minute=150, pitch=50)
