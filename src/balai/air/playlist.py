"""HLS playlists as text. Knows no file and no clock.

Source: RFC 8216 and its second edition (draft-pantos-hls-rfc8216bis): sections 4.4, 6.2.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

RATE_HZ: Final = 48_000
PART_S: Final = 0.256
PARTS_PER_SEGMENT: Final = 4
WINDOW_SEGMENTS: Final = 6
PART_WINDOW_SEGMENTS: Final = 3  # complete ones that still show their parts
END: Final = "#EXT-X-ENDLIST\n"
UNKNOWN_LANGUAGE: Final = "und"

_HEAD: Final = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:1\n"  # 1.024 s, rounded
_CONTROL: Final = (
    f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={3 * PART_S:.3f}\n"
    f"#EXT-X-PART-INF:PART-TARGET={PART_S:.3f}\n"
)
# If nothing follows the last segment, hls.js 1.7 takes it for the open one and moves it twice.
_NOT_YET: Final = "# the next part has no name yet\n"
_EVENT: Final = "#EXT-X-PLAYLIST-TYPE:EVENT\n"
_VOD: Final = "#EXT-X-PLAYLIST-TYPE:VOD\n"
_BITS_PER_S: Final = 96_000  # the most that a segment of sound takes, and some for captions
_LANGUAGE_NAMES: Final = {
    "ar": "العربية",
    "en": "English",
    "fa": "فارسی",
    "id": "Bahasa Indonesia",
    "ms": "Bahasa Melayu",
    "ps": "پښتو",
    "und": "Captions",
    "ur": "اردو",
}
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LISTED_LANGUAGE: Final = re.compile(r'#EXT-X-MEDIA:[^\n]*LANGUAGE="([A-Za-z0-9-]+)"')
_ENTRY: Final = re.compile(
    r"(#EXT-X-DISCONTINUITY\n)?#EXT-X-PROGRAM-DATE-TIME[^\n]*\n#EXTINF[^\n]*\n(.+)\n"
)
_TIMED: Final = re.compile(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXTINF:(\d+\.\d+),\n(.+)\n")


@dataclass(frozen=True, slots=True)
class Part:
    """A published part of a segment."""

    name: str
    samples: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; it has no name of its own while parts are still to come."""

    number: int
    starts_at: datetime
    is_discontinuity: bool
    parts: tuple[Part, ...]
    name: str | None = None

    @property
    def samples(self) -> int:
        """How long it is."""
        return sum(part.samples for part in self.parts)


def live(init: str | None, window: Sequence[Segment], *, discontinuities: int) -> str:
    """Write the plain playlist of the last segments.

    `discontinuities` counts those that have left the window. Captions need no `init`.
    """
    return _window_head(init, window, discontinuities, "") + "".join(map(entry, window))


def low(
    init: str, window: Sequence[Segment], following: Segment | None, *, discontinuities: int
) -> str:
    """Write the low-latency playlist: the last segments, parts of the newest, the open one.

    It hints at nothing: a part has a name only once it is published.
    """
    shown = [*window, following] if following else list(window)
    text = _window_head(init, shown, discontinuities, _CONTROL)
    text += "".join(map(entry, window[:-PART_WINDOW_SEGMENTS]))
    text += "".join(_with_parts(segment) for segment in window[-PART_WINDOW_SEGMENTS:])
    return text + (_with_parts(following) if following else _NOT_YET)


def rewind_head(init: str | None) -> str:
    """Write the first lines of the playlist of the whole room; entries are appended."""
    return f"{_HEAD}#EXT-X-INDEPENDENT-SEGMENTS\n{_EVENT}#EXT-X-MEDIA-SEQUENCE:0\n{_map(init)}"


def entry(segment: Segment) -> str:
    """Write one segment's lines."""
    return _time(segment) + _name(segment)


def replay(rewind: str) -> str:
    """Turn the playlist of the whole room into its replay."""
    ended = rewind if rewind.endswith(END) else rewind + END
    return re.sub(r"\n\n+", "\n", ended.replace(_EVENT, _VOD, 1))


def joined(sound: str, captions: str, *, language: str) -> str:
    """Write the playlist that joins a playlist of sound and one of captions."""
    tag = language if _LANGUAGE.fullmatch(language) else UNKNOWN_LANGUAGE
    name = _LANGUAGE_NAMES.get(tag.partition("-")[0], tag)
    return (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="{name}",LANGUAGE="{tag}",'
        "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,"
        f'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog",URI="{captions}"\n'
        f'#EXT-X-STREAM-INF:BANDWIDTH={_BITS_PER_S},CODECS="mp4a.40.2",SUBTITLES="captions"\n'
        f"{sound}\n"
    )


def language_of(joining: str) -> str:
    """Read the language of the captions that a playlist joins."""
    found = _LISTED_LANGUAGE.search(joining)
    return found[1] if found else UNKNOWN_LANGUAGE


def listed(rewind: str) -> dict[str, bool]:
    """Read which segments a playlist names, and whether each follows a discontinuity."""
    return {m[2]: m[1] is not None for m in _ENTRY.finditer(rewind)}


def timed(rewind: str) -> list[tuple[str, datetime, int]]:
    """Read each segment's name, its time of day and its parts, in the order of a playlist.

    Raises:
        ValueError: a time of day is none.
    """
    return [
        (m[3], datetime.fromisoformat(m[1]), _parts(float(m[2])))
        for m in _TIMED.finditer(rewind)
    ]


def instant(at: datetime) -> str:
    """Write a moment in UTC; cut, not rounded, so that it never lies ahead."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _window_head(
    init: str | None, shown: Sequence[Segment], discontinuities: int, control: str
) -> str:
    return (
        f"{_HEAD}#EXT-X-INDEPENDENT-SEGMENTS\n{control}"
        f"#EXT-X-MEDIA-SEQUENCE:{shown[0].number}\n"
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{discontinuities}\n{_map(init)}"
    )


def _parts(duration_s: float) -> int:
    return min(max(1, round(duration_s / PART_S)), PARTS_PER_SEGMENT)


def _map(init: str | None) -> str:
    return f'#EXT-X-MAP:URI="{init}"\n' if init else ""


def _time(segment: Segment) -> str:
    mark = "#EXT-X-DISCONTINUITY\n" if segment.is_discontinuity else ""
    return f"{mark}#EXT-X-PROGRAM-DATE-TIME:{instant(segment.starts_at)}\n"


def _name(segment: Segment) -> str:
    return f"#EXTINF:{segment.samples / RATE_HZ:.3f},\n{segment.name}\n" if segment.name else ""


def _with_parts(segment: Segment) -> str:
    return _time(segment) + "".join(_part_lines(segment.parts)) + _name(segment)


def _part_lines(parts: Sequence[Part]) -> Iterable[str]:
    for part in parts:
        duration_s = part.samples / RATE_HZ
        yield f'#EXT-X-PART:DURATION={duration_s:.3f},INDEPENDENT=YES,URI="{part.name}"\n'
