"""Files that others read while they are written: whole or not there at all."""

import errno
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from balai.lasting_files import sync_folder, write_through

_PAGE_BYTES: Final = 4_096


def token() -> str:
    """Make the part of a file name that cannot be guessed: 48 random bits."""
    return secrets.token_urlsafe(6)


class Files:
    """The files of one folder.

    Nothing of a room on air is forced to the disk: a killed process loses nothing that was
    written, and a forced write could keep the mixer waiting. After a power cut `recover` drops
    what is damaged. What is made of it afterwards, once, is written to last.

    Raises:
        OSError: everywhere; the file is then as it was before, except where said otherwise.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, data: bytes, *, lasting: bool = False) -> None:
        """Write a file under a hidden name, then give it its own.

        `lasting`: the file, and the one that it replaces until then, outlive a power cut.
        """
        hidden = self.folder / f".{name}"
        try:
            (write_through if lasting else Path.write_bytes)(hidden, data)
            hidden.rename(self.folder / name)
            if lasting:
                sync_folder(self.folder)
        except OSError:
            with suppress(OSError):
                hidden.unlink(missing_ok=True)
            raise

    def append(self, name: str, lines: bytes, *, size: int) -> int:
        """Append whole lines to a text file that is `size` bytes long, and give its new size.

        A reader never sees half a line: the kernel shows a write page by page, so blank lines
        fill a page that the lines would not fit into.

        On failure: a torn end is cut off, now or at the next call with the same `size`.
        """
        room = _PAGE_BYTES - size % _PAGE_BYTES
        blank = b"\n" * (room if len(lines) > room else 0)
        return _append(self.folder / name, (blank, lines), size)

    def extend(self, name: str, data: bytes, *, size: int) -> int:
        """Append to a file of bytes that is `size` bytes long, and give its new size.

        On failure: as `append`.
        """
        return _append(self.folder / name, (data,), size)

    def move(self, name: str, to: "Files") -> None:
        """Move a file to another folder; killed on the way, it is whole in one or in both."""
        try:
            (self.folder / name).rename(to.folder / name)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            to.write(name, self.read(name))
            self.remove(name)

    def rename(self, name: str, new_name: str) -> None:
        """Give a file another name; what had that name is gone."""
        (self.folder / name).rename(self.folder / new_name)

    def read(self, name: str) -> bytes:
        """Read a file whole."""
        return (self.folder / name).read_bytes()

    def remove(self, name: str) -> None:
        """Remove a file; a missing one is as good."""
        (self.folder / name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        """List the folder, hidden names included, sorted."""
        return sorted(entry.name for entry in self.folder.iterdir())

    def delete(self) -> None:
        """Remove the folder and all that is in it."""
        if self.folder.exists():
            shutil.rmtree(self.folder)


def _append(path: Path, pieces: tuple[bytes, ...], size: int) -> int:
    fd = os.open(path, os.O_WRONLY)
    try:
        if os.lseek(fd, 0, os.SEEK_END) != size:
            os.ftruncate(fd, size)
            os.lseek(fd, size, os.SEEK_SET)
        for data in pieces:
            _write_whole(fd, data, back_to=size)
    finally:
        os.close(fd)
    return size + sum(map(len, pieces))


def _write_whole(fd: int, data: bytes, *, back_to: int) -> None:
    try:
        if os.write(fd, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError:
        os.ftruncate(fd, back_to)
        raise
