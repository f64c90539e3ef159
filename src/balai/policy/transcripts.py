"""Reads what was said in rooms of this house out of their transcripts.

Only what aired is there; nobody has labelled it, so it tells what a pack would flag and hold,
not what it would miss.
"""

import html
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from balai.policy.simulation import SpokenLine, SpokenRoom

TRANSCRIPT: Final = "transcript.vtt"
ROOMS_MAX: Final = 1_000
BYTES_MAX: Final = 16 << 20  # a day of talk; a longer one is passed over, and the log says so
_TIME: Final = r"\d{2,}:\d\d:\d\d\.\d{3}"
_CUE: Final = re.compile(
    rf"(?P<id>[^\n]+)\n(?P<from>{_TIME}) --> (?P<to>{_TIME})\n"
    r"(?:<v (?P<name>[^>]*)>)?(?P<text>.+)\n"
)
_TAG: Final = re.compile(r"<[^>]*>")

log = logging.getLogger(__name__)


def recorded_rooms(air: Path) -> list[SpokenRoom]:
    """Read every room's transcript below a folder, 1,000 at most, newest first.

    Shapes:
        air: the folder in which each room has one of its own
    """
    found = sorted(air.glob(f"*/{TRANSCRIPT}"), key=_changed_at, reverse=True)[:ROOMS_MAX]
    return [SpokenRoom(path.parent.name[:8], tuple(_lines(path))) for path in found]


def _lines(path: Path) -> Iterator[SpokenLine]:
    try:
        if path.stat().st_size > BYTES_MAX:
            log.warning("a transcript is too long to be read")
            return
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        log.warning("a transcript cannot be read")
        return
    for cue in _CUE.finditer(text):
        said = html.unescape(_TAG.sub("", cue["text"]))
        yield SpokenLine(
            speaker=cue["id"].rpartition("-")[0],
            text=said,
            language="",
            is_labelled=False,
            seconds=max(0.0, _seconds(cue["to"]) - _seconds(cue["from"])),
        )


def _seconds(time: str) -> float:
    seconds = 0.0
    for part in time.split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
