"""Rows as they lie in the database, before anything makes sense of them.

Whoever looks for changed bytes must not stumble over them: texts that are no text any more,
numbers where bytes should be. So every column is read as bytes, and its type beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from balai.ledger.leaf import ERASURE

PAGE: Final = 500
TYPES: Final = "text text blob blob blob blob"
BLOB: Final = "blob"
_ENTRIES: Final = {
    "sqlite": """
        SELECT "index", CAST(kind AS BLOB), CAST(at AS BLOB), CAST(record AS BLOB),
            CAST(salt AS BLOB), CAST(leaf_hash AS BLOB), CAST(nodes AS BLOB),
            typeof(kind) || ' ' || typeof(at) || ' ' || typeof(coalesce(record, x'')) || ' '
            || typeof(coalesce(salt, x'')) || ' ' || typeof(leaf_hash) || ' ' || typeof(nodes)
        FROM ledger_entry
    """,
    "postgresql": """
        SELECT "index", convert_to(kind, 'UTF8'), convert_to(at, 'UTF8'), record, salt,
            leaf_hash, nodes, 'text text blob blob blob blob'
        FROM ledger_entry
    """,
}
_CHECKPOINTS: Final = {
    "sqlite": "SELECT size, CAST(note AS BLOB), typeof(note) FROM ledger_checkpoint",
    "postgresql": "SELECT size, note, 'blob' FROM ledger_checkpoint",
}


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it is stored; without record and salt it was erased."""

    index: int
    kind: bytes
    at: bytes
    record: bytes | None
    salt: bytes | None
    leaf_hash: bytes
    nodes: bytes
    types: str


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint as it is stored."""

    size: int
    note: bytes
    type: str


def entries(session: Session, *, up_to: int | None = None) -> Iterator[StoredEntry]:
    """Read all entries in their order, 500 at a time; only the first ones when asked."""
    page = text(
        _ENTRIES[session.get_bind().dialect.name]
        + 'WHERE "index" > :after ORDER BY "index" LIMIT :page'
    )
    after, left = -1, up_to
    while left is None or left > 0:
        asked = PAGE if left is None else min(PAGE, left)
        rows = session.execute(page, {"after": after, "page": asked}).all()
        for row in rows:
            yield StoredEntry(*row)
        if len(rows) < asked:
            return
        after, left = rows[-1][0], None if left is None else left - asked


def erasures(session: Session) -> Iterator[StoredEntry]:
    """Read the entries that tell of erasures."""
    query = _ENTRIES[session.get_bind().dialect.name] + 'WHERE kind = :kind ORDER BY "index"'
    for row in session.execute(text(query), {"kind": ERASURE}):
        yield StoredEntry(*row)


def checkpoints(session: Session) -> Iterator[StoredCheckpoint]:
    """Read all checkpoints, the smallest first."""
    query = _CHECKPOINTS[session.get_bind().dialect.name] + " ORDER BY size"
    for row in session.execute(text(query)):
        yield StoredCheckpoint(*row)
