"""What can be asked of `balai ledger`, with its help."""

from pathlib import Path
from typing import Final

from balai.app.arguments import Verbs, add_command, add_verbs

_LEDGER: Final = """\
The house's ledger: what was decided and done, so that nobody can change it unnoticed.

  balai ledger verify                          every record, node and checkpoint of this house
  balai ledger export copy/                    entries, signed checkpoint, public key
  balai ledger verify copy/ --key VKEY         on any machine, without the house
  balai ledger prove 17 > 17.tlog-proof        one entry, to show to somebody; verify takes it
  balai ledger witness copy/ --key VKEY --state my-witness/
                                               co-sign what only grew; refuse everything else

An export with --public shows hashes alone. docs/ledger.md has all formats.
"""


def add_ledger(commands: Verbs) -> None:
    """Add what is about the ledger to the commands."""
    ledger = add_command(
        commands, "ledger", "verify, export and prove what was recorded", _LEDGER
    )
    verbs = add_verbs(ledger)
    _add_verify(verbs)
    prove = verbs.add_parser("prove", help="write one entry with its proof")
    prove.add_argument("index", type=int, metavar="INDEX")
    prove.add_argument("--out", type=Path, metavar="FILE", help="else it is printed")
    export = verbs.add_parser("export", help="write everything that others need to verify")
    export.add_argument("folder", type=Path, metavar="FOLDER")
    export.add_argument("--public", action="store_true", help="hashes alone, no records")
    checkpoint = verbs.add_parser("checkpoint", help="sign the ledger as it is, and print it")
    checkpoint.add_argument(
        "--old", type=int, metavar="SIZE", help="with the proof for a witness that knows SIZE"
    )
    checkpoint.add_argument("--json", action="store_true", help="one JSON line, with the key")
    _add_witness(verbs)


def _add_verify(verbs: Verbs) -> None:
    verify = verbs.add_parser("verify", help="look for any changed byte")
    verify.add_argument(
        "what", nargs="?", type=Path, metavar="EXPORT", help="or a proof; else this house"
    )
    verify.add_argument("--key", default="", metavar="VKEY", help="whose it must be")
    verify.add_argument(
        "--checkpoint", type=Path, metavar="OLD", help="a checkpoint it must have grown from"
    )
    verify.add_argument(
        "--witness", action="append", default=[], metavar="VKEY", help="who must have co-signed"
    )
    verify.add_argument("--json", action="store_true", help="one JSON line")


def _add_witness(verbs: Verbs) -> None:
    witness = verbs.add_parser("witness", help="co-sign a checkpoint of another house")
    witness.add_argument(
        "source", type=Path, metavar="FROM", help="an export, or `checkpoint --old` as a file"
    )
    witness.add_argument("--key", required=True, metavar="VKEY", help="the house's public key")
    witness.add_argument(
        "--state", required=True, type=Path, metavar="FOLDER", help="what the witness remembers"
    )
    witness.add_argument("--name", default="", help="of the witness; asked at the first use")
    witness.add_argument("--out", type=Path, metavar="FILE", help="else it is printed")
