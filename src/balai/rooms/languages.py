"""Which language is spoken: named by a room's host, or by the one who speaks."""

import re
from typing import Final

from balai.errors import Invalid
from balai.rooms.model import Room, Seat

UNKNOWN: Final = "und"  # BCP 47: undetermined
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class LanguageInvalid(Invalid):
    """A language is named by its short tag, such as en or id; und if nobody knows."""


def require_language(language: str) -> None:
    """Check that something can name a language.

    Raises:
        LanguageInvalid: it cannot.
    """
    if not _LANGUAGE.fullmatch(language):
        raise LanguageInvalid


def spoken(room: Room, seat: Seat) -> str:
    """Give the language of a voice without its region, empty when nobody knows it."""
    language = (seat.language or room.language).split("-")[0]
    return "" if language == UNKNOWN else language
