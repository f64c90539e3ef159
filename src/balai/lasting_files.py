"""Files that outlive a power cut; those with a secret are made once, never left about."""

import errno
import fcntl
import os
from pathlib import Path


def make_once(path: Path, content: bytes) -> None:
    """Make a file for its owner's eyes only, unless it is there; of several makers one wins.

    All makers use the same draft in turn, so one who is killed leaves no copy of a secret: the
    next maker writes over it. Then the file is on the disk, also after a power cut.

    Raises:
        OSError: it cannot be made; nothing is there.
    """
    if path.exists():
        sync_folder(path.parent)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # a killed process holds it no more
        if path.exists():
            draft.unlink(missing_ok=True)  # somebody was faster
        else:
            _write(file.fileno(), content)
            draft.replace(path)
    sync_folder(path.parent)


def _write(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    if os.write(descriptor, content) != len(content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def write_through(path: Path, content: bytes) -> None:
    """Write a file whose bytes are then on the disk; for its name see `sync_folder`.

    Raises:
        OSError: it cannot be written; a part of it may be there.
    """
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Let the names of a folder be on the disk, also after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
