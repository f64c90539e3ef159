"""Reads what was kept of each voice: where it sounds, what it plays there, and its sound."""

import io
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from balai.air.files import Files
from balai.air.shares import Stretch
from balai.air.track_files import TRACKS, Entry, PartRecord, packed, record_at, records
from balai.air.voice_coding import LATE_SAMPLES, decoded
from balai.audio.blocks import BLOCK_SAMPLES, Pcm, silence

Span = tuple[int, int]

_RUNS_KEPT: Final = 64  # decoded, each a megabyte
_COPIED_BYTES: Final = 1 << 20
_NEW: Final = f"{TRACKS}.new"


@dataclass(slots=True)
class _Run:
    """What one encoder made of a voice; pieces are the place of a record, an entry of it."""

    first_sample: int
    pieces: list[tuple[int, int]] = field(default_factory=list)
    packets: int = 0

    @property
    def end(self) -> int:
        return self.first_sample + max(0, self.packets * BLOCK_SAMPLES - LATE_SAMPLES)


class TrackReader:
    """The voices of a room that is over. Keeps places in memory, and little sound.

    Of the seats in `gone` nothing is read, as if they had never spoken.

    On failure: all after a torn record counts as never written, and so does a missing file.

    Raises:
        OSError: everywhere; the file cannot be read.
    """

    def __init__(self, folder: Path, *, gone: Collection[str] = ()) -> None:
        path = folder / TRACKS
        self._gone = frozenset(gone)
        self._file: BinaryIO = path.open("rb") if path.exists() else io.BytesIO()
        self.whole: list[Span] = []  # media times; nothing that sounds there is missing
        self.stretches: dict[str, list[Stretch]] = {}
        self._runs: dict[str, list[_Run]] = {}
        self._decoded: OrderedDict[tuple[str, int], Pcm] = OrderedDict()
        for place, record in records(self._file):
            self._note(place, record)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def holes(self, end: int) -> list[Span]:
        """Give the media times before an end of which something may be missing."""
        edges = [(0, 0), *self.whole, (end, end)]
        return [(one[1], other[0]) for one, other in pairwise(edges) if one[1] < other[0]]

    def read(self, seat: str, start: int, samples: int) -> Pcm:
        """Give a voice's sound by media time; where it was not kept, silence.

        Shapes:
            returns: (samples,)
        """
        out, filled_to = silence(samples), start
        runs = self._runs.get(seat, [])
        first = bisect_right(runs, start, key=attrgetter("end"))
        for number, run in enumerate(runs[first:], first):
            if run.first_sample >= start + samples:
                break
            # A run that begins before another is over waits: it has yet to settle.
            low, high = max(run.first_sample, filled_to), min(run.end, start + samples)
            if low < high:
                sound = self._sound(seat, number, run)[low - run.first_sample :]
                piece = sound[: high - low]
                out[low - start : low - start + len(piece)] = piece
                filled_to = high
        return out

    def _note(self, place: int, record: PartRecord) -> None:
        if self.whole and self.whole[-1][1] == record.whole_from:
            self.whole[-1] = (self.whole[-1][0], record.media_end)
        else:
            self.whole.append((record.whole_from, record.media_end))
        for number, entry in enumerate(record.entries):
            if entry.seat in self._gone:
                continue
            self._note_entry(record.media_time, entry)
            runs = self._runs.setdefault(entry.seat, [])
            if entry.begins:
                runs.append(_Run(entry.first_block * BLOCK_SAMPLES))
            if runs:
                runs[-1].pieces.append((place, number))
                runs[-1].packets += len(entry.packets)

    def _note_entry(self, media_time: int, entry: Entry) -> None:
        found = self.stretches.setdefault(entry.seat, [])
        for each in entry.stretches:
            placed = Stretch(media_time + each.media_time, each.position, each.samples)
            last = found[-1] if found else None
            if last and (last.media_end, last.end_position) == placed[:2]:
                found[-1] = Stretch(*last[:2], last.samples + placed.samples)
            else:
                found.append(placed)

    def _sound(self, seat: str, number: int, run: _Run) -> Pcm:
        key = (seat, number)
        if key not in self._decoded:
            self._decoded[key] = decoded(self._packets(run))
            while len(self._decoded) > _RUNS_KEPT:
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(key)
        return self._decoded[key]

    def _packets(self, run: _Run) -> list[bytes]:
        found: list[bytes] = []
        for place, number in run.pieces:
            record = record_at(self._file, place)
            found += record.entries[number].packets if record else ()
        return found


def without(tracks: Files, *seats: str) -> None:
    """Write the file anew without these voices, if it may hold any; it may be missing.

    Raises:
        OSError: the file is as it was.
    """
    path = tracks.folder / TRACKS
    if not seats or not path.exists() or not _may_hold(path, seats):
        return
    try:
        _copy(tracks, path, seats)
    except OSError:
        with suppress(OSError):  # on a full disk it would stand in the way of all else
            tracks.remove(_NEW)
        raise
    tracks.rename(_NEW, TRACKS)


def _may_hold(path: Path, seats: Collection[str]) -> bool:
    """Say whether a voice is in the file, or may be in what is torn at its end."""
    whole_to = 0
    with path.open("rb") as file:
        for _, record in records(file):
            if any(entry.seat in seats for entry in record.entries):
                return True
            whole_to = file.tell()
    return whole_to != path.stat().st_size


def _copy(tracks: Files, path: Path, seats: Collection[str]) -> None:
    tracks.write(_NEW, b"")
    size, waiting = 0, b""
    with path.open("rb") as file:
        for _, record in records(file):
            left = tuple(entry for entry in record.entries if entry.seat not in seats)
            waiting += packed(replace(record, entries=left))
            if len(waiting) > _COPIED_BYTES:
                size, waiting = tracks.extend(_NEW, waiting, size=size), b""
    tracks.extend(_NEW, waiting, size=size)
