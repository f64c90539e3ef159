"""An immutable, memory-mapped piece of the index.

A file holds the postings of some recordings sorted by triplet (the anchor's band and time, four
bytes together), and the recordings' landmarks for verification (two bytes each). Recordings lie
one after another on one time line of frames, with a gap that no window can bridge; a time line
has 2^25 frames, which are 149 hours.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from balai.detect.fingerprint.errors import IndexDamaged, IndexOutdated
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.triplets import KEYS, Triplets, reference_triplets

VERSION: Final = 2
GAP_FRAMES: Final = 800  # longer than the longest window, stretched: it never holds two
FRAME_BITS: Final = 25
_MARGIN_FRAMES: Final = 60
FRAMES_MAX: Final = 1 << FRAME_BITS
BLOCK_SHIFT: Final = 6  # landmarks are found by blocks of 64 frames
_MAGIC: Final = b"BALAIEAR"
_HEAD: Final = struct.Struct("<8sII")  # magic, version, bytes of JSON
_ALIGN: Final = 64
_JSON_BYTES_MAX: Final = 512 * 2**20
_MANY: Final = 255  # most triplets occur less often; the counts of others stand apart


class Postings(NamedTuple):
    """Where each triplet occurs.

    Shapes:
        start: (KEYS + 1,) uint32, into the other
        place: (n,) uint32, ascending within a key: the anchor's band in the 7 highest bits, its
            frame on the segment's time line in the others
    """

    start: NDArray[np.uint32]
    place: NDArray[np.uint32]


class Marks(NamedTuple):
    """The landmarks of all recordings on the segment's time line.

    Shapes:
        start: (blocks + 1,) uint32, into the others
        frame: (n,) uint8, within its block of 64 frames
        band: (n,) uint8
    """

    start: NDArray[np.uint32]
    frame: NDArray[np.uint8]
    band: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of the index, open for reading."""

    salt: int  # tells its cells from other segments'
    recordings: tuple[str, ...]
    begins: NDArray[np.int64]  # (recordings,) first frame of each
    lengths: NDArray[np.int64]  # (recordings,) frames of each
    postings: Postings
    marks: Marks

    @property
    def frames(self) -> int:
        """Length of the time line."""
        return int(self.begins[-1] + self.lengths[-1] + GAP_FRAMES) if len(self.begins) else 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """Map a file.

        Raises:
            IndexOutdated: another version wrote it.
            IndexDamaged: it is not whole.
        """
        try:
            data = np.asarray(np.memmap(path, np.uint8, "r"))
            return cls(salt=zlib.crc32(path.name.encode()), **_read(data))
        except (IndexError, KeyError, TypeError, ValueError, OverflowError) as cause:
            raise IndexDamaged(f"{path.name}: {IndexDamaged.sentence()}") from cause

    def where(self, frames: NDArray[np.int64], length: int) -> NDArray[np.int64]:
        """Give the recordings in windows of the time line: the last that begins in or before.

        Shapes:
            frames: (n,), the windows' first
            length: of the windows, in frames
            returns: (n,), into `recordings`
        """
        which = np.searchsorted(self.begins, frames + length + _MARGIN_FRAMES, "right") - 1
        return np.maximum(which, 0)

    def near(self, frame: int, length: int) -> Landmarks:
        """Give the landmarks from a frame of the time line on, and some on either side."""
        blocks = len(self.marks.start) - 1
        first = min(max(0, frame - _MARGIN_FRAMES) >> BLOCK_SHIFT, blocks)
        last = max(0, frame + length + length // 16 + _MARGIN_FRAMES) >> BLOCK_SHIFT
        last = min(last + 1, blocks)
        start = self.marks.start[first : last + 1].astype(np.int64)
        block = np.repeat(np.arange(first, last), np.diff(start))
        within = slice(int(start[0]), int(start[-1]))
        at = (block << BLOCK_SHIFT) + self.marks.frame[within]
        return Landmarks(at.astype(np.int32), self.marks.band[within].astype(np.int32))


def write_segment(path: Path, items: Iterable[tuple[str, Fingerprint]]) -> None:
    """Write a segment of some recordings, whole or not at all."""
    names, begins, lengths = [], [], []
    triplets: list[Triplets] = []
    marks: list[Landmarks] = []
    at = 0
    for name, fingerprint in items:
        names.append(name)
        begins.append(at)
        lengths.append(fingerprint.frames)
        found = reference_triplets(fingerprint.landmarks)
        triplets.append(found._replace(frame=found.frame + np.int32(at)))
        marks.append(
            fingerprint.landmarks._replace(frame=fingerprint.landmarks.frame + np.int32(at))
        )
        at += fingerprint.frames + GAP_FRAMES
    segment = Segment(
        0,
        tuple(names),
        np.array(begins, np.int64),
        np.array(lengths, np.int64),
        _sorted(triplets),
        _blocked(marks, at),
    )
    _write(path, segment)


def fingerprints_of(segment: Segment) -> Iterator[tuple[str, Fingerprint]]:
    """Give back the recordings of a segment: their landmarks are all in it."""
    frame, band = _absolute(segment.marks)
    for name, begin, length in zip(
        segment.recordings, segment.begins, segment.lengths, strict=True
    ):
        first, last = np.searchsorted(frame, (begin, begin + length))
        own = Landmarks((frame[first:last] - begin).astype(np.int32), band[first:last])
        yield name, Fingerprint(int(length), own)


def _absolute(marks: Marks) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    blocks = np.repeat(np.arange(len(marks.start) - 1, dtype=np.int64), np.diff(marks.start))
    return (blocks << BLOCK_SHIFT) + marks.frame, marks.band.astype(np.int32)


def _sorted(triplets: Sequence[Triplets]) -> Postings:
    key, frame, band = (
        np.concatenate([np.asarray(one[part]) for one in triplets] or [np.zeros(0, np.int32)])
        for part in range(3)
    )
    place = (band.astype(np.uint32) << FRAME_BITS) | frame.astype(np.uint32)
    both = np.sort((key.astype(np.uint64) << np.uint64(32)) | place)
    start = np.searchsorted(both >> np.uint64(32), np.arange(KEYS + 1)).astype(np.uint32)
    return Postings(start, both.astype(np.uint32))


def _blocked(marks: Sequence[Landmarks], frames: int) -> Marks:
    frame, band = (
        np.concatenate([np.asarray(one[part]) for one in marks] or [np.zeros(0, np.int32)])
        for part in range(2)
    )
    blocks = np.arange((frames >> BLOCK_SHIFT) + 2) << BLOCK_SHIFT
    start = np.searchsorted(frame, blocks).astype(np.uint32)
    return Marks(
        start, (frame & ((1 << BLOCK_SHIFT) - 1)).astype(np.uint8), band.astype(np.uint8)
    )


def _write(path: Path, segment: Segment) -> None:
    """Write to a neighbour and rename, so that a killed writer leaves no half segment."""
    counts = np.diff(segment.postings.start)
    many = np.flatnonzero(counts >= _MANY)
    arrays: dict[str, NDArray[Any]] = {
        "counts": np.minimum(counts, _MANY).astype(np.uint8),
        "many": many.astype(np.uint32),
        "many_counts": counts[many].astype(np.uint32),
        "place": segment.postings.place,
        "mark_start": segment.marks.start,
        "mark_frame": segment.marks.frame,
        "mark_band": segment.marks.band,
    }
    about = json.dumps(
        {
            "recordings": segment.recordings,
            "begins": segment.begins.tolist(),
            "lengths": segment.lengths.tolist(),
            "sizes": {name: len(array) for name, array in arrays.items()},
        }
    ).encode()
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        out.write(_HEAD.pack(_MAGIC, VERSION, len(about)) + about)
        for array in arrays.values():
            out.write(bytes(-out.tell() % _ALIGN))
            array.tofile(out)
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(path)


def _read(data: NDArray[np.uint8]) -> dict[str, Any]:
    if len(data) < _HEAD.size:
        raise ValueError("too short")
    magic, version, length = _HEAD.unpack(data[: _HEAD.size].tobytes())
    if magic != _MAGIC or length > _JSON_BYTES_MAX:
        raise ValueError("not an index")
    if version != VERSION:
        raise IndexOutdated
    about = json.loads(data[_HEAD.size : _HEAD.size + length].tobytes())
    arrays = _arrays(data, _HEAD.size + length, about)
    counts = arrays["counts"].astype(np.uint32)
    counts[arrays["many"]] = arrays["many_counts"]
    start = np.zeros(KEYS + 1, np.uint32)
    np.cumsum(counts, out=start[1:])
    if start[-1] != len(arrays["place"]) or arrays["mark_start"][-1] != len(
        arrays["mark_frame"]
    ):
        raise ValueError("counts do not add up")
    return {
        "recordings": tuple(map(str, about["recordings"])),
        "begins": np.array(about["begins"], np.int64),
        "lengths": np.array(about["lengths"], np.int64),
        "postings": Postings(start, arrays["place"]),
        "marks": Marks(arrays["mark_start"], arrays["mark_frame"], arrays["mark_band"]),
    }


def _arrays(data: NDArray[np.uint8], at: int, about: dict[str, Any]) -> dict[str, NDArray[Any]]:
    kinds = {
        "counts": np.uint8,
        "many": np.uint32,
        "many_counts": np.uint32,
        "place": np.uint32,
        "mark_start": np.uint32,
        "mark_frame": np.uint8,
        "mark_band": np.uint8,
    }
    arrays = {}
    for name, kind in kinds.items():
        at += -at % _ALIGN
        size = int(about["sizes"][name]) * np.dtype(kind).itemsize
        if size < 0 or at + size > len(data):
            raise ValueError("cut short")
        arrays[name] = data[at : at + size].view(kind)
        at += size
    return arrays
