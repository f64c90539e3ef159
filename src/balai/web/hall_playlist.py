"""How far a low-latency playlist has got, and which part a player asks to wait for.

Source: draft-pantos-hls-rfc8216bis, 6.2.5.2 (blocking playlist reload).
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from balai.errors import Invalid

_WANTED_MSN = re.compile(rb"(?:^|&)_HLS_msn=(\d{1,12})(?:&|$)")
_WANTED_PART = re.compile(rb"(?:^|&)_HLS_part=(\d{1,4})(?:&|$)")
_FIRST_MSN = re.compile(rb"^#EXT-X-MEDIA-SEQUENCE:(\d{1,12})\s*$", re.MULTILINE)
_STEP = re.compile(rb"^#(EXT-X-PART|EXTINF):", re.MULTILINE)


class BadReload(Invalid):
    """This is no valid wait for a part: `_HLS_msn` or `_HLS_part` is wrong."""


class Wanted(NamedTuple):
    """The segment, or the part of it, that a player waits for."""

    msn: int
    part: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The live edge of a low-latency playlist."""

    next_msn: int  # the first segment that is not finished
    parts: int  # how many parts of it are published
    finished_parts: dict[int, int] = field(default_factory=dict)  # of segments listed in parts
    is_ended: bool = False

    def has(self, wanted: Wanted) -> bool:
        """Say whether the playlist already holds what the player waits for."""
        if self.is_ended or wanted.msn < self.next_msn - 1:
            return True
        if wanted.msn < self.next_msn:
            return not self._is_past_end_of(wanted) or self.parts > 0
        return (
            wanted.msn == self.next_msn and wanted.part is not None and wanted.part < self.parts
        )

    def is_too_far(self, wanted: Wanted) -> bool:
        """Say whether a player asks for more than the segment after the one in progress."""
        return not self.is_ended and wanted.msn > self.next_msn + 1

    def _is_past_end_of(self, wanted: Wanted) -> bool:
        # A part after a finished segment's last one means the first part of the next segment.
        parts = self.finished_parts.get(wanted.msn)
        return wanted.part is not None and parts is not None and wanted.part >= parts


def read_edge(playlist: bytes) -> Edge:
    """Find the live edge. What is no playlist has its edge at the first segment."""
    first = _FIRST_MSN.search(playlist)
    msn = int(first[1]) if first else 0
    finished_parts: dict[int, int] = {}
    parts = 0
    for step in _STEP.finditer(playlist):
        if step[1] == b"EXT-X-PART":
            parts += 1
            continue
        if parts:
            finished_parts[msn] = parts
        msn, parts = msn + 1, 0
    return Edge(msn, parts, finished_parts, is_ended=b"#EXT-X-ENDLIST" in playlist)


def read_wanted(query: bytes) -> Wanted | None:
    """Read a blocking reload request; None when the query holds none.

    Raises:
        BadReload: a number is malformed, or a part is asked for without its segment.
    """
    if b"_HLS_" not in query:
        return None
    msn, part = _WANTED_MSN.search(query), _WANTED_PART.search(query)
    has_msn, has_part = b"_HLS_msn" in query, b"_HLS_part" in query
    if has_msn is not bool(msn) or has_part is not bool(part) or (part and not msn):
        raise BadReload
    return Wanted(int(msn[1]), int(part[1]) if part else None) if msn else None
