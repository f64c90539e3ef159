"""Finds what names a person in free text: e-mail addresses, phone numbers, names, handles.

It errs on the side of finding: a word too many is rewritten, a name too many is published.

Source: Regulation (EU) 2022/2065, article 24(5): statements in the public database hold no
    personal data.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from typing import Final

_MAIL: Final = re.compile(
    r"\S\s{0,3}(?:@|[(\[{]\s{0,3}(?:at|et)\s{0,3}[)\]}])\s{0,3}[\w-]{1,63}\s{0,3}"
    r"(?:\.|[(\[{]\s{0,3}(?:dot|titik)\s{0,3}[)\]}])\s{0,3}\w",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"\d(?:[\s()\[\]./\-–—‑·_+]{0,3}\d){6,}")
_MOMENT: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[ T][0-2]\d:[0-5]\d(?::[0-5]\d)?)?(?!\d)"
)
_UNSEEN: Final = frozenset({"Cf", "Cc"})
_SHORT_MAX: Final = 3  # names this short are words too: they count when written like a name


def found_in(text: str, names: Collection[str] = ()) -> list[str]:
    """Say which kinds of personal data a text holds, in words to show; nothing of the text."""
    plain = _plain(text)
    kinds = []
    if _MAIL.search(plain):
        kinds.append("an e-mail address")
    if _PHONE.search(_MOMENT.sub(" at ", plain)):
        kinds.append("a phone number")
    if any(_is_named(plain, form) for name in names for form in _forms(_plain(name))):
        kinds.append("a name")
    return kinds


def _plain(text: str) -> str:
    """Undo what only looks different: wide letters, other digits, unseen characters."""
    seen = (
        " " if one in "\n\r\t" else one
        for one in unicodedata.normalize("NFKC", text)
        if one in "\n\r\t" or unicodedata.category(one) not in _UNSEEN
    )
    return " ".join("".join(seen).split())


def _forms(name: str) -> Iterator[tuple[str, bool]]:
    """Give a name and its parts, each with whether it counts however it is written."""
    name = name.strip(" @")
    if not any(one.isalnum() for one in name):
        return
    yield name, len(name) > _SHORT_MAX
    for part in re.split(r"[\s_]+", name):
        if part != name and len(part) > 1:
            yield part, False


def _is_named(text: str, form: tuple[str, bool]) -> bool:
    name, counts_always = form
    if name.casefold() not in text.casefold():
        return False  # nearly always: most people of a room are not spoken of
    if not _has_case(name):
        return name in text and (len(name) > 1 or text == name)
    bounded = rf"(?<!\w){re.escape(name)}(?!\w)"
    if counts_always and re.search(bounded, text, re.IGNORECASE):
        return True
    if re.search(rf"@{re.escape(name)}(?!\w)", text, re.IGNORECASE):
        return True
    written = re.finditer(bounded, text, re.IGNORECASE)
    return any(one[0][0].isupper() for one in written)


def _has_case(name: str) -> bool:
    return any(one.isupper() or one.islower() for one in name)
