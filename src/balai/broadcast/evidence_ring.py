"""The encrypted ring: writes what speakers say where reports and flags can seal it.

It hears what detectors hear: every voice as it comes from the stage, before delay and hold. A
thread of its own encodes, encrypts and writes, so that neither mixer nor event loop waits.
"""

import logging
import os
import threading
from collections import deque
from collections.abc import Iterator
from typing import Final

from balai.audio.blocks import BLOCK_SAMPLES
from balai.audio.opus import Encoder
from balai.detect.chunk import Chunk
from balai.evidence.store import Store
from balai.evidence.stretches import StretchWriter

INBOX_MAX: Final = 640  # chunks that wait: 30 MB; the oldest is dropped
BITRATE: Final = 32_000
COMPLEXITY: Final = 4  # as the stage's mix-minus: less is heard, more is not
STOP_S_MAX: Final = 5.0
NICE: Final = 5

Key = tuple[str, str]
log = logging.getLogger(__name__)


class EvidenceRing:
    """Keeps the voices of rooms that have begun, until they are forgotten.

    On failure: when the disk is too slow the oldest of 640 chunks is dropped, and what the disk
    refuses is lost: `dropped` counts both. The programme never waits for it.
    """

    def __init__(self, store: Store) -> None:
        self.dropped = 0
        self.given = 0  # chunks that came
        self.done = 0  # chunks that were written, dropped or lost
        self._store = store
        self._rooms: set[str] = set()
        self._inbox: deque[Chunk] = deque()
        self._waking = threading.Condition()
        self._is_stopping = False
        self._writers: dict[str, StretchWriter] = {}
        self._encoders: dict[Key, tuple[int, Encoder]] = {}
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)

    def start(self) -> None:
        """Begin to write what is given."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._waking:
            self._is_stopping = True
            self._waking.notify()
        if self._thread.is_alive():
            self._thread.join(STOP_S_MAX)

    def begin(self, room_id: str) -> None:
        """Keep this room's voices from now on."""
        self._rooms.add(room_id)

    def forget(self, room_id: str) -> None:
        """Keep nothing more of a room; what waits is still written."""
        self._rooms.discard(room_id)

    def give(self, chunk: Chunk) -> None:
        """Take a chunk; callable from the mixer's thread, never waits for long."""
        if chunk.room_id not in self._rooms:
            return
        with self._waking:  # held by others for the time of an append only
            self.given += 1
            self._inbox.append(chunk)
            if len(self._inbox) > INBOX_MAX:
                self._inbox.popleft()
                self._count(dropped=1)
            self._waking.notify()

    def health(self) -> dict[str, int]:
        """Count what was not kept."""
        return {"evidence_chunks_dropped": self.dropped}

    def _run(self) -> None:
        # On Linux this is about this thread alone: when time is short, mixing goes first.
        os.nice(NICE)
        for chunk in self._chunks():
            dropped = 0
            try:
                self._write(chunk)
            except Exception:
                dropped = 1
                log.exception("sound was not kept", extra={"room": chunk.room_id})
            with self._waking:
                self._count(dropped=dropped)
        for writer in self._writers.values():
            writer.close()

    def _chunks(self) -> Iterator[Chunk]:
        """Give chunks as they come; while none waits, put away what is over."""
        while True:
            with self._waking:
                while not self._inbox and not self._is_stopping:
                    self._put_away()
                    self._waking.wait()
                if not self._inbox:
                    return
                chunk = self._inbox.popleft()
            yield chunk

    def _count(self, *, dropped: int) -> None:
        """Count a chunk that is done with; both threads do, so the lock is held."""
        self.done += 1
        self.dropped += dropped

    def _put_away(self) -> None:
        for room_id in self._writers.keys() - self._rooms:
            self._writers.pop(room_id).close()
        for key in [key for key in self._encoders if key[0] not in self._rooms]:
            del self._encoders[key]

    def _write(self, chunk: Chunk) -> None:
        """Encode and write a chunk; of silence nothing is kept."""
        if not chunk.pcm.any():
            return
        encoder = self._encoder(chunk)
        blocks = chunk.pcm.reshape(-1, BLOCK_SAMPLES)
        packets = [encoder.encode(block) for block in blocks]
        writer = self._writers.get(chunk.room_id)
        if writer is None:
            writer = self._writers[chunk.room_id] = StretchWriter(self._store, chunk.room_id)
        writer.write(chunk.seat_id, chunk.position, packets)

    def _encoder(self, chunk: Chunk) -> Encoder:
        """Give the voice's encoder; after a pause it begins anew."""
        key = (chunk.room_id, chunk.seat_id)
        expected, encoder = self._encoders.get(key) or (chunk.position, _encoder())
        if expected != chunk.position:
            encoder.reset()
        self._encoders[key] = (chunk.end, encoder)
        return encoder


def _encoder() -> Encoder:
    return Encoder(bitrate=BITRATE, complexity=COMPLEXITY, loss_percent=0)
