"""Exports: a folder with which anybody can verify a ledger, without the house and its data.

`entries.jsonl` has one line for each entry, `checkpoint` what the house signed about them,
`key` the public key. docs/ledger.md describes them byte by byte.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from balai.errors import BalaiError
from balai.ledger import lines, note, stored
from balai.ledger.checkpoint import Checkpoint, read_checkpoint
from balai.ledger.errors import (
    ExportExists,
    ExportInvalid,
    ExportUnwritable,
    LedgerKeyInvalid,
    RecordInvalid,
)
from balai.ledger.leaf import ERASURE, Erasure
from balai.ledger.lines import LINE_BYTES_MAX, PRIVATE
from balai.ledger.note import Key
from balai.ledger.report import Mark, Report, Walk
from balai.ledger.tree import HASH_BYTES, Frontier

ENTRIES: Final = "entries.jsonl"
CHECKPOINT: Final = "checkpoint"
KEY: Final = "key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What somebody knows about a ledger from elsewhere; the more, the less can be pretended.

    Shapes:
        key: whose it must be; None: of whom it says it is
        witnesses: who must have co-signed it
        old: a checkpoint of before, out of which it must have grown
        sizes: sizes at which the report shall tell the root
    """

    key: Key | None = None
    witnesses: tuple[Key, ...] = ()
    old: bytes | None = None
    sizes: Collection[int] = ()


def write_export(
    session: Session, folder: Path, checkpoint: bytes, key: Key, *, public: bool
) -> int:
    """Write the entries that a checkpoint tells of; give how many.

    Raises:
        ExportExists: there is a file of this name, or a folder with something in it.
        ExportUnwritable: it cannot be written.
    """
    size = read_checkpoint(checkpoint, key).size
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ExportExists(f"{folder}: {ExportExists.sentence()}")
        with (folder / ENTRIES).open("xb") as file:
            file.writelines(_lines(session, size, public=public))
        (folder / KEY).write_text(key.text() + "\n", encoding="utf-8")
        (folder / CHECKPOINT).write_bytes(checkpoint)
    except (FileExistsError, NotADirectoryError) as cause:
        raise ExportExists(f"{folder}: {ExportExists.sentence()}") from cause
    except OSError as cause:
        raise ExportUnwritable(f"{folder}: {cause.strerror}") from cause
    return size


def read_signed(folder: Path) -> bytes:
    """Read the checkpoint of an export as it is.

    Raises:
        ExportInvalid: there is none.
    """
    return _read_file(folder / CHECKPOINT)


def verify_export(folder: Path, expected: Expected) -> Report:
    """Verify every byte of an export.

    Raises:
        ExportInvalid: a file of it is missing or cannot be read.
        NoteInvalid, CheckpointInvalid, SignatureMissing, SignatureWrong: what was expected is
            itself no checkpoint of this house.
    """
    report = Report()
    key = _read_key(folder, expected, report)
    marks = []
    if key is not None:
        report.origin = key.name
        if expected.old is not None:
            old = read_checkpoint(expected.old, key)
            marks.append(Mark(old.size, old.root, "the older checkpoint"))
    signed = _read_signed(folder, expected, key)
    if isinstance(signed, Checkpoint):
        marks.append(Mark(signed.size, signed.root, CHECKPOINT))
    walk = _ExportWalk(report, marks, expected.sizes)
    walk.go(folder / ENTRIES)
    if isinstance(signed, str):
        _tell_signed(folder, key, walk, signed)
    elif isinstance(signed, Checkpoint) and signed.size < report.size:
        report.add(CHECKPOINT, None, f"it tells of {signed.size} entries, and more are there")
    if isinstance(signed, Checkpoint) and key is not None:
        report.unchecked = _unchecked(folder, (key, *expected.witnesses))
    return report


