"""Reading a list that may be hostile: its signature first, then a recording at a time.

Memory never holds more than one recording. The promised sizes are compared with the file's own
before anything is read, so that a promise of 10 GB costs nothing.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from balai.catalogue.errors import (
    ListChanged,
    ListCutShort,
    ListInvalid,
    ListSignatureWrong,
    ListSignerWrong,
    ListTooLarge,
    ListUnsorted,
)
from balai.catalogue.keys import SIGNATURE_BYTES, is_signed
from balai.catalogue.list_format import (
    PREFIX,
    RECORD_BYTES_MAX,
    RECORD_BYTES_MIN,
    SIGNED_PREFIX,
    Head,
    Prefix,
    unpack_head,
    unpack_prefix,
    unpack_record,
)
from balai.catalogue.recording import Described

_READ_BYTES = 2**20


class ListReader:
    """One list file, its signature found right when it was opened.

    `recordings` may be gone through more than once; each time hashes the file again and says so
    when it is not what was checked.
    """

    def __init__(self, path: Path, *, public_key: bytes | None = None) -> None:
        """Open a list and check its signature.

        Args:
            path: a regular file.
            public_key: who must have signed it; without, the key inside is only named.

        Raises:
            ListInvalid, ListCutShort, ListTooLarge: it is no list.
            ListSignatureWrong, ListSignerWrong: its contents are not what the signer signed,
                or somebody else signed.
        """
        self._file = _open(path)
        try:
            self.prefix = _prefix(self._file)
            if public_key is not None and public_key != self.prefix.public_key:
                raise ListSignerWrong
            self._digest = self._checked()
            self.head = self._head()
        except OSError as cause:
            self._file.close()
            raise ListInvalid(f"the list cannot be read: {cause.strerror}") from cause
        except BaseException:
            self._file.close()
            raise

    def recordings(self) -> Iterator[Described]:
        """Go through the recordings. What comes out counts only when this ends without error.

        Raises:
            ListInvalid, ListTooLarge, ListUnsorted, RecordingInvalid, ListFolderPath: a
                recording is damaged or breaks a rule.
            ListChanged: the file is not the one whose signature was checked.
        """
        self._file.seek(0)
        hashed = hashlib.sha512(self._take(PREFIX.size + self.prefix.head_bytes))
        left, before = self.prefix.body_bytes, b""
        for _ in range(self.prefix.recordings):
            data = self._record(left)
            left -= len(data)
            hashed.update(data)
            recording = unpack_record(data[4:])
            identifier = recording.identifier.encode()
            if identifier <= before:
                raise ListUnsorted
            before = identifier
            yield recording
        if left:
            raise ListInvalid("something follows the last recording")
        if hashed.digest() != self._digest:
            raise ListChanged

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self) -> bytes:
        self._file.seek(0)
        hashed = hashlib.sha512()
        left = PREFIX.size + self.prefix.head_bytes + self.prefix.body_bytes
        while left:
            part = self._take(min(left, _READ_BYTES))
            hashed.update(part)
            left -= len(part)
        signature, digest = self._take(SIGNATURE_BYTES), hashed.digest()
        if not is_signed(self.prefix.public_key, signature, SIGNED_PREFIX + digest):
            raise ListSignatureWrong
        return digest

    def _head(self) -> Head:
        self._file.seek(PREFIX.size)
        return unpack_head(self._take(self.prefix.head_bytes))

    def _record(self, left: int) -> bytes:
        if left < 4 + RECORD_BYTES_MIN:
            raise ListInvalid("this list promises more recordings than it holds")
        length = self._take(4)
        size = int.from_bytes(length, "big")
        if size > RECORD_BYTES_MAX:
            raise ListTooLarge
        if not RECORD_BYTES_MIN <= size <= left - 4:
            raise ListInvalid("a recording is longer than what holds it")
        return length + self._take(size)

    def _take(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise ListChanged
        return data


def _open(path: Path) -> io.BufferedReader:
    try:
        # Without O_NONBLOCK, opening a pipe would wait for a writer that never comes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as cause:
        reason = getattr(cause, "strerror", None) or "no such file"
        raise ListInvalid(f"{path}: the list cannot be read: {reason}") from cause
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ListInvalid(f"{path}: this is no file")
    return os.fdopen(descriptor, "rb")


def _prefix(file: io.BufferedReader) -> Prefix:
    prefix = unpack_prefix(file.read(PREFIX.size))
    promised = PREFIX.size + prefix.head_bytes + prefix.body_bytes + SIGNATURE_BYTES
    if os.fstat(file.fileno()).st_size != promised:
        raise ListCutShort
    return prefix
