"""WebVTT as text. Knows no file and no clock.

Source: W3C WebVTT: The Web Video Text Tracks Format; RFC 8216, 3.5 (X-TIMESTAMP-MAP).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

RATE_HZ: Final = 48_000
SPEAKER_CHARS_MAX: Final = 60
HEAD: Final = "WEBVTT\n\n"
# Cue times are media times: both begin at 0. It is said of the tenth second, because hls.js 1.7
# takes an MPEGTS of 0 for none and then places cues wrongly at and after a discontinuity.
SEGMENT_HEAD: Final = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:10.000\n\n"

_TIME: Final = r"\d{2,}:[0-5]\d:[0-5]\d\.\d{3}"
_CUE: Final = re.compile(rf"([^\n]+)\n({_TIME}) --> ({_TIME})\n[^\n]+\n\n")
_MS_PER_S: Final = 1_000
_S_PER_MIN: Final = 60
_JOINERS: Final = (
    "\u200c\u200d"  # letters of Persian, Urdu and Hindi take their form from these
)
_INVISIBLE: Final = ("Cf", "Cs")
_BREAKS: Final = ("Cc", "Zl", "Zp")
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class CueWord:
    """A word as shown; a doubtful one can be shown as such."""

    text: str
    is_doubtful: bool


@dataclass(frozen=True, slots=True)
class Cue:
    """What one voice said in a stretch of the programme; times are samples of media time."""

    identifier: str
    from_time: int
    to_time: int
    speaker: str
    words: tuple[CueWord, ...]


def segment(cues: Iterable[Cue]) -> str:
    """Write the file of one segment; without cues it is the same for all."""
    return SEGMENT_HEAD + "".join(map(written, cues))


def written(cue: Cue) -> str:
    """Write one cue; its times are cut to milliseconds, so that none lies ahead."""
    name = clean(cue.speaker)[:SPEAKER_CHARS_MAX].translate(_ESCAPES)
    voice = f"<v {name}>" if name else ""
    text = " ".join(map(_word, cue.words))
    times = f"{_time(cue.from_time)} --> {_time(cue.to_time)}"
    return f"{_identifier(cue)}\n{times}\n{voice}{text}\n\n"


def cues_in(data: bytes) -> list[str] | None:
    """Read back the written cues of a segment's file; None if it is damaged."""
    text = data.decode(errors="replace")
    cues = [match[0] for match in _CUE.finditer(text)]
    return cues if SEGMENT_HEAD + "".join(cues) == text else None


def without(text: str, is_dropped: Callable[[str, int, int], bool]) -> str:
    """Take cues out of a text, by their identifier and the media times of their ends."""

    def left(match: re.Match[str]) -> str:
        start, end = _samples(match[2]), _samples(match[3]) + RATE_HZ // _MS_PER_S
        return "" if is_dropped(match[1], start, end) else match[0]

    return _CUE.sub(left, text)


def clean(text: str) -> str:
    """Take out what is no writing: line ends, controls, marks that turn the direction."""
    return " ".join("".join(map(_writing, text)).split())


def _writing(char: str) -> str:
    category = "" if char in _JOINERS else unicodedata.category(char)
    if category in _INVISIBLE:
        return ""
    return " " if category in _BREAKS else char


def _word(word: CueWord) -> str:
    text = clean(word.text).translate(_ESCAPES)
    return f"<c.doubt>{text}</c>" if word.is_doubtful else text


def _identifier(cue: Cue) -> str:
    return clean(cue.identifier).replace(">", "") or "cue"  # no arrow in a line of its own


def _time(samples: int) -> str:
    s, ms = divmod(samples * _MS_PER_S // RATE_HZ, _MS_PER_S)
    minutes, s = divmod(s, _S_PER_MIN)
    hours, minutes = divmod(minutes, _S_PER_MIN)
    return f"{hours:02}:{minutes:02}:{s:02}.{ms:03}"


def _samples(time: str) -> int:
    hours, minutes, rest = time.split(":")
    s, ms = rest.split(".")
    whole_s = (int(hours) * _S_PER_MIN + int(minutes)) * _S_PER_MIN + int(s)
    return (whole_s * _MS_PER_S + int(ms)) * RATE_HZ // _MS_PER_S
