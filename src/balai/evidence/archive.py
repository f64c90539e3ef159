"""A row of files in one: a tar in its simplest form, of which every byte can be foretold.

Anybody's tar takes it apart. Reading is stricter than any tar: names, sizes, heads and padding
must be exactly what `write` makes, so that a changed bit has no place to hide.
Source: POSIX.1-1988 (ustar).
"""

import re
import tarfile
from collections.abc import Iterator, Mapping
from typing import Final

from balai.evidence.errors import BundleBroken, BundleInvalid

NAME_MAX: Final = 99
FILES_MAX: Final = 10_000
_BLOCK: Final = 512
_END: Final = bytes(2 * _BLOCK)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*){0,5}")
_SIZE_AT: Final = slice(124, 136)
_OCTAL: Final = re.compile(rb"[0-7]{11}\0")


def write(files: Mapping[str, bytes]) -> bytes:
    """Write files in their order.

    Raises:
        BundleInvalid: a name is none that a file in a bundle may have.
    """
    parts = []
    for name, data in files.items():
        parts += [_head(name, len(data)), data, bytes(-len(data) % _BLOCK)]
    return b"".join([*parts, _END])


def read(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Read files in their order; each is checked before it is given.

    Raises:
        BundleInvalid: this is no such row of files.
        BundleBroken: a head or padding was changed; names the file whose it is.
    """
    at, last = 0, ""
    for _ in range(FILES_MAX):
        head = data[at : at + _BLOCK]
        if not any(head):
            break
        last, size = _name(head, last), _size(head, last)
        begin, at = at + _BLOCK, at + _BLOCK + size + -size % _BLOCK
        if head != _head(last, size) or at > len(data) or any(data[begin + size : at]):
            raise BundleBroken(f"{last} is damaged or was changed")
        yield last, data[begin : begin + size]
    if data[at:] != _END:
        raise BundleBroken(f"what comes after {last or 'the beginning'} is damaged")


def is_name(name: str) -> bool:
    """Tell whether a file in a bundle may have this name: no way out, nothing hidden."""
    return len(name) <= NAME_MAX and _NAME.fullmatch(name) is not None


def _head(name: str, size: int) -> bytes:
    if not is_name(name):
        raise BundleInvalid(f"no file in a bundle has such a name: {name[:NAME_MAX]!a}")
    about = tarfile.TarInfo(name)
    about.size = size
    return about.tobuf(tarfile.USTAR_FORMAT)


def _name(head: bytes, last: str) -> str:
    name = head.partition(b"\0")[0].decode("ascii", "replace")
    if is_name(name):
        return name
    if not last:
        raise BundleInvalid
    raise BundleBroken(f"the file after {last} is damaged or was changed")


def _size(head: bytes, name: str) -> int:
    if not _OCTAL.fullmatch(head[_SIZE_AT]):
        raise BundleBroken(f"{name} is damaged or was changed")
    return int(head[_SIZE_AT][:-1], 8)
