"""What was said around a stretch, read from the room's published transcript.

Only what aired is there, and only while the room is live or its recording is kept. Of a replay
that words were taken out of, what it was before is read: who judges them must be able to. What
was taken out because somebody withdrew their consent is nowhere. Its clock is that of the
programme: where something was dumped, it runs behind the positions by as much, so
lines from well before and after a stretch are given.
"""

import html
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.evidence.sound import RATE_HZ

TRANSCRIPT: Final = "transcript.vtt"
BYTES_MAX: Final = 16 << 20  # a day of talk; of a longer one the beginning is read
LINES_MAX: Final = 200
AROUND: Final = 60 * RATE_HZ  # before and after a stretch
_TIME: Final = r"\d{2,}:\d\d:\d\d\.\d{3}"
_CUE: Final = re.compile(
    rf"(?P<id>[^\n]+)\n(?P<from>{_TIME}) --> (?P<to>{_TIME})\n"
    r"(?:<v (?P<name>[^>]*)>)?(?P<text>.+)\n"
)
_TAG: Final = re.compile(r"<[^>]*>")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript; positions are those of the programme."""

    seat_id: str
    name: str
    text: str
    from_position: int
    to_position: int


def around(
    folder: Path, from_position: int, to_position: int, *, tracks: Path
) -> tuple[list[Line], int]:
    """Read the lines from a minute before to a minute after a stretch; count what is left out.

    Of more than 200 the nearest to the middle of the stretch are given. What the transcript was
    before words were taken out of it lies with the tracks.

    On failure: a transcript that is not there or cannot be read has no lines.
    """
    first, last = from_position - AROUND, to_position + AROUND
    kept = _read(tracks / TRANSCRIPT) or _read(folder / TRANSCRIPT)
    text = kept.decode(errors="replace")
    ended = (line for line in _lines(text) if line.to_position >= first)
    found = [line for line in ended if line.from_position <= last]
    middle = (from_position + to_position) / 2
    nearest = sorted(found, key=lambda line: abs(line.from_position - middle))[:LINES_MAX]
    return sorted(nearest, key=lambda line: line.from_position), len(found) - len(nearest)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(BYTES_MAX)
    except FileNotFoundError:
        return b""
    except OSError:
        log.warning("a transcript cannot be read")
        return b""


def _lines(text: str) -> Iterator[Line]:
    for cue in _CUE.finditer(text):
        yield Line(
            seat_id=cue["id"].rpartition("-")[0],
            name=html.unescape(cue["name"] or ""),
            text=html.unescape(_TAG.sub("", cue["text"])),
            from_position=_position(cue["from"]),
            to_position=_position(cue["to"]),
        )


def _position(time: str) -> int:
    seconds = 0.0
    for part in time.split(":"):
        seconds = seconds * 60 + float(part)
    return round(seconds * RATE_HZ)
