"""Verifying the house's own ledger: every record, every node, every checkpoint, to the byte."""

from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from balai.errors import BalaiError
from balai.ledger import stored
from balai.ledger.checkpoint import Checkpoint, read_checkpoint
from balai.ledger.errors import LedgerDamaged, LedgerKeyMissing, RecordInvalid
from balai.ledger.leaf import ERASURE, Erasure, Leaf
from balai.ledger.note import Key, parse_note
from balai.ledger.report import Mark, Report, Walk
from balai.ledger.stored import StoredCheckpoint, StoredEntry
from balai.ledger.tree import HASH_BYTES

_ENTRY: Final = "ledger_entry"
_CHECKPOINT: Final = "ledger_checkpoint"
_BUSY: Final = ("database is locked", "database table is locked")

Vouched = dict[int, tuple[bytes, bytes, bytes]]


def verify_database(session: Session, key: Key | None, old: Checkpoint | None = None) -> Report:
    """Verify all that is stored, and that it grew out of an older checkpoint when one is given.

    Raises:
        LedgerKeyMissing: there are signatures, and no key to check them.
        LedgerDamaged: the database cannot be read any more.
    """
    report = Report(origin=key.name if key else "")
    try:
        marks = _marks(session, key, report)
        if old is not None:
            marks.append(Mark(old.size, old.root, "the older checkpoint"))
        _verify_entries(session, Walk(report, marks))
        _verify_file(session, report)
    except (
        DatabaseError,
        UnicodeDecodeError,
    ) as cause:  # SQLite quotes damaged names as they are
        if isinstance(cause, OperationalError) and str(cause.orig) in _BUSY:
            raise
        raise LedgerDamaged("the database of the ledger cannot be read any more") from cause
    return report


def _verify_entries(session: Session, walk: Walk) -> None:
    vouched, erased, odd = _vouched(session), set(), []
    for row in stored.entries(session):
        if row.index != walk.index:
            what = f"it is missing: the next one there is entry {row.index}"
            walk.add(_ENTRY, walk.index, what)
            break
        if row.record is None and row.salt is None and row.types == stored.TYPES:
            erased.add(row.index)
            if vouched.get(row.index) != (row.kind, row.at, row.leaf_hash):
                odd.append((row.kind != ERASURE.encode(), row.index))
                walk.bad.append(row.index)
        elif what := _damage_of(row):
            walk.add(_row(row.index), row.index, what)
        _verify_nodes(row, walk, walk.push(row.leaf_hash or b""))
        walk.settle()
    # Told last, and what tells of others first: the rest may follow from that.
    for _, index in sorted(odd):
        what = "its record is gone, and no entry tells that just this was erased"
        walk.report.add(_row(index), index, what)
    for index in sorted(vouched.keys() - erased):
        walk.add(_row(index), index, "it was erased, and is there again or gone")
    walk.report.erased = len(erased)
    walk.finish()


def _vouched(session: Session) -> Vouched:
    """Give what sound entries tell about erased ones."""
    told: Vouched = {}
    for row in stored.erasures(session):
        if row.record is not None and not _damage_of(row):
            try:
                one = Erasure.parse(row.record)
                told[one.index] = (
                    one.kind.encode(),
                    one.at.encode(),
                    bytes.fromhex(one.leaf_hash),
                )
            except (RecordInvalid, ValueError):
                continue  # it was entered so: it vouches for nothing
    return told


def _damage_of(row: StoredEntry) -> str:
    if row.types != stored.TYPES:
        return f"a column is of another type: {row.types}"
    if row.record is None or row.salt is None:
        return "it is half erased: only its record or only its salt is gone"
    try:
        leaf = Leaf(
            kind=row.kind.decode(),
            at=row.at.decode(),
            record=row.record,
            salt=row.salt,
        )
    except (ValueError, RecordInvalid):
        return "its kind, time, record or salt cannot have been entered so"
    if leaf.hash() != row.leaf_hash:
        return "its kind, time, record, salt and leaf hash do not belong together"
    return ""


def _verify_nodes(row: StoredEntry, walk: Walk, nodes: list[bytes]) -> None:
    if b"".join(nodes) == row.nodes:
        return
    is_whole = len(row.nodes) == len(nodes) * HASH_BYTES
    for level, node in enumerate(nodes, start=1):
        first = row.index + 1 - (1 << level)
        there = row.nodes[(level - 1) * HASH_BYTES : level * HASH_BYTES]
        if is_whole and walk.bad and walk.bad[-1] >= first:
            # A damaged leaf below explains it: what is stored shows how the tree was.
            walk.frontier.peaks[-1] = row.nodes[-HASH_BYTES:]
            return
        if there != node:
            walk.report.add(
                _row(row.index),
                row.index,
                f"the node over the entries {first} to {row.index} does not follow from them",
            )
            return
    walk.report.add(_row(row.index), row.index, "it has more nodes than it can")


def _row(index: int) -> str:
    return f"{_ENTRY}, row {index}"


def _marks(session: Session, key: Key | None, report: Report) -> list[Mark]:
    marks = []
    for row in stored.checkpoints(session):
        if key is None:
            raise LedgerKeyMissing
        where = f"{_CHECKPOINT}, row {row.size}"
        try:
            found = _checkpoint_of(row, key)
        except BalaiError as error:
            report.add(where, None, str(error))
        else:
            marks.append(Mark(found.size, found.root, where))
    return marks


def _checkpoint_of(row: StoredCheckpoint, key: Key) -> Checkpoint:
    if row.type != stored.BLOB:
        raise LedgerDamaged(f"a column is of another type: {row.type}")
    found = read_checkpoint(row.note, key)
    if len(parse_note(row.note).signatures) != 1:
        raise LedgerDamaged("the house signs once; here are more signatures")
    if found.size != row.size:
        raise LedgerDamaged(f"this is the checkpoint of size {found.size}")
    return found


def _verify_file(session: Session, report: Report) -> None:
    """Ask SQLite whether its own pages are sound: a lost page hides the last entries."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for table in (_ENTRY, _CHECKPOINT):
        for (line,) in session.execute(text(f"PRAGMA integrity_check({table})")):
            if line != "ok":
                report.add(f"the file of the database, {table}", None, str(line))
