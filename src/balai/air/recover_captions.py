"""Make a room's captions whole again after its worker was killed."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from balai.air import caption_files, playlist, webvtt
from balai.air.caption_files import CAPTIONS, CAPTIONS_LIVE, JOINED, TRANSCRIPT
from balai.air.files import Files
from balai.air.playlist import Segment

_CAPTIONS: Final = re.compile(r"c(\d{0,9})-[\w-]{8}\.vtt")


def recover_captions(files: Files, numbers: Sequence[int], segments: Sequence[Segment]) -> None:
    """List the captions of all closed segments, and end their playlists.

    `numbers` are those under which the segments were published; a segment whose captions were
    not written has none. Files that are damaged or belong to no segment are removed.

    Raises:
        OSError: the folder cannot be read or written; call again.
    """
    language = _language(files)
    found = _found(files, set(numbers))
    cues = [cue for number in dict.fromkeys(numbers) for cue in found.get(number, ("", []))[1]]
    empty = found[None][0] if None in found else _write_empty(files)
    named = [
        replace(segment, name=found.get(number, (empty, []))[0])
        for number, segment in zip(numbers, segments, strict=True)
    ]
    _write_playlists(files, named)
    if cues:
        files.write(TRANSCRIPT, (webvtt.HEAD + "".join(cues)).encode())
    else:
        files.remove(TRANSCRIPT)
    caption_files.write_joined(files, language, JOINED)


def _language(files: Files) -> str:
    names = [name for name in JOINED if name in files.names()]
    return playlist.language_of(files.read(names[0]).decode(errors="replace") if names else "")


def _found(files: Files, numbers: set[int]) -> dict[int | None, tuple[str, list[str]]]:
    """Find each segment's captions, and under None the file that all others share."""
    found: dict[int | None, tuple[str, list[str]]] = {}
    for number, name in _named(files):
        cues = webvtt.cues_in(files.read(name))
        is_wanted = number is None or number in numbers
        held = found.get(number)
        if cues is None or not is_wanted or (held and len(held[1]) >= len(cues)):
            files.remove(name)
            continue
        if held:  # captions that were written again, because more had become complete
            files.remove(held[0])
        found[number] = (name, cues)
    return found


def _named(files: Files) -> list[tuple[int | None, str]]:
    matches = [match for name in files.names() if (match := _CAPTIONS.fullmatch(name))]
    return [(int(match[1]) if match[1] else None, match[0]) for match in matches]


def _write_empty(files: Files) -> str:
    name = caption_files.empty_name()
    files.write(name, webvtt.segment([]).encode())
    return name


def _write_playlists(files: Files, segments: list[Segment]) -> None:
    whole = playlist.rewind_head(None) + "".join(map(playlist.entry, segments)) + playlist.END
    left = segments[: -playlist.WINDOW_SEGMENTS]
    window = segments[-playlist.WINDOW_SEGMENTS :]
    gone = sum(segment.is_discontinuity for segment in left)
    live = playlist.live(None, window, discontinuities=gone) + playlist.END
    files.write(CAPTIONS, playlist.replay(whole).encode())
    files.write(CAPTIONS_LIVE, live.encode())
