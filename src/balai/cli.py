"""The `balai` command."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Final

from pydantic import SecretStr, ValidationError

from balai import app
from balai.demo.performance import hold_demonstration
from balai.errors import BalaiError, Invalid
from balai.settings import Settings


class SettingInvalid(Invalid):
    """A setting is not valid."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process: 0 when it did its work, 1 with a sentence else."""
    options = _parser().parse_args(arguments)
    try:
        COMMANDS[options.command](_settings(), options)
    except BalaiError as error:
        sys.exit(f"balai: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


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
    commands.add_parser("demo", help="run only the demonstration's guests")
    return parser


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as cause:
        lines = [f"{_name(error['loc'])}: {error['msg']}" for error in cause.errors()]
        raise SettingInvalid(
            "\n       ".join(["these settings are not valid:", *lines])
        ) from cause


def _name(place: tuple[int | str, ...]) -> str:
    name = ".".join(str(part) for part in place)
    return name if name == "PORT" else f"BALAI_{name.removeprefix('BALAI_').upper()}"


def _serve(settings: Settings, options: argparse.Namespace) -> None:
    app.serve(settings, demo=options.demo)


def _check(settings: Settings, _: argparse.Namespace) -> None:
    for name, value in settings:
        shown = (
            "(hidden)" if isinstance(value, SecretStr) and value.get_secret_value() else value
        )
        print(f"{_name((name,)):22} {shown}")
    problems = app.problems(settings)
    for problem in problems:
        print(f"missing: {problem}")
    if problems:
        sys.exit(1)
    print("Everything is there; `balai serve` will work.")


COMMANDS: Final[Mapping[str, Callable[[Settings, argparse.Namespace], None]]] = {
    "serve": _serve,
    "check": _check,
    "web": lambda settings, _: app.web(settings),
    "worker": lambda settings, _: app.worker(settings),
    "hall": lambda settings, _: app.hall(settings),
    "demo": lambda settings, _: hold_demonstration(settings),
}
