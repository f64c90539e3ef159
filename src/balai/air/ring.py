"""One room's published sound as files: what is here has aired, and nothing else is here."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from balai.air import cmaf, playlist
from balai.air.caption_files import CaptionFiles
from balai.air.files import Files, token
from balai.air.playlist import Part, Segment
from balai.air.webvtt import Cue

LIVE, LOW, REWIND, REPLAY = "live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8"
_FRAME_SAMPLES: Final = 1_024
_UNLISTED_MAX: Final = 1_024  # segments on disk that the rewind playlist could not take yet
_PARTS_KEPT_SEGMENTS: Final = 3  # a part's file outlives its line, for players on the way


class Ring:
    """Publishes parts, segments, captions and playlists into one folder.

    On failure (a full disk): parts that cannot be written are lost and counted; as soon as
    writing works again the programme goes on with a new segment after a discontinuity. A killed
    process leaves a folder that `recover` understands, whatever it was doing.
    """

    def __init__(self, folder: Path, *, files: Files | None = None) -> None:
        self._files = files or Files(folder)
        self._captions = CaptionFiles(self._files)
        self._init_name = f"init-{token()}.mp4"
        self._init: bytes = b""
        self._is_begun = False
        self._window: deque[Segment] = deque()
        self._data: list[bytes] = []
        self._next = Segment(0, datetime.min, is_discontinuity=False, parts=())  # noqa: DTZ901
        self._discontinuities = 0
        self._unlisted: deque[str] = deque()
        self._rewind_bytes = 0
        self._parts_on_disk: deque[Segment] = deque()
        self._is_broken = False
        self._is_live_stale = False
        self._media_time = 0
        self._chunks = 0
        self.lost_parts = 0
        self.unlisted_segments = 0

    @property
    def media_time(self) -> int:
        """Where in the media the next part begins: samples that were published so far."""
        return self._media_time

    @property
    def lost_cues(self) -> int:
        """Captions that the disk did not take."""
        return self._captions.lost_cues

    def begin(self, config: bytes, *, language: str = playlist.UNKNOWN_LANGUAGE) -> None:
        """Say which decoder the programme needs, and its language. Writes nothing yet."""
        self._init = cmaf.init_segment(config)
        self._captions.begin(language)

    def publish(
        self,
        packets: Sequence[bytes],
        *,
        starts_at: datetime,
        new_segment: bool = False,
        discontinuity: bool = False,
        cues: Callable[[int], Sequence[Cue]] | None = None,
    ) -> bool:
        """Publish the next part; False when it was lost.

        `cues` is asked only once the part is out: what is complete, given when it begins.
        """
        begins_at = self._media_time
        self._is_broken = self._is_broken or discontinuity
        try:
            self._make_room(new_segment=new_segment)
            self._write_part(packets, starts_at)
        except OSError:
            self._is_broken = True
            self.lost_parts += 1
            return False
        if cues:
            self._captions.add(cues(begins_at))
        self._show()
        return True

    def forget_cues(self) -> None:
        """Drop captions that are in no closed segment."""
        self._captions.forget()

    def finish(self, cues: Sequence[Cue] = ()) -> bool:
        """Close the last segment with what has aired, end all playlists and write the replay.

        False when the disk refused; `recover` then does it later.
        """
        self._captions.add(cues)
        try:
            self._close_segment()
            if self._window:
                self._end_playlists()
        except OSError:
            return False
        has_captions = not self._window or self._captions.end()
        return has_captions and self.unlisted_segments == 0

    def delete(self) -> None:
        """Remove everything (a room without a recording).

        Raises:
            OSError: something is still there; call again.
        """
        self._files.delete()

    def _make_room(self, *, new_segment: bool) -> None:
        if not self._is_begun:
            self._files.make()
            self._files.write(self._init_name, self._init)
            self._is_begun = True
        is_full = len(self._data) == playlist.PARTS_PER_SEGMENT
        if is_full or new_segment or self._is_broken:
            self._close_segment()

    def _write_part(self, packets: Sequence[bytes], starts_at: datetime) -> None:
        data = cmaf.chunk(
            packets,
            number=self._chunks + 1,
            media_time=self._media_time,
            starts_at=starts_at,
        )
        name = f"p{self._next.number}.{len(self._data)}-{token()}.m4s"
        part = Part(name, len(packets) * _FRAME_SAMPLES)
        self._files.write(part.name, data)
        if not self._data:
            broken = self._is_broken and self._chunks > 0
            self._next = replace(self._next, starts_at=starts_at, is_discontinuity=broken)
            self._is_broken = False
        self._data.append(data)
        self._next = replace(self._next, parts=(*self._next.parts, part))
        self._chunks += 1
        self._media_time += part.samples

    def _show(self) -> None:
        """Tell players. What fails here is told with the next part."""
        try:
            if len(self._data) == playlist.PARTS_PER_SEGMENT:
                self._close_segment()
            self._list()
            self._write_windows(ending="")
            self._sweep()
        except OSError:
            return  # the part itself is published; the next call writes all of this anew
        self._captions.show()

    def _close_segment(self) -> None:
        if not self._data:
            return
        name = f"s{self._next.number}-{token()}.m4s"
        self._files.write(name, b"".join(self._data))
        closed = replace(self._next, name=name)
        self._data = []
        self._next = replace(closed, number=closed.number + 1, parts=(), name=None)
        self._parts_on_disk.append(closed)
        self._window.append(closed)
        self._is_live_stale = True
        self._captions.close(closed)
        if len(self._window) > playlist.WINDOW_SEGMENTS:
            self._discontinuities += self._window.popleft().is_discontinuity
        self._unlisted.append(playlist.entry(closed))
        if len(self._unlisted) > _UNLISTED_MAX:
            self._unlisted.popleft()
            self.unlisted_segments += 1

    def _list(self) -> None:
        if self._unlisted and not self._rewind_bytes:
            first = (playlist.rewind_head(self._init_name) + self._unlisted[0]).encode()
            self._files.write(REWIND, first)
            self._rewind_bytes = len(first)
            self._unlisted.popleft()
        while self._unlisted:
            lines = self._unlisted[0].encode()
            self._rewind_bytes = self._files.append(REWIND, lines, size=self._rewind_bytes)
            self._unlisted.popleft()

    def _write_windows(self, *, ending: str) -> None:
        window, gone = list(self._window), self._discontinuities
        if not window:
            return  # players would give up on a playlist without a segment
        following = self._next if self._data else None
        text = playlist.low(self._init_name, window, following, discontinuities=gone)
        self._files.write(LOW, (text + ending).encode())
        if self._is_live_stale or ending:
            text = playlist.live(self._init_name, window, discontinuities=gone)
            self._files.write(LIVE, (text + ending).encode())
            self._is_live_stale = False

    def _sweep(self) -> None:
        kept = playlist.PART_WINDOW_SEGMENTS + _PARTS_KEPT_SEGMENTS
        while len(self._parts_on_disk) > kept:
            for part in self._parts_on_disk[0].parts:
                self._files.remove(part.name)
            self._parts_on_disk.popleft()

    def _end_playlists(self) -> None:
        self._list()
        self._write_windows(ending=playlist.END)
        rewind = self._files.read(REWIND).decode()
        if not rewind.endswith(playlist.END):
            end = playlist.END.encode()
            self._rewind_bytes = self._files.append(REWIND, end, size=self._rewind_bytes)
        self._files.write(REPLAY, playlist.replay(rewind).encode())
