"""The files of a pack out of a zip that somebody sent: nothing in it is believed.

Its bytes never touch a disk before the pack was checked: each file is unpacked in memory, up to
the limits that a pack in a folder has.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from zipfile import ZipFile, ZipInfo

from balai.policy.errors import PackInvalid
from balai.policy.folder import (
    FILE_BYTES_MAX,
    PHRASES,
    PackFiles,
    belonging,
    require_few,
    require_whole,
    too_large,
)

ZIP_BYTES_MAX: Final = 2 * 2**20
UNPACKED_BYTES_MAX: Final = 16 * 2**20  # of all files together
NAME_BYTES_MAX: Final = 255
_SHOWN_LETTERS: Final = 100
_ENCRYPTED: Final = 0x1
_PLAIN: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_LITTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")  # what systems leave
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip


def read_zip(data: bytes) -> PackFiles:
    """Read every file of a zipped pack, by its path inside it.

    The pack lies in the zip as such or in one folder; what systems leave there is passed over.

    Raises:
        PackInvalid: this is no zip, or not of a pack; it names the file and the remedy.
    """
    if len(data) > ZIP_BYTES_MAX:
        raise PackInvalid("the zip is larger than 2 MiB", remedy="shorten the pack")
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            return _unpacked(archive, _entries(archive))
    except _BROKEN as cause:
        raise PackInvalid(
            "this is no zip that can be read", remedy="pack the folder again"
        ) from cause


def _entries(archive: ZipFile) -> Mapping[str, ZipInfo]:
    found = [one for one in archive.infolist() if not _is_litter(one.filename)]
    folder = _folder_of([one.filename for one in found])
    entries: dict[str, ZipInfo] = {}
    for one in found:
        name = one.filename.removeprefix(folder)
        if one.is_dir() and name in ("", PHRASES):
            continue
        _check_place(name)
        _check_kind(name, one)
        if name in entries:
            raise PackInvalid("this file is there twice", file=name, remedy="keep one")
        entries[name] = one
        require_few(list(entries))
    require_whole(entries)
    return entries


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2] in _LITTER


def _folder_of(names: Sequence[str]) -> str:
    """Give the one folder in which everything lies, with its slash; "": there is none."""
    first, slash, _ = names[0].partition("/") if names else ("", "", "")
    folder = first + slash
    is_one = slash and folder != PHRASES and all(name.startswith(folder) for name in names)
    return folder if is_one and first not in ("", ".", "..") else ""


def _check_place(name: str) -> None:
    """Refuse what would lie outside of the pack, or where a pack has nothing."""
    is_plain = name.isprintable() and "\\" not in name
    is_here = "/" not in name.removeprefix(PHRASES)
    if not (is_plain and is_here and len(name.encode(errors="replace")) <= NAME_BYTES_MAX):
        raise PackInvalid(
            "this is no place for a file of a pack",
            file=name[:_SHOWN_LETTERS],
            remedy="remove it; files lie in the pack's folder and in phrases/",
        )
    belonging(name)


def _check_kind(name: str, one: ZipInfo) -> None:
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise PackInvalid("this is not a file", file=name, remedy="replace it with one")
    if one.flag_bits & _ENCRYPTED:
        raise PackInvalid("this file is encrypted", file=name, remedy="pack it without")
    if one.compress_type not in _PLAIN:
        raise PackInvalid(
            "this file is packed in an unusual way",
            file=name,
            remedy="pack the folder as a plain zip",
        )


def _unpacked(archive: ZipFile, entries: Mapping[str, ZipInfo]) -> PackFiles:
    files: dict[str, bytes] = {}
    total = 0
    for name, data in _data_of(archive, entries):
        total += len(data)
        if total > UNPACKED_BYTES_MAX:
            raise PackInvalid(
                "the pack is larger than 16 MiB", file=name, remedy="shorten its files"
            )
        files[name] = data
    return files


def _data_of(archive: ZipFile, entries: Mapping[str, ZipInfo]) -> Iterator[tuple[str, bytes]]:
    for name, one in entries.items():
        with archive.open(one) as file:  # what it says of its length counts for nothing
            data = file.read(FILE_BYTES_MAX + 1)
        if len(data) > FILE_BYTES_MAX:
            raise too_large(name)
        yield name, data
