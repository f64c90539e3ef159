"""docs/errors.md lists every error that a person or a program can meet, and nothing else."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import balai
from balai.errors import BalaiError
from balai.web.errors import STATUS

DOCUMENT = Path(__file__).parents[2] / "docs" / "errors.md"


def known_errors() -> dict[str, type[BalaiError]]:
    found: dict[str, type[BalaiError]] = {}
    for module in pkgutil.walk_packages(balai.__path__, "balai."):
        if module.name != "balai.__main__":  # that one runs
            for _, thing in inspect.getmembers(importlib.import_module(module.name)):
                if inspect.isclass(thing) and issubclass(thing, BalaiError):
                    same = found.setdefault(thing.code(), thing)
                    assert (same.kind, same.sentence()) == (thing.kind, thing.sentence())
    del found[BalaiError.code()]
    return found


def table() -> list[str]:
    errors = sorted(known_errors().values(), key=lambda error: (error.kind, error.code()))
    return [
        f"| `{error.code()}` | `{error.kind}` | {STATUS[error.kind]} | {error.sentence()} |"
        for error in errors
    ]


def test_every_error_is_listed() -> None:
    written = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| `")]
    assert written == table()


def test_every_error_is_a_sentence() -> None:
    bad = [
        error.__name__
        for error in known_errors().values()
        if error.sentence()[-1:] not in {".", "?"} or error.__doc__ is None
    ]
    assert bad == []