class _ExportWalk(Walk):
    """Goes through the lines of an export."""

    def __init__(self, report: Report, marks: list[Mark], sizes: Collection[int]) -> None:
        super().__init__(report, marks, sizes)
        self._fields: frozenset[str] | None = None
        self._erased: dict[int, dict[str, Any]] = {}
        self._erasures: dict[int, Erasure] = {}
        self._is_off = False  # a public root did not fit, and those after it may not

    def go(self, path: Path) -> None:
        """Verify all lines."""
        for line in _read_lines(path):
            self._verify(line)
            self.settle()
        self._compare_erasures()
        self.report.erased = len(self._erased)
        self.finish()

    def _verify(self, line: bytes) -> None:
        try:
            fields = lines.read_line(line)
        except RecordInvalid as error:
            self._say(str(error))
            self.push(bytes(HASH_BYTES))
            return
        what = self._damage_of(fields)
        if what:
            self._say(what)
        self.push(fields["leaf_hash"])
        if "root" in fields:
            self._compare_root(fields["root"])

    def _damage_of(self, fields: dict[str, Any]) -> str:
        names = frozenset(fields)
        self._fields = self._fields or names
        if names != self._fields:
            return "private and public lines are mixed"
        if fields["index"] != self.index:
            return f"here should be entry {self.index}, and it is {fields['index']}"
        return self._damage_of_private(fields) if names == PRIVATE else ""

    def _damage_of_private(self, fields: dict[str, Any]) -> str:
        if lines.is_erased(fields):
            self._erased[self.index] = fields
            return ""
        try:
            leaf = lines.leaf_of(fields)
            if leaf.hash() != fields["leaf_hash"]:
                return "kind, time, record, salt and leaf hash do not belong together"
            if leaf.kind == ERASURE:
                one = Erasure.parse(leaf.record)
                self._erasures[one.index] = one
        except RecordInvalid as error:
            return str(error)
        return ""

    def _compare_root(self, root: bytes) -> None:
        is_off = self.frontier.root() != root
        if is_off and not self._is_off:
            index = self.index - 1
            what = "leaf hash and root do not fit the entries before"
            self.add(f"{ENTRIES}, line {index + 1}", index, what)
        self._is_off = is_off

    def _compare_erasures(self) -> None:
        for index in sorted(self._erased.keys() | self._erasures.keys()):
            fields, one = self._erased.get(index), self._erasures.get(index)
            is_same = (
                fields is not None
                and one is not None
                and (fields["kind"], fields["at"], fields["leaf_hash"].hex())
                == (one.kind, one.at, one.leaf_hash)
            )
            if not is_same:
                what = "it is not as the entry about its erasure tells"
                self.add(f"{ENTRIES}, line {index + 1}", index, what)

    def _say(self, what: str) -> None:
        self.add(f"{ENTRIES}, line {self.index + 1}", self.index, what)


def _lines(session: Session, size: int, *, public: bool) -> Iterator[bytes]:
    frontier = Frontier()
    for row in stored.entries(session, up_to=size):
        if public:
            frontier.push(row.leaf_hash)
            yield lines.public_line(row, frontier.root())
        else:
            yield lines.private_line(row)


def _read_lines(path: Path) -> Iterator[bytes]:
    """Read lines of at most 66,560 bytes; a longer one is cut, and found to be damaged."""
    try:
        with path.open("rb") as file:
            while line := file.readline(LINE_BYTES_MAX):
                yield line
                while not line.endswith(b"\n") and line:
                    line = file.readline(LINE_BYTES_MAX)
    except OSError as cause:
        raise ExportInvalid(f"{path}: {cause.strerror}") from cause


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(note.NOTE_BYTES_MAX + 1)
    except OSError as cause:
        raise ExportInvalid(f"{path}: {cause.strerror}") from cause


def _read_key(folder: Path, expected: Expected, report: Report) -> Key | None:
    data = _read_file(folder / KEY)
    try:
        key = Key.parse(data.decode().removesuffix("\n"))
        if key.text() + "\n" != data.decode() or key.algorithm != note.LOG:
            raise LedgerKeyInvalid
    except (LedgerKeyInvalid, ValueError):
        report.add(KEY, None, f"line 1: {LedgerKeyInvalid.sentence()}")
        return expected.key
    if expected.key is not None and key != expected.key:
        report.add(KEY, None, f"this is the key of {key.name}, and not the expected one")
        return expected.key
    return key


def _read_signed(folder: Path, expected: Expected, key: Key | None) -> Checkpoint | str | None:
    """Read the checkpoint; a text says why it cannot be believed, None that nobody knows."""
    data = read_signed(folder)
    if key is None:
        return None
    try:
        return read_checkpoint(data, key, expected.witnesses)
    except BalaiError as error:
        return str(error)


def _unchecked(folder: Path, known: Collection[Key]) -> list[str]:
    ids = {(key.name, key.key_id) for key in known}
    signatures = note.parse_note(read_signed(folder)).signatures
    return [one.name for one in signatures if (one.name, one.key_id) not in ids]


def _tell_signed(folder: Path, key: Key | None, walk: Walk, why: str) -> None:
    """Name the line of a checkpoint that cannot be believed, by what the entries say."""
    line = ""
    if key is not None and not walk.bad:
        text = Checkpoint(key.name, walk.report.size, walk.report.root).text()
        line = f"line {_odd_line(read_signed(folder), text)}: "
    walk.report.add(CHECKPOINT, None, f"{line}{why}")


def _odd_line(data: bytes, text: str) -> int:
    """Give the number of the first line that is not as it should be; else the signature's."""
    there, right = data.split(b"\n"), text.encode().split(b"\n")
    for number, (one, other) in enumerate(zip(there, right, strict=False), start=1):
        if one != other:
            return number
    return len(right) + 1
