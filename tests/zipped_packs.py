"""Policy packs as zips: what people send, and what nobody should."""

import io
import stat
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from balai.policy.folder import FILE_BYTES_MAX, FILES_MAX
from balai.policy.zipped import UNPACKED_BYTES_MAX
from tests.policy_packs import encoded

Entry = tuple[str | ZipInfo, bytes]


def zipped(entries: Mapping[str, bytes] | Iterable[Entry], *, way: int = ZIP_DEFLATED) -> bytes:
    """Give a zip of these entries, in their order."""
    named = entries.items() if isinstance(entries, Mapping) else entries
    held = io.BytesIO()
    with ZipFile(held, "w", way) as archive:
        for name, data in named:
            archive.writestr(name, data)
    return held.getvalue()


def in_folder(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Give files as they lie in a zip of a whole folder."""
    return {f"{folder}/{name}": data for name, data in files.items()}


def _with(name: str | ZipInfo, data: bytes = b"x") -> bytes:
    return zipped([*encoded().items(), (name, data)])


def _of_kind(name: str, kind: int, data: bytes) -> bytes:
    entry = ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o644) << 16
    return _with(entry, data)


def _bomb() -> bytes:
    zeros = bytes(FILE_BYTES_MAX)
    return _with_many((f"{n}.md", zeros) for n in range(UNPACKED_BYTES_MAX // FILE_BYTES_MAX))


def _with_many(more: Iterable[Entry]) -> bytes:
    return zipped([*encoded().items(), *more])


def _encrypted() -> bytes:
    """Mark the last entry as encrypted, where readers look: in the directory of the zip."""
    data = bytearray(_with("note.md"))
    data[data.rfind(b"PK\x01\x02") + 8] |= 0x1
    return bytes(data)


def _lying() -> bytes:
    """Let the directory say of a bomb that it is small: it is read as far as it says."""
    data = bytearray(_with("note.md", bytes(FILE_BYTES_MAX * 2)))
    at = data.rfind(b"PK\x01\x02") + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


_SLASHED: Final = ZipInfo("a")
_SLASHED.filename = "phrases\\en.yaml"

HOSTILE: Final[Mapping[str, tuple[Callable[[], bytes], str]]] = {
    "no zip": (lambda: b"PK not at all", "this is no zip that can be read"),
    "nothing": (lambda: b"", "this is no zip that can be read"),
    "empty": (lambda: zipped({}), "this file is missing"),
    "cut": (lambda: zipped(encoded())[:-30], "this is no zip that can be read"),
    "up": (lambda: _with("../note.md"), "this is no place for a file of a pack"),
    "up and down": (lambda: _with("phrases/../../a.yaml"), "this is no place"),
    "absolute": (lambda: _with("/etc/note.md"), "this is no place"),
    "backslash": (lambda: _with(_SLASHED), "this is no place"),
    "a line in a name": (lambda: _with("a\nb.md"), "this is no place"),
    "deep": (lambda: _with("phrases/more/en.yaml"), "this is no place"),
    "long name": (lambda: _with(f"{'n' * 300}.md"), "this is no place"),
    "link": (
        lambda: _of_kind("note.md", stat.S_IFLNK, b"/etc/passwd"),
        "this is not a file",
    ),
    "device": (lambda: _of_kind("note.md", stat.S_IFCHR, b""), "this is not a file"),
    "stranger": (lambda: _with("run.sh"), "this file does not belong to a pack"),
    "twice": (lambda: _with("rules.yaml"), "this file is there twice"),
    "many": (
        lambda: _with_many((f"{n}.md", b"") for n in range(FILES_MAX)),
        f"there are more than {FILES_MAX} files",
    ),
    "large file": (
        lambda: _with("note.md", bytes(FILE_BYTES_MAX + 1)),
        "the file is larger than 1 MiB",
    ),
    "bomb": (_bomb, "the pack is larger than 16 MiB"),
    "lying": (_lying, "this is no zip that can be read"),
    "encrypted": (_encrypted, "this file is encrypted"),
    "unusual": (
        lambda: zipped(encoded(), way=zipfile.ZIP_LZMA),
        "this file is packed in an unusual way",
    ),
}
