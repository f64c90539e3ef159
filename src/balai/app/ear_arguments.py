"""The words of `balai ear`: what can be asked, and the help that explains it."""

import argparse
from pathlib import Path
from typing import Final

from balai.app.arguments import Verbs, add_command, add_verbs, count, positive

_ABOUT: Final = """\
Recognise known recordings in files. Rooms on air listen with the same ear.

A catalogue is a folder of known recordings: words about them and fingerprints, no sound. The
house uses the one in its data folder, which is also the default here. A first try:

  balai ear index --catalogue known chants/            fingerprint a folder of sound
  balai ear match --catalogue known excerpt.ogg        is one of them in this file?
  balai ear key generate peace.key                     a key to sign lists with
  balai ear list export --catalogue known --key peace.key --name "Chants" chants.balailist
  balai ear list diff --catalogue other chants.balailist      what would taking it in change?
"""
_MATCH: Final = """\
Print one JSON line for each file:

  file            as it was given
  verdict         none, suspected or confirmed; null when the file could not be read
  recording       which one: the path it was indexed by, or its identifier in a list
  offset_s        place in the recording that is playing when the file begins; negative when the
                  recording begins later
  at_s            where in the file it was found
  score           how alike they are; what it is worth says false_alarms_per_1000h
  speed           1.02 is 2 % faster than the recording
  pitch_semitones 1.0 is one semitone higher

and behind these what is known of the recording. The exit status is 1 when a file could not be
read, 0 else, found or not.
"""
_INDEX: Final = """\
Fingerprint sound and add it to a catalogue. AUDIO are files or folders (gone through to the
bottom) of any format that FFmpeg reads. What is in the catalogue already and has not changed is
skipped, so the same command goes on where it was interrupted. Files that cannot be used are
named and skipped; the exit status is then 1.
"""


def add_ear(commands: Verbs) -> None:
    """Add `balai ear` to the commands."""
    ear = add_command(
        commands, "ear", "recognise known recordings; catalogues and signed lists", _ABOUT
    )
    verbs = add_verbs(ear)
    _add_index(verbs)
    _add_match(verbs)
    _add_list(verbs)
    _add_key(verbs)
    _add_records(verbs)
    _add_calibrate(verbs)


def _verb(
    verbs: Verbs,
    name: str,
    text: str,
    *,
    about: str | None = None,
    catalogue: bool = True,
) -> argparse.ArgumentParser:
    verb = add_command(verbs, name, text, about or text[:1].upper() + text[1:] + ".")
    if catalogue:
        verb.add_argument(
            "--catalogue",
            metavar="DIR",
            type=Path,
            help="the catalogue's folder (default: the house's own)",
        )
    return verb


def _add_index(verbs: Verbs) -> None:
    index = _verb(verbs, "index", "fingerprint sound and add it to a catalogue", about=_INDEX)
    index.add_argument("audio", metavar="AUDIO", nargs="*", type=Path)
    index.add_argument(
        "--rebuild",
        action="store_true",
        help="make the index anew from the fingerprints; AUDIO given is fingerprinted again",
    )
    index.add_argument(
        "--again", action="store_true", help="also add files that were withdrawn before"
    )
    index.add_argument(
        "--action",
        choices=("flag", "hold"),
        default="flag",
        help="what a room may do by itself when it is confirmed (default: flag)",
    )
    index.add_argument("--category", default="", help="such as chant, sermon, music")
    index.add_argument("--language", default="", help="short tag, such as id")
    index.add_argument("--source", default="", help="where the sound is from")
    index.add_argument("--licence", default="", help="of the words and fingerprints")
    index.add_argument(
        "--jobs", type=count(64), help="files at the same time (default: one a core)"
    )


def _add_match(verbs: Verbs) -> None:
    match = _verb(
        verbs, "match", "look for known recordings in files, a JSON line each", about=_MATCH
    )
    match.add_argument("audio", metavar="AUDIO", nargs="+", type=Path)
    match.add_argument(
        "--seconds", type=positive, metavar="N", help="listen to the first N seconds only"
    )
    match.add_argument(
        "--stream", action="store_true", help="listen as to a live voice, 0.5 s at a time"
    )
    match.add_argument(
        "--best",
        action="store_true",
        help="name the best candidate even below the threshold (verdict stays none)",
    )
    match.add_argument("--json", action="store_true", help="JSON lines; this is always so")
    _add_rate(match)


