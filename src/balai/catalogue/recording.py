"""What is known about one recording, and the rules its fields keep everywhere.

The same rules hold for what is indexed here and for what a list brings, so that whatever is in
a catalogue can also be exported.
"""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from balai.catalogue.errors import ListFolderPath, RecordingInvalid

IDENTIFIER_BYTES_MAX: Final = 400
FINGERPRINT_BYTES_MAX: Final = 64 * 2**20  # more than four days of sound
OPINIONS_MAX: Final = 64
DURATION_MS_MAX: Final = 2**32 - 1
# Longest text of each field, in bytes of UTF-8; every list file keeps the same limits.
TEXT_BYTES_MAX: Final = {
    "title": 400,
    "category": 80,
    "language": 35,
    "source": 400,
    "licence": 120,
    "by": 120,
    "note": 1000,
}
# Invisible marks that turn the direction of what follows: a name could show as another one.
_TURNING: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_UNSHOWN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Action(StrEnum):
    """What a room may do by itself when this recording is confirmed."""

    HOLD = "hold"
    FLAG = "flag"


class Stance(StrEnum):
    """What somebody thinks of a recording's place in a list."""

    UNSURE = "unsure"
    AGREE = "agree"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one body thinks of one recording."""

    by: str
    stance: Stance
    date: dt.date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """One recording as it is added and shared: words, opinions and a fingerprint; no sound."""

    identifier: str
    fingerprint: bytes
    duration_ms: int
    title: str = ""
    category: str = ""
    language: str = ""
    source: str = ""
    date: dt.date | None = None
    licence: str = ""
    opinions: tuple[Opinion, ...] = ()


def check_described(recording: Described) -> None:
    """Hold a recording against the limits.

    Raises:
        RecordingInvalid: names the field, never what was in it.
        ListFolderPath: the identifier is no plain name.
    """
    check_identifier(recording.identifier)
    for field in fields(recording):
        if field.name in TEXT_BYTES_MAX:
            check_text(field.name, getattr(recording, field.name))
    if not 0 <= recording.duration_ms <= DURATION_MS_MAX:
        raise RecordingInvalid("the duration is out of range")
    if not 1 <= len(recording.fingerprint) <= FINGERPRINT_BYTES_MAX:
        raise RecordingInvalid("the fingerprint is empty or too large")
    check_opinions(recording.opinions)


def check_opinions(opinions: Sequence[Opinion]) -> None:
    """Hold opinions against the limits: how many, and one a body."""
    if len(opinions) > OPINIONS_MAX:
        raise RecordingInvalid(f"more than {OPINIONS_MAX} opinions")
    for opinion in opinions:
        check_text("by", opinion.by, at_least=1)
        check_text("note", opinion.note)
    if len({opinion.by for opinion in opinions}) != len(opinions):
        raise RecordingInvalid("two opinions of the same body")


def check_text(name: str, text: str, *, at_least: int = 0) -> None:
    """Hold one text against its limit; what cannot be shown is refused."""
    length = len(text.encode("utf-8", "surrogatepass"))
    if not at_least <= length <= TEXT_BYTES_MAX[name] or not is_shown(text):
        raise RecordingInvalid(f"{name}: empty, too long, or with signs that cannot be shown")


def check_identifier(identifier: str) -> None:
    """Hold an identifier against its rules: `/` may part it, but it leads nowhere.

    Raises:
        ListFolderPath: it would mean something to a file system beyond a plain name.
        RecordingInvalid: it is empty, too long or cannot be shown.
    """
    length = len(identifier.encode("utf-8", "surrogatepass"))
    if not 1 <= length <= IDENTIFIER_BYTES_MAX or not is_shown(identifier):
        raise RecordingInvalid(
            "identifier: empty, too long, or with signs that cannot be shown"
        )
    if "\\" in identifier or {"", ".", ".."} & set(identifier.split("/")):
        raise ListFolderPath


def identifier_from_path(path: str) -> str:
    """Make an identifier of a relative path: signs that are not allowed become `_`.

    What is too long keeps its end, where the name is.
    """
    shown = "".join("_" if one == "\\" or not is_shown(one) else one for one in path)
    kept = shown.encode()[-IDENTIFIER_BYTES_MAX:].decode(errors="ignore")
    parts = [one for one in kept.split("/") if one not in {"", ".", ".."}]
    return "/".join(parts) or "_"


def is_shown(text: str) -> bool:
    """Tell whether a text is on one line and has no marks that make it look like another."""
    return not any(one in _TURNING or unicodedata.category(one) in _UNSHOWN for one in text)
