"""The `balai` command."""

import argparse
import gc
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from types import ModuleType

from pydantic import ValidationError

from balai.app.ear_arguments import add_ear
from balai.app.evidence_arguments import add_evidence
from balai.app.ledger_arguments import add_ledger
from balai.app.words_arguments import add_words
from balai.errors import BalaiError, Invalid
from balai.settings import Settings, variable


class SettingInvalid(Invalid):
    """A setting is not valid; docs/settings.md says what it takes."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process: 0 when it did its work, 1 with a sentence else."""
    options = vars(_parser().parse_args(arguments))
    try:
        _load(options.pop("command")).run(_settings(), **options)
    except BalaiError as error:
        sys.exit(f"balai: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _load(command: str) -> ModuleType:
    """Load one command's module: a process of the hall must not pay for the stage.

    Nothing of it is ever garbage. Looking through it again and again would cost a fifth of the
    start, and later a tenth of a second in the middle of a broadcast.
    """
    gc.disable()
    module = importlib.import_module(f"balai.app.{command}")
    gc.freeze()
    gc.enable()
    return module


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="balai", description="A home for live audio rooms.")
    parser.add_argument("--version", action="version", version=f"balai {version('balai')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the whole house")
    serve.add_argument(
        "--demo", action="store_true", help="in an empty house, open the demonstration room"
    )
    commands.add_parser("check", help="print the settings and look for what is missing")
    commands.add_parser("web", help="run only pages and API")
    commands.add_parser("worker", help="run only the rooms: stage and air")
    commands.add_parser("hall", help="run only the hall's media")
    commands.add_parser("detector", help="run only what listens for known recordings")
    commands.add_parser("demo", help="run only the demonstration's guests")
    commands.add_parser("words", help="run only what hears words")
    add_ear(commands)
    add_words(commands)
    add_ledger(commands)
    add_evidence(commands)
    return parser


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as cause:
        lines = [f"{variable(str(e['loc'][0]))}: {e['msg']}" for e in cause.errors()]
        raise SettingInvalid(
            "\n       ".join(["these settings are not valid:", *lines])
        ) from cause
