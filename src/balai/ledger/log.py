"""Entering, erasing and proving, in the caller's transaction.

What is entered stands or falls with what it tells of. Entries have one order, without gaps:
SQLite has one writer at a time anyway; in PostgreSQL writers to the ledger take turns, from
their first entry until their transaction ends. So enter last, just before the transaction ends.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ledger import tree
from balai.ledger.errors import (
    EntryErased,
    EntryMissing,
    ErasureKept,
    LedgerDamaged,
    RecordInvalid,
    SizeInvalid,
)
from balai.ledger.leaf import ERASURE, Leaf, time_text
from balai.ledger.model import LedgerEntry
from balai.ledger.tree import HASH_BYTES, Head, Node, Stretch

REASON_MAX: Final = 500
_LAST: Final = select(func.max(LedgerEntry.index))
_TURN: Final = 0x62616C6169_6C  # names PostgreSQL's lock: "balail"


def append(session: Session, *, kind: str, record: dict[str, Any]) -> LedgerEntry:
    """Enter one record. Its index and its place in the tree are final when this returns.

    Raises:
        RecordInvalid: the kind is not 1 to 32 of a-z, 0-9 and _; the record holds a fraction or
            has more than 65,536 bytes.
    """
    if kind == ERASURE:
        raise RecordInvalid(f"only erasing makes entries of the kind {ERASURE}")
    return _append(session, kind, record)


def erase(session: Session, index: int, *, reason: str) -> LedgerEntry:
    """Erase the record and the salt of an entry for ever, and enter that this was done.

    The tree stays as it was, with the hash of what nobody can know any more.

    Raises:
        EntryMissing: there is no such entry.
        EntryErased: it was erased before.
        ErasureKept: it tells of an erasure itself.
        RecordInvalid: the reason is longer than 500 characters.
    """
    take_turn(session)
    erased = entry(session, index)
    if erased.record_bytes is None:
        raise EntryErased
    if erased.kind == ERASURE:
        raise ErasureKept
    if len(reason) > REASON_MAX:
        raise RecordInvalid(f"a reason has {REASON_MAX} characters at most")
    told = {
        "index": index,
        "kind": erased.kind,
        "at": time_text(erased.at),
        "leaf_hash": erased.leaf_hash.hex(),
        "reason": reason,
    }
    erasure = _append(session, ERASURE, told)
    erased.record_bytes = erased.salt = None
    session.flush()
    return erasure


def entry(session: Session, index: int) -> LedgerEntry:
    """Read an entry.

    Raises:
        EntryMissing: there is none of this index.
    """
    found = session.get(LedgerEntry, index) if 0 <= index <= tree.SIZE_MAX else None
    if found is None:
        raise EntryMissing
    return found


def size(session: Session) -> int:
    """Tell how many entries there are."""
    last = session.scalar(_LAST)
    return 0 if last is None else last + 1


def head(session: Session, at_size: int | None = None) -> Head:
    """Give size and root of the tree, now or as it was at a size.

    Raises:
        SizeInvalid: it was never of this size.
        LedgerDamaged: entries that it needs are missing.
    """
    of_size = _size(session, at_size)
    (root,) = _hashes(session, [Stretch(0, of_size)]) if of_size else (tree.EMPTY_ROOT,)
    return Head(of_size, root)


def inclusion(session: Session, index: int, at_size: int | None = None) -> list[bytes]:
    """Prove that an entry is in the tree of a size (`tree.verify_inclusion`).

    Raises:
        SizeInvalid: there is no such entry in a tree of this size, or no such tree.
    """
    stretches = tree.inclusion_stretches(index, _size(session, at_size))
    return _hashes(session, stretches)


def consistency(session: Session, old: int, new: int | None = None) -> list[bytes]:
    """Prove that the tree only grew from one size to another (`tree.verify_consistency`).

    Raises:
        SizeInvalid: it never grew so.
    """
    return _hashes(session, tree.consistency_stretches(old, _size(session, new)))


def take_turn(session: Session) -> None:
    """Wait until nobody else enters anything, and keep it so until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        # Under READ COMMITTED the next statement sees what the one before us committed. A
        # stricter level sees an older moment and fails on the key: loudly, and nothing is lost.
        session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def _append(session: Session, kind: str, record: dict[str, Any]) -> LedgerEntry:
    at = now()
    leaf = Leaf.of(kind, at, record)
    take_turn(session)
    index = size(session)
    if index >= tree.SIZE_MAX:
        raise LedgerDamaged("the ledger is full: no entry has a higher index")
    leaf_hash = leaf.hash()
    lefts = _nodes(session, tree.siblings(index))
    nodes = tree.complete(leaf_hash, [lefts[node] for node in tree.siblings(index)])
    entered = LedgerEntry(
        index=index,
        kind=kind,
        at=at,
        record_bytes=leaf.record,
        salt=leaf.salt,
        leaf_hash=leaf_hash,
        nodes=b"".join(nodes),
    )
    session.add(entered)
    session.flush()
    return entered


def _size(session: Session, asked: int | None) -> int:
    present = size(session)
    if asked is None:
        return present
    if not 0 <= asked <= present:
        raise SizeInvalid(f"the ledger has {present} entries; it was never of size {asked}")
    return asked


def _hashes(session: Session, stretches: list[Stretch]) -> list[bytes]:
    needed = {node for stretch in stretches for node in tree.cover(stretch)}
    nodes = _nodes(session, needed)
    return [tree.hash_of(stretch, nodes) for stretch in stretches]


def _nodes(session: Session, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """Read nodes from the entries that complete them: by key, at most 2 log2(size) rows."""
    holders = {node: ((node.number + 1) << node.level) - 1 for node in wanted}
    if not holders:
        return {}
    query = select(LedgerEntry.index, LedgerEntry.leaf_hash, LedgerEntry.nodes).where(
        LedgerEntry.index.in_(sorted(set(holders.values())))
    )
    rows = {index: (leaf, nodes) for index, leaf, nodes in session.execute(query)}
    found = {}
    for node, holder in holders.items():
        leaf, nodes = rows.get(holder, (b"", b""))
        found[node] = _hash_at(leaf, nodes, node.level)
        if len(found[node]) != HASH_BYTES:
            raise LedgerDamaged(f"entry {holder} of the ledger is missing or was cut short")
    return found


def _hash_at(leaf: bytes, nodes: bytes, level: int) -> bytes:
    end = level * HASH_BYTES
    return nodes[end - HASH_BYTES : end] if level else leaf
