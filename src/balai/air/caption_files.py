"""What a ring publishes beside its sound: captions of each segment, and a transcript."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from balai.air import playlist, webvtt
from balai.air.files import Files, token
from balai.air.playlist import Segment
from balai.air.webvtt import Cue

CAPTIONS, CAPTIONS_LIVE, TRANSCRIPT = "captions.m3u8", "captions-live.m3u8", "transcript.vtt"
REPLAY_WITH_CAPTIONS: Final = "room-replay.m3u8"
# What joins a playlist of sound and one of captions.
JOINED: Final = {
    "room-live.m3u8": ("live.m3u8", CAPTIONS_LIVE),
    "room-low.m3u8": ("low.m3u8", CAPTIONS_LIVE),
    "room-rewind.m3u8": ("rewind.m3u8", CAPTIONS),
    REPLAY_WITH_CAPTIONS: ("replay.m3u8", CAPTIONS),
}
_WAITING_MAX: Final = 1_024  # segments whose captions the disk has not taken
_CUES_MAX: Final = 256  # of one segment: many more than a full stage can say


@dataclass(slots=True)
class _Closed:
    """A segment of sound whose captions are on their way to the disk."""

    segment: Segment
    cues: list[Cue]
    untold: deque[str] = field(init=False)  # to the transcript
    name: str = ""
    is_listed: bool = False

    def __post_init__(self) -> None:
        self.untold = deque(map(webvtt.written, self.cues))


class CaptionFiles:
    """The captions of one ring: they come after its sound and never in its way.

    On failure (a full disk): they wait, and the playlists of captions stay behind those of the
    sound; of more than 1,024 segments that wait the oldest one's cues are lost and counted, as
    are more than 256 cues of one segment.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._language = playlist.UNKNOWN_LANGUAGE
        self._cues: list[Cue] = []
        self._waiting: deque[_Closed] = deque()
        self._window: deque[Segment] = deque()
        self._last: _Closed | None = None
        self._discontinuities = 0
        self._empty_name = ""
        self._listed_bytes = 0
        self._transcript_bytes = 0
        self._is_live_stale = False
        self._is_joined = False
        self._has_hole = False
        self.lost_cues = 0

    def begin(self, language: str) -> None:
        """Say in which language captions are. Writes nothing yet."""
        self._language = language

    def add(self, cues: Iterable[Cue]) -> None:
        """Let cues go with the segment that is open."""
        self._cues += cues
        self.lost_cues += len(self._cues[_CUES_MAX:])
        del self._cues[_CUES_MAX:]

    def forget(self) -> None:
        """Drop the cues that are in no closed segment."""
        self._cues.clear()

    def close(self, segment: Segment) -> None:
        """Note that a segment of sound is closed."""
        self._waiting.append(_Closed(segment, self._cues))
        self._cues = []
        if len(self._waiting) > _WAITING_MAX:
            self.lost_cues += len(self._waiting.popleft().cues)
            self._has_hole = True

    def show(self) -> bool:
        """Publish what waits; False when the disk refused, and the next call goes on."""
        try:
            self._publish_waiting()
            self._write_live(ending="")
            self._join()
        except OSError:
            return False
        return True

    def end(self) -> bool:
        """Publish all there is and end the playlists; False when something is missing."""
        try:
            self._publish_waiting()
            whole = playlist.replay(self._files.read(CAPTIONS).decode())
            if self._cues and self._last:
                whole = self._amend(whole, self._last)
            self._files.write(CAPTIONS, whole.encode())
            self._write_live(ending=playlist.END)
            self._join()
            write_joined(self._files, self._language, [REPLAY_WITH_CAPTIONS])
        except OSError:
            return False
        return not self._has_hole

    def _publish_waiting(self) -> None:
        while self._waiting:
            closed = self._waiting[0]
            self._write(closed)
            self._list(closed)
            self._tell(closed)
            self._window.append(replace(closed.segment, name=closed.name))
            if len(self._window) > playlist.WINDOW_SEGMENTS:
                self._discontinuities += self._window.popleft().is_discontinuity
            self._is_live_stale = True
            self._last = closed
            self._waiting.popleft()

    def _write(self, closed: _Closed) -> None:
        if not self._empty_name:
            name = empty_name()
            self._files.write(name, webvtt.segment([]).encode())
            self._empty_name = name
        if not closed.cues:
            closed.name = self._empty_name
        elif not closed.name:
            name = segment_name(closed.segment.number)
            self._files.write(name, webvtt.segment(closed.cues).encode())
            closed.name = name

    def _list(self, closed: _Closed) -> None:
        if closed.is_listed:
            return
        entry = playlist.entry(replace(closed.segment, name=closed.name))
        if self._listed_bytes:
            size = self._files.append(CAPTIONS, entry.encode(), size=self._listed_bytes)
        else:
            first = (playlist.rewind_head(None) + entry).encode()
            self._files.write(CAPTIONS, first)
            size = len(first)
        self._listed_bytes, closed.is_listed = size, True

    def _tell(self, closed: _Closed) -> None:
        while closed.untold:  # one by one: a reader sees a cue whole, or not at all
            cue = closed.untold[0].encode()
            size = self._transcript_bytes
            if size:
                size = self._files.append(TRANSCRIPT, cue, size=size)
            else:
                self._files.write(TRANSCRIPT, webvtt.HEAD.encode() + cue)
                size = len(webvtt.HEAD) + len(cue)
            self._transcript_bytes = size
            closed.untold.popleft()

    def _write_live(self, *, ending: str) -> None:
        if self._window and (self._is_live_stale or ending):
            gone = self._discontinuities
            text = playlist.live(None, list(self._window), discontinuities=gone)
            self._files.write(CAPTIONS_LIVE, (text + ending).encode())
            self._is_live_stale = False

    def _join(self) -> None:
        if self._window and not self._is_joined:
            names = [name for name in JOINED if name != REPLAY_WITH_CAPTIONS]
            write_joined(self._files, self._language, names)
            self._is_joined = True

    def _amend(self, whole: str, last: _Closed) -> str:
        """Let cues that found no open segment go with the last one, under another name."""
        amended = _Closed(last.segment, last.cues + self._cues)
        amended.untold = deque(map(webvtt.written, self._cues))
        self._write(amended)
        self._tell(amended)
        self._cues, self._last = [], amended
        self._window[-1] = replace(self._window[-1], name=amended.name)
        head, _, end = whole.rpartition(last.name)
        return head + amended.name + end


def empty_name() -> str:
    """Make the name of the file that all segments without cues share."""
    return f"c-{token()}.vtt"


def segment_name(number: int) -> str:
    """Make the name of a segment's captions."""
    return f"c{number}-{token()}.vtt"


def write_joined(files: Files, language: str, names: Iterable[str]) -> None:
    """Write playlists that join sound and captions.

    Raises:
        OSError: the disk refused.
    """
    for name in names:
        sound, captions = JOINED[name]
        text = playlist.joined(sound, captions, language=language)
        files.write(name, text.encode())
