"""`make bench NAME=ledger`: entering, proving, verifying; on SQLite, and PostgreSQL if there.

Every entry is its own transaction, flushed to the disk, as in a house: the figures of appends
measure the database as much as the ledger. `append_us` is the ledger's own part, in a
transaction that is open already. `layouts` compares how nodes can be stored.
"""

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from balai.database import Database
from balai.ledger import issuing, log, tree
from balai.ledger.checkpoint import open_signer
from balai.ledger.export import Expected, verify_export, write_export
from balai.ledger.note import LOG
from balai.ledger.verify import verify_database
from rig import postgresql
from rig.ledgers import at_once, transactions

RECORD: Final = {"clause": "harassment-2", "facts": "x" * 120, "room": "0123456789ab"}
PROCESSES: Final = 4
BATCH: Final = 500
LAYOUTS: Final = ("in the entry's row", "a row for each node", "tiles of 256 hashes")
Transaction = Callable[[], AbstractContextManager[Session]]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        told = _sqlite(Path(name), options.entries)
    told |= _postgresql(options.entries // 8)
    told["layouts"] = {name: _layout(name) for name in LAYOUTS}
    for name, value in told.items():
        print(f"{name:28} {value}")
    print(json.dumps(told))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=20_000, help="entries to prove among")
    return parser.parse_args()


def _sqlite(folder: Path, entries: int) -> dict[str, Any]:
    address = folder / "balai.sqlite3"
    database = Database(address)
    database.migrate()
    signer = open_signer(folder / "key", name="bench.example/ledger", algorithm=LOG)
    told = {"appends_per_s": _one_by_one(database.transaction, entries // 20)}
    before = address.stat().st_size
    told["append_us"] = _many(database.transaction, entries)
    told["bytes_per_entry"] = round(_grown(address, before) / entries)
    with database.transaction() as session:
        checkpoint = issuing.issue(session, signer)
    with database.reading() as session:
        told |= _read(session, entries)
        began = time.perf_counter()
        report = verify_database(session, signer.key)
        told["verify_entries_per_s"] = round(report.size / (time.perf_counter() - began))
        for kind in ("private", "public"):
            write_export(
                session, folder / kind, checkpoint, signer.key, public=kind == "public"
            )
            told[f"verify_{kind}_per_s"] = _verified(folder / kind)
    database.close()
    told["appends_per_s_processes"] = _several(str(address), entries // 80)
    return told


def _one_by_one(transaction: Transaction, count: int) -> int:
    began = time.perf_counter()
    for _ in range(count):
        with transaction() as session:
            log.append(session, kind="note", record=RECORD)
    return round(count / (time.perf_counter() - began))


def _many(transaction: Transaction, count: int) -> int:
    """Measure the ledger's own part of an append, in µs of CPU."""
    spent = 0.0
    for _ in range(count // BATCH):
        with transaction() as session:
            began = time.process_time()
            for _ in range(BATCH):
                log.append(session, kind="note", record=RECORD)
            spent += time.process_time() - began
            session.expunge_all()
    return round(spent / (count // BATCH * BATCH) * 1e6)


def _grown(path: Path, before: int) -> int:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.stat().st_size - before


def _read(session: Session, entries: int) -> dict[str, Any]:
    head = log.head(session)
    indices = [number * 7919 % entries for number in range(500)]
    began = time.perf_counter()
    proofs = [log.inclusion(session, index, head.size) for index in indices]
    proofs_per_s = len(indices) / (time.perf_counter() - began)
    for index, proof in zip(indices, proofs, strict=True):
        leaf = log.entry(session, index).leaf_hash
        tree.verify_inclusion(index, head.size, leaf, proof, head.root)
    began = time.perf_counter()
    for index in indices:
        log.consistency(session, index, head.size)
    return {
        "entries": head.size,
        "proofs_per_s": round(proofs_per_s),
        "consistency_per_s": round(len(indices) / (time.perf_counter() - began)),
        "proof_hashes": max(map(len, proofs)),
    }


def _verified(folder: Path) -> int:
    began = time.perf_counter()
    report = verify_export(folder, Expected())
    report.require_whole()
    return round(report.size / (time.perf_counter() - began))


def _several(address: str, count: int) -> int:
    """Measure several processes at once, the time in which they start taken away."""
    began = time.perf_counter()
    at_once(address, PROCESSES, 1, 1)
    middle = time.perf_counter()
    at_once(address, PROCESSES, count, 1)
    spent = time.perf_counter() - middle - (middle - began)
    return round(PROCESSES * (count - 1) / max(spent, 1e-3))


def _postgresql(count: int) -> dict[str, Any]:
    if postgresql.programs() is None:
        print("no PostgreSQL on this machine")
        return {}
    with postgresql.running() as url, transactions(url) as transaction:
        told = {
            "appends_per_s_postgresql_one": _one_by_one(transaction, count // 4),
            "appends_per_s_postgresql": _several(url, count // PROCESSES),
        }
        with transaction() as session:
            report = verify_database(session, None)
        report.require_whole()
        return told | {"entries_postgresql": report.size}


def _layout(name: str) -> dict[str, float]:
    """Store the nodes of 20,000 leaves in one of three ways, without any ORM around it."""
    count = 20_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layout"
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("CREATE TABLE entry (i INTEGER PRIMARY KEY, leaf BLOB, nodes BLOB)")
        connection.execute("CREATE TABLE node (i INTEGER PRIMARY KEY, hash BLOB)")
        connection.execute("BEGIN")
        frontier = tree.Frontier()
        tiles: dict[int, bytes] = {}
        began = time.process_time()
        for index in range(count):
            leaf = tree.leaf_hash(b"%d" % index)
            nodes = frontier.push(leaf)
            if name == "a row for each node":
                connection.execute("INSERT INTO entry VALUES (?, ?, NULL)", (index, leaf))
                for level, one in enumerate(nodes, start=1):
                    at = level << 40 | index >> level
                    connection.execute("INSERT INTO node VALUES (?, ?)", (at, one))
            elif name == "tiles of 256 hashes":
                connection.execute("INSERT INTO entry VALUES (?, ?, NULL)", (index, leaf))
                for level, one in [(0, leaf), *enumerate(nodes, start=1)]:
                    if level % 8 == 0:
                        at = level << 40 | index >> level >> 8
                        tiles[at] = tiles.get(at, b"") + one
                        connection.execute("REPLACE INTO node VALUES (?, ?)", (at, tiles[at]))
            else:
                joined = b"".join(nodes)
                connection.execute("INSERT INTO entry VALUES (?, ?, ?)", (index, leaf, joined))
        spent = time.process_time() - began
        connection.execute("COMMIT")
        connection.close()
        size = path.stat().st_size
    return {"us": round(spent / count * 1e6, 1), "bytes": round(size / count)}


if __name__ == "__main__":
    main()
