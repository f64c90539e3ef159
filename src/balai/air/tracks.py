"""Keeps each voice of a recorded room apart, so that its replay can be made without one.

The mixer's thread gives what was published; a thread of its own encodes and writes: a part of a
full stage would take longer than a tick, and the mixer waits for nobody.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from balai.air.files import Files
from balai.air.shares import Share
from balai.air.track_files import TrackWriter

INBOX_MAX: Final = 64  # parts that wait: 16 s, at most 30 MB of a full stage
STOP_S_MAX: Final = 5.0
NICE: Final = 5

log = logging.getLogger(__name__)


class Tracks:
    """Writes one room's voices into a folder that no listener can reach.

    On failure: when the disk is slow the oldest of 64 parts is dropped, and what the disk
    refuses is lost; both are counted, and the file does not claim them. Of a killed process the
    last second may be missing. What is missing becomes silence once a voice is left out there.
    """

    def __init__(self, folder: Path, *, files: Files | None = None) -> None:
        self._writer = TrackWriter(folder, files=files)
        self._inbox: deque[tuple[int, Sequence[Share]]] = deque()
        self._waking = threading.Condition()
        self._is_over = False
        self._dropped = 0
        self._thread: threading.Thread | None = None

    @property
    def lost_records(self) -> int:
        """Parts of the programme whose voices were not kept apart."""
        return self._dropped + self._writer.lost_records

    def give(self, media_time: int, shares: Sequence[Share]) -> None:
        """Take a published part; callable from the mixer's thread, never waits for long."""
        with self._waking:  # held by others for the time of an append only
            if self._is_over:
                return
            self._inbox.append((media_time, shares))
            if len(self._inbox) > INBOX_MAX:
                self._inbox.popleft()
                self._dropped += 1
            self._waking.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="tracks", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Write what waits. Not for the mixer's thread: it may take five seconds.

        On failure: what could not be written by then is dropped and counted.
        """
        with self._waking:
            self._is_over = True
            self._waking.notify()
        if self._thread is None:
            return
        self._thread.join(STOP_S_MAX)
        with self._waking:
            self._dropped += len(self._inbox)
            self._inbox.clear()

    def _run(self) -> None:
        # On Linux this is about this thread alone: when time is short, mixing goes first.
        os.nice(NICE)
        while (part := self._next()) is not None:
            self._write(*part)
        self._writer.end()

    def _next(self) -> tuple[int, Sequence[Share]] | None:
        with self._waking:
            while not self._inbox and not self._is_over:
                self._waking.wait()
            return self._inbox.popleft() if self._inbox else None

    def _write(self, media_time: int, shares: Sequence[Share]) -> None:
        try:
            self._writer.write(media_time, shares)
        except Exception:
            self._writer.lose()
            log.exception("voices were not kept apart")


def delete_tracks(folder: Path) -> None:
    """Remove all that is kept of a room's voices, and the originals of its replay.

    Raises:
        OSError: something is still there; call again.
    """
    Files(folder).delete()
