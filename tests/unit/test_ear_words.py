"""Every verb of `balai ear` can be said, is explained, and leads to a function for it."""

import argparse
import importlib
import inspect
from collections.abc import Iterator

import pytest

from balai.app.ear import _MODULES
from balai.app.ear_arguments import add_ear

WORDS = {
    "index": ["a.wav"],
    "match": ["a.wav"],
    "calibrate": ["a.wav"],
    "withdraw": ["a.wav"],
    "opinion": ["a.wav", "agree", "--by", "us"],
    "stats": [],
    "list_export": ["--key", "k", "--name", "n", "file"],
    "list_import": ["file"],
    "list_diff": ["file"],
    "list_verify": ["file"],
    "list_show": ["file"],
    "key_generate": ["file"],
    "key_show": ["file"],
    "key_trust": ["name", "00"],
    "key_distrust": ["name"],
    "key_trusted": [],
}


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="balai")
    add_ear(made.add_subparsers(dest="command"))
    return made


def verbs(of: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    inner = [one for one in of._actions if isinstance(one, argparse._SubParsersAction)]
    if not inner:
        yield name.removeprefix("ear_")
    for action in inner:
        explained = {choice.dest for choice in action._choices_actions if choice.help}
        assert explained == set(action.choices)
        for word, verb in action.choices.items():
            yield from verbs(verb, f"{name}_{word}".strip("_"))


def test_every_verb_is_explained_and_tried_here() -> None:
    assert sorted(verbs(parser())) == sorted(WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_every_verb_leads_to_a_function_that_takes_its_words(name: str) -> None:
    said = vars(parser().parse_args(["ear", *name.split("_"), *WORDS[name]]))
    module = importlib.import_module(f"balai.app.{_MODULES[said.pop('verb')]}")
    said.pop("kind", None)
    said.pop("command")
    inspect.signature(getattr(module, f"run_{name}")).bind(**said)


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "x"])
def test_a_rate_is_a_number_above_nothing(
    rate: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["ear", "match", "--rate", rate, "a.wav"])
    assert "--rate" in capsys.readouterr().err
