"""What can be asked of `balai evidence`, with its help."""

import argparse
from pathlib import Path
from typing import Final

from balai.app.arguments import Verbs, add_command, add_verbs, count

_DAYS_MAX: Final = 3650
_EVIDENCE: Final = """\
What flags and reports have sealed: who read it, how long it stays, for whom it leaves.

  balai evidence list                          what is sealed, the newest first
  balai evidence read ID --out FOLDER --by olga --purpose "case 12"
  balai evidence hold ID --by olga --reason "order of a court"      it does not expire
  balai evidence unhold ID --by olga --reason "order withdrawn"
  balai evidence bundle ID --to age1… --out case12.age --by olga --purpose "referral 3"
  balai evidence verify case12.age --identity key.txt               on any machine

Every reading needs a purpose and is entered in the ledger before anything is given. Whoever has
a shell on this machine could pretend to be somebody else; the ledger says who was named.
"""


def add_evidence(commands: Verbs) -> None:
    """Add what is about evidence to the commands."""
    evidence = add_command(
        commands, "evidence", "read, hold and hand on sealed sound", _EVIDENCE
    )
    verbs = add_verbs(evidence)
    listed = verbs.add_parser("list", help="show what is sealed")
    listed.add_argument("--room", default="", metavar="ROOM", help="of one room only")
    hold = _add_sealed(verbs, "hold", "keep it beyond its expiry")
    _add_person(hold, "--reason", "why it must stay; kept with it")
    hold.add_argument(
        "--days", type=count(_DAYS_MAX), metavar="DAYS", help="for so long; else until unhold"
    )
    unhold = _add_sealed(verbs, "unhold", "let it expire again")
    _add_person(unhold, "--reason", "why it need not stay")
    read = _add_sealed(verbs, "read", "write its voices as Ogg Opus files")
    _add_person(read, "--purpose", "for what; kept in the ledger")
    read.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="a new folder")
    _add_bundle(verbs)
    _add_verify(verbs)


def _add_sealed(verbs: Verbs, name: str, told: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told)
    verb.add_argument("sealed", metavar="ID")
    return verb


def _add_person(verb: argparse.ArgumentParser, why: str, told: str) -> None:
    verb.add_argument("--by", required=True, metavar="HANDLE", help="an operator of this house")
    verb.add_argument(why, required=True, metavar="TEXT", help=told)


def _add_bundle(verbs: Verbs) -> None:
    bundle = verbs.add_parser("bundle", help="seal it for somebody outside the house")
    bundle.add_argument("sealed", nargs="+", metavar="ID")
    bundle.add_argument("--to", action="append", required=True, metavar="AGE1", help="a key")
    bundle.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new file")
    _add_person(bundle, "--purpose", "for what; kept in the ledger and told to the recipient")
    bundle.add_argument(
        "--enclose",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a statement of reasons, a decision, a proof of the ledger",
    )
    bundle.add_argument(
        "--unstamped", action="store_true", help="do not ask the time-stamp authority"
    )


def _add_verify(verbs: Verbs) -> None:
    verify = verbs.add_parser("verify", help="check every byte of a bundle")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument("--identity", type=Path, metavar="KEYFILE", help="your key of age")
    verify.add_argument(
        "--authority", type=Path, metavar="PEM", help="certificates of the stamp's authority"
    )
