"""What people may write as names and text: printable, of one direction, not too long."""

import re
import unicodedata
from typing import Final

from balai.errors import Invalid

HANDLE_MAX: Final = 32
DISPLAY_NAME_MAX: Final = 60
_HANDLE: Final = re.compile(r"[a-z0-9_]{2,32}")
# Control, format (bidirectional overrides, zero width), surrogate, private use, unassigned.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_INK: Final = frozenset("LNPS")  # letters, numbers, punctuation, symbols
# Joiners are needed in Persian, Indic scripts and emoji.
_JOINERS: Final = frozenset("\u200c\u200d")


class HandleInvalid(Invalid):
    """A handle has 2 to 32 small letters a–z, digits or underscores."""


class TextInvalid(Invalid):
    """This text is empty, too long or holds characters that cannot be shown."""


def clean_handle(handle: str) -> str:
    """Bring a handle into its one form.

    Raises:
        HandleInvalid: it has none.
    """
    handle = handle.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(handle):
        raise HandleInvalid
    return handle


def clean_line(text: str, *, length_max: int) -> str:
    """Bring a name or title into one line of visible characters.

    Raises:
        TextInvalid: nothing is left, too much is left, or it holds unseen characters.
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    has_ink = any(unicodedata.category(character)[0] in _INK for character in line)
    if not has_ink or len(line) > length_max or not _is_visible(line):
        raise TextInvalid
    return line


def clean_text(text: str, *, length_max: int) -> str:
    """Bring longer text, which may be empty and may have several lines, into its form.

    Raises:
        TextInvalid: it is too long or holds unseen characters.
    """
    lines = [line.rstrip() for line in unicodedata.normalize("NFC", text).splitlines()]
    whole = "\n".join(lines).strip()
    if len(whole) > length_max or not all(_is_visible(line) for line in lines):
        raise TextInvalid
    return whole


def _is_visible(line: str) -> bool:
    return not any(
        unicodedata.category(character) in _UNSEEN and character not in _JOINERS
        for character in line
        if character != "\t"
    )
