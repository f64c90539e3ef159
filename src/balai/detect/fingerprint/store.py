"""The segments of a catalogue: what is in force, and how it changes under open readers.

`CURRENT` names the segments and the recordings that were withdrawn. It is replaced by renaming,
so a reader sees the old state or the new one; a segment that is named no more stays mapped in
readers that have it open.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from balai.detect.fingerprint.errors import IndexDamaged, IndexMissing, IndexOutdated
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.segment import (
    FRAMES_MAX,
    GAP_FRAMES,
    Segment,
    fingerprints_of,
    write_segment,
)
from balai.lasting_files import write_through

VERSION: Final = 1
CURRENT: Final = "CURRENT"
_SUFFIX: Final = ".ear"


@dataclass(frozen=True, slots=True)
class Current:
    """What is in force: segments by name, ids that match no more, and the number of changes."""

    generation: int = 0
    segments: tuple[str, ...] = ()
    withdrawn: frozenset[str] = frozenset()

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what is in force in a folder.

        Raises:
            IndexMissing, IndexOutdated, IndexDamaged: there is nothing that can be used.
        """
        try:
            told = json.loads((folder / CURRENT).read_bytes())
            if told["version"] != VERSION:
                raise IndexOutdated
            names = tuple(map(str, told["segments"]))
            return cls(int(told["generation"]), names, frozenset(map(str, told["withdrawn"])))
        except FileNotFoundError as cause:
            raise IndexMissing from cause
        except (KeyError, TypeError, ValueError) as cause:
            raise IndexDamaged from cause

    def write(self, folder: Path) -> None:
        """Put this in force, whole or not at all."""
        told = {
            "version": VERSION,
            "generation": self.generation,
            "segments": self.segments,
            "withdrawn": sorted(self.withdrawn),
        }
        unfinished = folder / f"{CURRENT}.unfinished"
        write_through(unfinished, json.dumps(told).encode())
        unfinished.rename(folder / CURRENT)


class SegmentStore:
    """Changes the segments of one folder; one writer at a time (the catalogue sees to that)."""

    def __init__(self, folder: Path, *, hidden: Current | None = None) -> None:
        """Open a folder, or begin one; `hidden` begins anew beside what is in force there.

        Raises:
            IndexOutdated, IndexDamaged: what is there cannot be gone on with.
        """
        self._folder = folder
        self._is_hidden = hidden is not None
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._current = hidden or Current.read(folder)
        except IndexMissing:
            self._current = Current()
            self._current.write(folder)

    @classmethod
    @contextlib.contextmanager
    def replacing(cls, folder: Path) -> Iterator[Self]:
        """Make everything anew, whatever is there; what was in force stays so until the end."""
        try:
            generation = Current.read(folder).generation
        except (IndexMissing, IndexOutdated, IndexDamaged):
            generation = 0
        store = cls(folder, hidden=Current(generation))
        yield store
        store.show()

    def show(self) -> None:
        """Put in force what was hidden so far, and remove what was before."""
        self._is_hidden = False
        self._enforce(self._current.segments, self._current.withdrawn)
        self._sweep()

    @property
    def segment_count(self) -> int:
        """How many segments every search goes through."""
        return len(self._current.segments)

    def ids(self) -> set[str]:
        """Give the recordings that can match."""
        found = {name for one in self._open() for name in one.recordings}
        return found - self._current.withdrawn

    def add(self, items: Iterable[tuple[str, Fingerprint]]) -> int:
        """Add recordings; give the generation in which they match. Ids are new or withdrawn."""
        known = list(items)
        back = {name for name, _ in known} & self._current.withdrawn
        if back:  # their old prints must not come back with them
            self.compact()
        names = self._write(_fitting(known))
        return self._enforce((*self._current.segments, *names), self._current.withdrawn)

    def withdraw(self, ids: Iterable[str]) -> int:
        """Let recordings match no more; give the generation from which that holds."""
        return self._enforce(self._current.segments, self._current.withdrawn | frozenset(ids))

    def compact(self) -> int:
        """Make as few segments as possible, without what was withdrawn."""
        gone = self._current.withdrawn
        items = [item for one in self._open() for item in fingerprints_of(one)]
        names = self._write(_fitting([i for i in items if i[0] not in gone]))
        generation = self._enforce(tuple(names), frozenset())
        self._sweep()
        return generation

    def _open(self) -> list[Segment]:
        return [Segment.open(self._folder / name) for name in self._current.segments]

    def _write(self, parts: Iterable[list[tuple[str, Fingerprint]]]) -> list[str]:
        """Write segments; their names never come again, for readers know them by name."""
        names = []
        for number, items in enumerate(parts):
            names.append(f"{self._current.generation + 1:08d}-{number}{_SUFFIX}")
            write_segment(self._folder / names[-1], items)
        return names

    def _enforce(self, segments: tuple[str, ...], withdrawn: Set[str]) -> int:
        self._current = Current(self._current.generation + 1, segments, frozenset(withdrawn))
        if not self._is_hidden:
            self._current.write(self._folder)
        return self._current.generation

    def _sweep(self) -> None:
        """Remove segments that are in force no more, and what a killed writer left."""
        for path in [*self._folder.glob(f"*{_SUFFIX}"), *self._folder.glob("*.unfinished")]:
            if path.name not in self._current.segments:
                path.unlink(missing_ok=True)


def _fitting(
    items: list[tuple[str, Fingerprint]],
) -> Iterable[list[tuple[str, Fingerprint]]]:
    """Cut recordings into portions that fit on one time line each."""
    part: list[tuple[str, Fingerprint]] = []
    frames = 0
    for item in items:
        length = item[1].frames + GAP_FRAMES
        if part and frames + length > FRAMES_MAX:
            yield part
            part, frames = [], 0
        part.append(item)
        frames += length
    if part:
        yield part
