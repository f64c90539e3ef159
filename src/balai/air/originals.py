"""What a replay was before voices were left out of it, so that it can be that again."""

import re
import secrets
from dataclasses import dataclass
from typing import Final, NamedTuple

from pydantic import BaseModel

from balai.air import cmaf
from balai.air.caption_files import CAPTIONS, CAPTIONS_LIVE, TRANSCRIPT
from balai.air.encoder import PART_SAMPLES
from balai.air.files import Files
from balai.air.omitted import FOR_EVER, Omission
from balai.air.playlist import listed
from balai.air.ring import LIVE, LOW, REPLAY, REWIND

ORIGINALS: Final = "originals"
_RECORD: Final = "replay.json"
_SOUND: Final = re.compile(r"[sp](\d{1,9})(\.\d)?-[\w-]{8}\.m4s")
_CHANGING: Final = (REPLAY, REWIND, LIVE, LOW, CAPTIONS, CAPTIONS_LIVE, TRANSCRIPT)


class Piece(NamedTuple):
    """A file of sound, and what it plays."""

    name: str
    media_time: int
    samples: int

    @property
    def media_end(self) -> int:
        """When it is over."""
        return self.media_time + self.samples

    @property
    def number(self) -> int:
        """The number of its segment."""
        match = _SOUND.fullmatch(self.name)
        return int(match[1]) if match else 0

    @property
    def is_segment(self) -> bool:
        """Whether it is a whole segment, and no part of one."""
        return self.name.startswith("s")


class Original(BaseModel):
    """A replay as it was: names of its files, and the texts of those that change.

    `left_out` is what the replay is made without since, `forgotten` whose voice is gone for
    good. `key` makes new names that nobody else can guess.
    """

    key: str
    names: set[str]
    texts: dict[str, str]
    pieces: list[Piece]
    left_out: list[Omission] = []
    forgotten: list[str] = []

    def listed(self) -> set[str]:
        """Name the sound and the captions that a playlist lists."""
        return {name for text in self.texts.values() for name in listed(text)}


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a replay is, where its voices are kept apart, and where its originals lie."""

    ring: Files
    tracks: Files
    originals: Files

    def clean(self) -> None:
        """Remove what was half written when a process was killed."""
        for files in (self.ring, self.tracks, self.originals):
            for name in names(files):
                if name.startswith(".") or name.endswith(".new"):
                    files.remove(name)

    def read(self, name: str) -> bytes:
        """Read an original, wherever it is; one that is nowhere is empty."""
        for files in (self.ring, self.originals):
            if (files.folder / name).exists():
                return files.read(name)
        return b""

    def there(self) -> set[str]:
        """Name all that is kept of a replay."""
        return {*names(self.ring), *names(self.originals)}


def is_sound(name: str) -> bool:
    """Tell a segment or a part by its name."""
    return _SOUND.fullmatch(name) is not None


def names(files: Files) -> list[str]:
    """List the files of a folder that may be missing."""
    if not files.folder.exists():
        return []
    return [name for name in files.names() if (files.folder / name).is_file()]


def load(folders: Folders) -> Original | None:
    """Read what the replay was; None if it still is."""
    if _RECORD not in names(folders.tracks):
        return None
    return Original.model_validate_json(folders.tracks.read(_RECORD))


def save(folders: Folders, original: Original) -> None:
    """Write what the replay was."""
    for files in (folders.tracks, folders.originals):
        files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    before = original.texts.get(TRANSCRIPT, "")  # apart, for those who judge what was taken out
    folders.tracks.write(TRANSCRIPT, before.encode(), lasting=True)
    folders.tracks.write(_RECORD, original.model_dump_json().encode(), lasting=True)


def taken(ring: Files) -> Original:
    """Take down a replay as it is."""
    found = names(ring)
    texts = {
        name: ring.read(name).decode(errors="replace") for name in _CHANGING if name in found
    }
    sound = [name for name in found if is_sound(name)]
    return Original(
        key=secrets.token_hex(16),
        names={name for name in found if name not in texts},
        texts=texts,
        pieces=[_piece(name, ring.read(name)) for name in sound],
    )


def parts_in(data: bytes) -> list[cmaf.Chunk]:
    """Read what the parts of a segment say of themselves.

    Raises:
        SegmentTorn: it is damaged.
    """
    chunks = cmaf.read_chunks(data)
    begins_at = chunks[0].media_time
    for number, each in enumerate(chunks):
        if (each.media_time - begins_at, each.samples) != (number * PART_SAMPLES, PART_SAMPLES):
            raise cmaf.SegmentTorn
    return chunks


def _piece(name: str, data: bytes) -> Piece:
    """Tell what a file plays; of one that is damaged nothing is known."""
    try:
        chunks = parts_in(data)
    except cmaf.SegmentTorn:
        return Piece(name, 0, FOR_EVER)
    begins_at, last = chunks[0].media_time, chunks[-1]
    return Piece(name, begins_at, last.media_time + last.samples - begins_at)
