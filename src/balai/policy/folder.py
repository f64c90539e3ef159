"""The files of a pack: read once, whole, with limits; what was hashed is what is used."""

import hashlib
import os
import stat
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from balai.policy.errors import PackInvalid, PackMissing

PHRASES: Final = "phrases/"
REQUIRED: Final = ("pack.yaml", "clauses.yaml", "rules.yaml")
FILE_BYTES_MAX: Final = 2**20
FILES_MAX: Final = 64
_HASH_LETTERS: Final = 64

PackFiles = Mapping[str, bytes]


def read_folder(folder: Path) -> PackFiles:
    """Read every file of a pack, by its path inside the folder.

    Pages for people (`*.md`) count for the hash and are not looked into.

    Raises:
        PackMissing: there is no such folder.
        PackInvalid: a file is missing, does not belong to a pack, or is too large.
    """
    names = _names(folder)
    require_whole(names)
    return {name: _read(folder / name, name) for name in names}


def require_whole(names: Collection[str]) -> None:
    """Refuse a pack that lacks a file.

    Raises:
        PackInvalid: it names the file.
    """
    for name in REQUIRED:
        if name not in names:
            raise PackInvalid("this file is missing", file=name, remedy="write it")


def hash_of(files: PackFiles) -> str:
    """Give a pack's hash: SHA-256 over paths, lengths and bytes, sorted by path."""
    hashed = hashlib.sha256()
    for path, data in sorted((os.fsencode(name), data) for name, data in files.items()):
        hashed.update(path + b"\0" + str(len(data)).encode() + b"\0" + data)
    return hashed.hexdigest()


def is_hash(text: str) -> bool:
    """Tell whether a text can be a pack's hash; only then may it become a path."""
    return len(text) == _HASH_LETTERS and set(text) <= set("0123456789abcdef")


def too_large(name: str) -> PackInvalid:
    """Say that a file is larger than a pack's files may be."""
    return PackInvalid("the file is larger than 1 MiB", file=name, remedy="shorten it")


def _names(folder: Path) -> list[str]:
    try:
        names = sorted(_entries(folder, ""))
    except FileNotFoundError as cause:
        raise PackMissing(f"there is no policy pack in {folder}") from cause
    except OSError as cause:
        raise PackInvalid(
            f"the folder cannot be read: {cause.strerror}",
            file=str(folder),
            remedy="name another",
        ) from cause
    return names


def _entries(folder: Path, inside: str) -> list[str]:
    names: list[str] = []
    with os.scandir(folder / inside) as entries:
        for entry in entries:
            name = inside + entry.name
            if name == PHRASES[:-1] and entry.is_dir(follow_symlinks=False):
                names += _entries(folder, PHRASES)
            else:
                names.append(belonging(name))
            require_few(names)
    return names


def require_few(names: Sequence[str]) -> None:
    """Refuse more files than a pack may have.

    Raises:
        PackInvalid: it names the first one too many.
    """
    if len(names) > FILES_MAX:
        raise PackInvalid(
            f"there are more than {FILES_MAX} files", file=names[-1], remedy="remove some"
        )


def belonging(name: str) -> str:
    """Give a path inside the folder back when such a file belongs to a pack.

    Raises:
        PackInvalid: it does not.
    """
    is_phrases = name.startswith(PHRASES) and name.endswith(".yaml")
    if name in REQUIRED or is_phrases or name.endswith(".md"):
        return name
    shown = name.encode(errors="replace").decode()
    raise PackInvalid(
        "this file does not belong to a pack",
        file=shown,
        remedy="remove it; pack.yaml, clauses.yaml, rules.yaml, phrases/*.yaml and *.md do",
    )


def _read(path: Path, name: str) -> bytes:
    try:
        # A pipe would make opening wait, and a link could lead out of the folder.
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        with os.fdopen(fd, "rb") as file:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode):
                raise PackInvalid("this is not a file", file=name, remedy="replace it with one")
            data = b"" if found.st_size > FILE_BYTES_MAX else file.read(FILE_BYTES_MAX + 1)
            if max(found.st_size, len(data)) > FILE_BYTES_MAX:
                raise too_large(name)
    except OSError as cause:
        raise PackInvalid(
            f"this file cannot be read: {cause.strerror}", file=name, remedy="replace it"
        ) from cause
    return data
