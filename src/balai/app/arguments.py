"""What commands share in what can be asked of them."""

import argparse
import math
from collections.abc import Callable
from typing import TypeAlias

# The library gives the type of what its own method returns only this name.
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


def add_command(commands: Verbs, name: str, text: str, about: str) -> argparse.ArgumentParser:
    """Add a command whose description is printed as it is written."""
    return commands.add_parser(
        name,
        help=text,
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_verbs(command: argparse.ArgumentParser) -> Verbs:
    """Let a command have verbs, one of which must be given."""
    return command.add_subparsers(dest="verb", required=True, metavar="WHAT")


def positive(text: str) -> float:
    """Read a number above 0."""
    value = float(text)
    if not 0 < value < 1e9:  # noqa: PLR2004 - also keeps out nan and infinity
        raise argparse.ArgumentTypeError("a number above 0")
    return value


def not_negative(text: str) -> float:
    """Read a number that is 0 or more."""
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError("a number that is not below 0")
    return value


def count(most: int) -> Callable[[str], int]:
    """Give what reads a whole number from 1 to `most`."""

    def read(text: str) -> int:
        value = int(text)
        if not 1 <= value <= most:
            raise argparse.ArgumentTypeError(f"a whole number from 1 to {most}")
        return value

    return read
