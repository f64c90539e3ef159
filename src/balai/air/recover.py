"""Make a room's folder whole again after its worker was killed."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from balai.air import cmaf, playlist
from balai.air.files import Files, token
from balai.air.playlist import Part, Segment
from balai.air.recover_captions import recover_captions
from balai.air.ring import LIVE, LOW, REPLAY, REWIND

_SEGMENT: Final = re.compile(r"s(\d{1,9})-[\w-]{8}\.m4s")
_PART: Final = re.compile(r"p(\d{1,9})\.(\d)-[\w-]{8}\.m4s")
_INIT: Final = re.compile(r"init-[\w-]{8}\.mp4")
_SLACK: Final = timedelta(milliseconds=100)  # a stretch moves time of day by less than this


@dataclass(frozen=True, slots=True)
class _Found:
    number: int
    name: str
    chunks: tuple[cmaf.Chunk, ...]


def recover(folder: Path, *, files: Files | None = None) -> int:
    """End a room that was cut off: every part that was published is kept and listed.

    Captions of closed segments are kept too; those of the open one were not published. Gives
    the number of samples that have aired. May be called again, also after it was killed itself;
    a folder that does not exist has aired nothing.

    Raises:
        OSError: the folder cannot be read or written; call again.
    """
    if not folder.exists():
        return 0
    files = files or Files(folder)
    for name in files.names():
        if name.startswith("."):
            files.remove(name)
    names = files.names()
    init = next(filter(_INIT.fullmatch, names), None)
    found = _segments(files, names)
    found += _open_segments(files, names, after=found[-1].number if found else -1)
    if init is None or not found:
        return 0
    segments = _in_order(found, _listed(files, names))
    _write_playlists(files, init, segments)
    recover_captions(files, [each.number for each in found], segments)
    for name in filter(_PART.fullmatch, names):
        files.remove(name)
    return sum(chunk.samples for each in found for chunk in each.chunks)


def _segments(files: Files, names: list[str]) -> list[_Found]:
    numbered = [(int(m[1]), name) for name in names if (m := _SEGMENT.fullmatch(name))]
    found = []
    for number, name in sorted(numbered):
        try:
            found.append(_Found(number, name, tuple(cmaf.read_chunks(files.read(name)))))
        except cmaf.SegmentTorn:  # by a power cut: players would stop at it
            files.remove(name)
    return found


def _open_segments(files: Files, names: list[str], *, after: int) -> list[_Found]:
    """Build segments of which there are only parts: as a rule, the one that was open."""
    matches = [m for name in names if (m := _PART.fullmatch(name)) and int(m[1]) > after]
    found = []
    for number in sorted({int(m[1]) for m in matches}):
        parts = sorted(m[0] for m in matches if int(m[1]) == number)
        found += _joined(files, number, parts)
    return found


def _joined(files: Files, number: int, part_names: list[str]) -> list[_Found]:
    chunks: list[cmaf.Chunk] = []
    data = b""
    for part_name in part_names:
        part = files.read(part_name)
        try:
            chunks += cmaf.read_chunks(part)
        except cmaf.SegmentTorn:
            break
        data += part
    if not chunks:
        return []
    name = f"s{number}-{token()}.m4s"
    files.write(name, data)
    return [_Found(number, name, tuple(chunks))]


def _listed(files: Files, names: list[str]) -> dict[str, bool]:
    if REWIND not in names:
        return {}
    return playlist.listed(files.read(REWIND).decode(errors="replace"))


def _in_order(found: list[_Found], listed: dict[str, bool]) -> list[Segment]:
    """Number the segments up to the last one's number; mark where sound is not continuous."""
    segments: list[Segment] = []
    ends_at = found[0].chunks[0].starts_at
    media_end = found[0].chunks[0].media_time
    for number, each in enumerate(found, found[-1].number + 1 - len(found)):
        first, last = each.chunks[0], each.chunks[-1]
        moved = first.media_time != media_end or abs(first.starts_at - ends_at) > _SLACK
        parts = tuple(Part("", chunk.samples) for chunk in each.chunks)
        is_discontinuity = listed.get(each.name, moved)
        segments.append(Segment(number, first.starts_at, is_discontinuity, parts, each.name))
        media_end = last.media_time + last.samples
        ends_at = last.starts_at + timedelta(seconds=last.samples / playlist.RATE_HZ)
    return segments


def _write_playlists(files: Files, init: str, segments: list[Segment]) -> None:
    rewind = playlist.rewind_head(init) + "".join(map(playlist.entry, segments)) + playlist.END
    left, window = (
        segments[: -playlist.WINDOW_SEGMENTS],
        segments[-playlist.WINDOW_SEGMENTS :],
    )
    gone = sum(segment.is_discontinuity for segment in left)
    live = playlist.live(init, window, discontinuities=gone) + playlist.END
    files.write(REPLAY, playlist.replay(rewind).encode())
    files.write(REWIND, rewind.encode())
    files.write(LOW, live.encode())
    files.write(LIVE, live.encode())