def _add_rate(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--rate",
        type=positive,
        metavar="R",
        help="false alarms that are acceptable in 1,000 hours (default: 1)",
    )


def _add_list(verbs: Verbs) -> None:
    lists = _verb(verbs, "list", "share recordings as signed lists", catalogue=False)
    kinds = lists.add_subparsers(dest="kind", required=True, metavar="WHAT")
    export = _verb(kinds, "export", "write what was indexed here as a signed list")
    export.add_argument("file", metavar="FILE", type=Path, help="the list to write")
    export.add_argument("--key", type=Path, required=True, help="the key file to sign with")
    export.add_argument("--name", required=True, help="the list's name")
    export.add_argument("--publisher", default="", help="who publishes it")
    export.add_argument("--licence", default="", help="of the list")
    export.add_argument("--notes", default="", help="a line about it")
    export.add_argument("--category", help="only recordings of this category")
    export.add_argument(
        "--issue", type=count(2**32 - 1), help="its number (default: seconds since 1970)"
    )
    taking = _verb(
        kinds, "import", "take a list in: says what will change, asks, then does all or nothing"
    )
    _add_taking(taking)
    taking.add_argument("--yes", action="store_true", help="do it without asking")
    taking.add_argument(
        "--action",
        choices=("flag", "hold"),
        help="what a room may do by itself (default: as before, at first flag)",
    )
    _add_taking(_verb(kinds, "diff", "say what taking a list in would change"))
    for name, text in (
        ("verify", "check a list's signature and every recording in it"),
        ("show", "show what is in a list"),
    ):
        reading = _verb(kinds, name, text)
        _add_list_file(reading)


def _add_taking(verb: argparse.ArgumentParser) -> None:
    _add_list_file(verb)
    verb.add_argument("--older", action="store_true", help="also when it is an older issue")


def _add_list_file(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("file", metavar="FILE", type=Path, help="the list")
    verb.add_argument(
        "--public-key", metavar="HEX", help="who must have signed it (64 hexadecimal digits)"
    )
    verb.add_argument("--json", action="store_true", help="print JSON")


def _add_key(verbs: Verbs) -> None:
    key = _verb(
        verbs, "key", "keys that sign lists, and whose lists are taken", catalogue=False
    )
    kinds = key.add_subparsers(dest="kind", required=True, metavar="WHAT")
    for name, text in (
        ("generate", "make a key in a new file; keep it secret, and keep a copy"),
        ("show", "print the public key of a key file, to pass on"),
    ):
        verb = _verb(kinds, name, text, catalogue=False)
        verb.add_argument("file", metavar="FILE", type=Path)
    trust = _verb(kinds, "trust", "take lists signed with a public key from now on")
    trust.add_argument("name", metavar="NAME", help="how you call this source")
    trust.add_argument("public_key", metavar="HEX", help="its public key, 64 digits")
    distrust = _verb(kinds, "distrust", "take no more lists from a source")
    distrust.add_argument("name", metavar="NAME")
    _verb(kinds, "trusted", "print whose lists are taken")


def _add_records(verbs: Verbs) -> None:
    withdraw = _verb(
        verbs,
        "withdraw",
        "let recordings never match again",
    )
    withdraw.add_argument("recordings", metavar="RECORDING", nargs="+")
    opinion = _verb(verbs, "opinion", "say whether a recording belongs in its list")
    opinion.add_argument("recording", metavar="RECORDING")
    opinion.add_argument("stance", choices=("agree", "dispute", "unsure"))
    opinion.add_argument("--by", required=True, help="whose opinion, such as a domain name")
    opinion.add_argument("--note", default="")
    stats = _verb(verbs, "stats", "say how much is in a catalogue")
    stats.add_argument("--json", action="store_true", help="print JSON")


def _add_calibrate(verbs: Verbs) -> None:
    calibrate = _verb(
        verbs,
        "calibrate",
        "learn from sound that is not in the catalogue what a score is worth",
    )
    calibrate.add_argument("audio", metavar="AUDIO", nargs="+", type=Path)
    calibrate.add_argument(
        "--out", type=Path, metavar="FILE", help="default: calibration.json in the catalogue"
    )
