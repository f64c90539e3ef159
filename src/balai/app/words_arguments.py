"""What can be asked of `balai hear`, `balai models` and `balai policy`, with its help."""

import argparse
from pathlib import Path
from typing import Final

from balai.app.arguments import Verbs, add_command, add_verbs, not_negative

_HEAR: Final = """\
Transcribe files and tell what the policy says of them: what a room would have heard.

It works without a download for English, with an engine that is good enough to try things out
and for nothing else. Better ones: `balai models`, docs/words.md.
"""
_POLICY: Final = """\
What may be said in this house, as a pack of files: clauses, phrases, rules.

  balai policy check my-pack/                 is it whole? names file, line and remedy
  balai policy simulate my-pack/              what would it catch, miss and hold wrongly?
  balai policy promote my-pack/ --by olga     propose it; live rooms try it in the shadow
  balai policy promote my-pack/ --by putri    somebody else puts it in force
  balai policy rollback --by olga             the one before is in force again, within seconds

PACK is a folder, the beginning of a hash, or `default` for the pack that comes with Balai.
Whoever has a shell on this machine could pretend to be two people; the history says who was
named.
"""


def add_words(commands: Verbs) -> None:
    """Add what is about words to the commands."""
    _add_hear(commands)
    _add_models(commands)
    _add_policy(commands)


def _add_hear(commands: Verbs) -> None:
    hear = add_command(
        commands, "hear", "transcribe files and tell what the policy says of them", _HEAR
    )
    hear.add_argument("audio", nargs="+", type=Path, metavar="AUDIO")
    hear.add_argument("--language", default="en", help="what is spoken (und: find out)")
    hear.add_argument("--pack", default="", help="judge by this pack; else by the one in force")
    hear.add_argument("--json", action="store_true", help="one JSON line for each file")


def _add_models(commands: Verbs) -> None:
    models = commands.add_parser("models", help="list, fetch, place and remove speech models")
    models.add_argument("action", choices=("list", "fetch", "place", "remove"))
    models.add_argument("name", nargs="?", default="", metavar="NAME")
    models.add_argument(
        "source", nargs="?", type=Path, default=Path(), metavar="FOLDER", help="what to place"
    )
    models.add_argument("--yes", action="store_true", help="fetch it without asking again")


def _add_policy(commands: Verbs) -> None:
    policy = add_command(
        commands, "policy", "check, try and promote what may be said here", _POLICY
    )
    verbs = add_verbs(policy)
    check = verbs.add_parser("check", help="read a pack and run its own examples")
    check.add_argument("pack", nargs="?", type=Path, metavar="FOLDER")
    simulate = verbs.add_parser("simulate", help="run a pack over labelled and recorded rooms")
    simulate.add_argument("pack", nargs="?", default="default", metavar="PACK")
    simulate.add_argument("--labelled", type=Path, metavar="FOLDER", help="labelled rooms")
    simulate.add_argument(
        "--recorded",
        action="store_true",
        help="also over the transcripts of this house's rooms",
    )
    simulate.add_argument(
        "--decision-s",
        type=not_negative,
        default=30.0,
        help="seconds until a wrong hold is released",
    )
    simulate.add_argument("--json", action="store_true", help="one JSON line")
    promote = verbs.add_parser("promote", help="propose a pack, or approve a proposed one")
    promote.add_argument("pack", metavar="PACK")
    _add_person(promote)
    withdraw = verbs.add_parser("withdraw", help="take a proposal back")
    withdraw.add_argument("pack", metavar="PACK")
    withdraw.add_argument("--by", required=True, metavar="HANDLE")
    _add_person(verbs.add_parser("rollback", help="put the pack before in force again"))
    verbs.add_parser("status", help="which pack is in force, and what came before")


def _add_person(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--by", required=True, metavar="HANDLE", help="an operator of this house")
    verb.add_argument("--reason", default="", help="kept with the decision")
