"""Which files `balai ear` reads, and how each is called in a catalogue."""

import mimetypes
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.errors import Invalid

# Built-in types only: what is written on one machine must be indexed on another.
_TYPES: Final = mimetypes.MimeTypes(filenames=())
_NO_SOUND: Final = ("text/", "image/", "application/", "font/")
_SOUND: Final = frozenset({".ogg", ".oga", ".ogx", ".ts", ".mts", ".mxf", ".rm", ".swf"})


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file, and its path relative to the argument it was found by."""

    path: Path
    relative: str


@dataclass(frozen=True, slots=True)
class Found:
    """What arguments led to: files to read, how many were passed over, what is missing."""

    files: Sequence[SoundFile]
    passed_over: int
    missing: Sequence[str]


def find_sound(arguments: Sequence[Path]) -> Found:
    """Find the files meant by arguments: each file, and what is in each folder, to the bottom.

    In a folder, hidden files and those that by their name are text, pictures or documents are
    passed over; a file that was named is always read.
    """
    files: dict[Path, SoundFile] = {}
    passed_over = 0
    missing: list[str] = []
    for argument in arguments:
        if argument.is_dir():
            for path in _walk(argument, missing):
                if _may_be_sound(path):
                    files.setdefault(path, SoundFile(path, str(path.relative_to(argument))))
                else:
                    passed_over += 1
        else:
            files.setdefault(argument, SoundFile(argument, argument.name))
    return Found(list(files.values()), passed_over, missing)


def check_is_file(path: Path) -> None:
    """Refuse pipes and devices, which would never end or never begin.

    Raises:
        Invalid: the sentence names the path.
    """
    if path.exists() and not path.is_file():
        raise Invalid(f"{path}: this is no file")


def _walk(folder: Path, missing: list[str]) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        missing.append(f"{error.filename}: {error.strerror}")

    for where, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            yield Path(where, name)


def _may_be_sound(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix.lower() in _SOUND:
        return True
    kind, _ = _TYPES.guess_type(path.name)
    return kind is None or not kind.startswith(_NO_SOUND)
