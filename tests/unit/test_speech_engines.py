"""Which engine hears which language, as settings choose it."""

from pathlib import Path

import pytest

from balai.detect.speech import whisper
from balai.detect.speech.engines import (
    DEFAULT_MODEL,
    Choice,
    ChoiceInvalid,
    Engines,
    Kind,
    open_engines,
)
from balai.detect.speech.remote import Remote
from balai.detect.speech.whisper import ModelMissing
from balai.settings import Settings
from tests.tiny_whisper import tiny_whisper


@pytest.mark.parametrize(
    ("line", "choice"),
    [
        ("default", Choice(Kind.DEFAULT)),
        ("pocketsphinx", Choice(Kind.POCKETSPHINX)),
        (" none ", Choice(Kind.NONE)),
        ("whisper:large-v3", Choice(Kind.WHISPER, "large-v3")),
        ("remote:rack_2.b", Choice(Kind.REMOTE, "rack_2.b")),
    ],
)
def test_a_choice_is_one_line(line: str, choice: Choice) -> None:
    assert Choice.parse(line) == choice


@pytest.mark.parametrize(
    "line",
    [
        "",
        ":",
        "sphinx",
        "whisper",
        "whisper:",
        "whisper:..",
        "whisper:../../etc",
        "whisper:.hidden",
        "remote:a b",
        "none:x",
        "pocketsphinx:",
        "default:tiny.en",
        "Whisper:tiny",
        "whisper:a\x00",
    ],
)
def test_anything_else_is_no_choice(line: str) -> None:
    with pytest.raises(ChoiceInvalid):
        Choice.parse(line)


def opened(choices: dict[str, str], **remotes: Remote) -> Engines:
    return open_engines(choices, Path("/nowhere"), remotes)


@pytest.mark.parametrize(
    "choices",
    [{"english": "none", "e": "none"}, {"EN": "none"}, {"": "none"}, {"en": "remote:b"}],
)
def test_a_choice_for_no_language_or_no_server_is_refused(choices: dict[str, str]) -> None:
    with pytest.raises(ChoiceInvalid):
        opened(choices)


def test_every_language_finds_its_engine() -> None:
    engines = opened(
        {
            "en": "pocketsphinx",
            "id": "remote:a",
            "ms": "remote:a",
            "ar": "none",
            "*": "remote:b",
        },
        a=Remote("http://127.0.0.1:9", "x"),
        b=Remote("http://127.0.0.1:9", "y"),
    )
    told = {}
    for language in ("en", "id", "ms", "ar", "fa", None):
        engine = engines.for_language(language)
        told[language] = engine.name if engine else None
    assert told == {
        "en": "pocketsphinx/en-us",
        "id": "remote/a/x",
        "ms": "remote/a/x",
        "ar": None,
        "fa": "remote/b/y",
        None: "remote/b/y",
    }
    assert engines.for_language("id") is engines.for_language("ms")


def test_without_an_engine_for_others_they_are_not_heard() -> None:
    engines = opened({"en": "pocketsphinx"})
    assert [engines.for_language(one) for one in ("id", None)] == [None, None]


def test_an_engine_for_all_that_hears_english_only_hears_no_other_language() -> None:
    engines = opened({"*": "pocketsphinx"})
    assert engines.for_language("id") is None
    assert [one and one.name for one in map(engines.for_language, ("en", None))] == [
        "pocketsphinx/en-us"
    ] * 2


@pytest.mark.parametrize(
    ("is_whole", "is_installed", "hears"),
    [
        (True, True, "whisper/tiny.en"),
        (False, True, "pocketsphinx/en-us"),
        (True, False, "pocketsphinx/en-us"),
    ],
)
def test_by_default_whisper_hears_as_soon_as_its_model_is_here(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_whole: bool,
    is_installed: bool,
    hears: str,
) -> None:
    model = tiny_whisper(tmp_path / DEFAULT_MODEL)
    if not is_whole:
        (model / "tokenizer.json").unlink()
    if not is_installed:
        monkeypatch.setattr(whisper, "find_spec", lambda _name: None)
    engines = open_engines(Settings().words_engines, tmp_path, {})
    engine = engines.for_language("en")
    assert engine is not None
    assert engine.name == hears
    assert engines.for_language("id") is None


def test_nothing_is_loaded_before_it_is_needed() -> None:
    engines = opened({"*": "whisper:tiny"})
    with pytest.raises(ModelMissing):
        engines.for_language("en")
    with pytest.raises(ModelMissing):
        engines.load()
