"""The detector: a process that listens to the voices it is given and tells what it recognises.

It knows nothing of rooms but their ids, keeps no sound longer than its matchers need, and may
die at any moment: the worker sees that at once and says which stretch nobody watched.
"""

import logging
import os
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from balai.audio.blocks import RATE_HZ
from balai.detect.chunk import Chunk
from balai.detect.connection import connected
from balai.detect.fingerprint.calibration import Calibration
from balai.detect.fingerprint.errors import IndexDamaged, IndexMissing
from balai.detect.fingerprint.fingerprint import fingerprint
from balai.detect.fingerprint.index import Index
from balai.detect.fingerprint.search import NOTHING_LISTED, InForce, Search
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, spectrogram
from balai.detect.fingerprint.spectrum import RATE_HZ as MATCHED_HZ
from balai.detect.fingerprint.store import SegmentStore
from balai.detect.fingerprint.stream import StreamMatcher
from balai.detect.voice import SILENCE_MAX, Matcher, Voice
from balai.detect.wire import EAR_SOCKET, Heard, Told
from balai.errors import BalaiError

DETECTOR: Final = "balai-ear/2"
VOICES_MAX: Final = 128
REFRESH_S: Final = 0.5
RETRY_S: Final = 0.5
LOOKS_MISSED_MAX: Final = 4  # so often a part of the index may be gone while it is replaced
_NICENESS: Final = 5  # the mixer comes first

log = logging.getLogger(__name__)


class Library:
    """The index as it is now; while nothing is listed, nothing is recognised.

    On failure: an index that cannot be searched (IndexOutdated, IndexDamaged) or is suddenly
    gone (IndexMissing) ends the listening; voices are unwatched until it is mended.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index: Index | None = None
        self._looked_at = -REFRESH_S
        self._looks_missed = 0

    def in_force(self) -> InForce:
        """Give what is searched now."""
        return NOTHING_LISTED if self._index is None else self._index.in_force()

    def refresh(self) -> None:
        """Take over what was added or withdrawn; looks at most twice a second."""
        if time.monotonic() - self._looked_at < REFRESH_S:
            return
        self._looked_at = time.monotonic()
        try:
            if self._index is None:
                self._index = Index.open(self._folder)
            else:
                self._index.refresh()
        except FileNotFoundError as cause:
            self._looks_missed += 1  # it may be being replaced at this moment
            if self._looks_missed > LOOKS_MISSED_MAX:
                raise IndexDamaged from cause
            return
        except IndexMissing:
            if self._index is not None:
                raise  # what was listed is gone: this is not what somebody wanted
        self._looks_missed = 0


class Voices:
    """Every voice a detector listens to: 128, each with a table of up to eight megabytes.

    While that many are live, another is not heard, and its chunks are not acknowledged: it is
    unwatched, and everybody can see that. A voice that has been silent for six seconds makes
    room: nothing before that matters any more.
    """

    def __init__(
        self,
        new_matcher: Callable[[], Matcher],
        *,
        detector: str = DETECTOR,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._new_matcher = new_matcher
        self._detector = detector
        self._clock = clock
        self._voices: OrderedDict[tuple[str, str], tuple[Voice, float]] = OrderedDict()

    def hear(self, chunk: Chunk) -> list[Told]:
        """Hear a chunk; tell what was recognised, and last that it was heard."""
        key = (chunk.room_id, chunk.seat_id)
        self._forget()
        voice, _ = self._voices.get(key, (None, 0.0))
        if voice is None and len(self._voices) >= VOICES_MAX:
            return []
        if voice is None or not voice.continues(chunk):
            voice = Voice(self._new_matcher(), chunk.position, detector=self._detector)
        self._voices[key] = voice, self._clock()
        self._voices.move_to_end(key)
        return [
            *voice.hear(chunk),
            Heard(chunk.room_id, chunk.seat_id, chunk.position, chunk.end),
        ]

    def _forget(self) -> None:
        """Forget the voices that were not heard of for so long that they begin anew."""
        while self._voices:
            key, (_, heard_at) = next(iter(self._voices.items()))
            if self._clock() - heard_at <= SILENCE_MAX / RATE_HZ:
                return
            del self._voices[key]


def detect(run_path: Path, segments: Path, *, calibration: Calibration, rate: float) -> None:
    """Listen for whichever worker serves this folder, until the process is ended.

    Shapes:
        rate: false alarms that are accepted in 1,000 hours of a voice
    """
    os.nice(_NICENESS)
    _warm_up()
    library = Library(segments)

    def new_matcher() -> StreamMatcher:
        return StreamMatcher(library.in_force, calibration, per_1000_hours=rate)

    trouble = ""
    while True:
        try:
            library.refresh()
            _listen(run_path, library, Voices(new_matcher))
            trouble = ""
        except (FileNotFoundError, ConnectionError):
            log.debug("no worker to listen for")
        except (OSError, BalaiError) as error:
            if str(error) != trouble:  # it is tried twice a second, and told once
                log.warning("nobody listens, the detector cannot: %s", error)
            trouble = str(error)
        time.sleep(RETRY_S)


def _listen(run_path: Path, library: Library, voices: Voices) -> None:
    with connected(run_path, EAR_SOCKET) as connection:
        for chunk in connection.chunks():
            library.refresh()
            connection.tell(voices.hear(chunk))


def _warm_up() -> None:
    """Search something once: the first search of a machine compiles, which takes a while."""
    noise = np.random.default_rng(1).normal(0, 0.1, 12 * MATCHED_HZ).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        SegmentStore(Path(folder)).add([("noise", fingerprint(noise, MATCHED_HZ))])
        search, index = Search(), Index.open(Path(folder)).in_force()
        search.hear(spectrogram(noise[: 5 * MATCHED_HZ]), index)
        search.look(round(5 * FRAMES_PER_S), index)
