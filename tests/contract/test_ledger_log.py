"""The ledger behaves alike on SQLite and on PostgreSQL, also when several processes write."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from balai.database import Database
from balai.ledger import issuing, log, tree
from balai.ledger.checkpoint import parse_secret, read_checkpoint
from balai.ledger.errors import (
    EntryErased,
    EntryMissing,
    ErasureKept,
    LedgerDamaged,
    LedgerKeyMissing,
    NoteInvalid,
    RecordInvalid,
    SizeInvalid,
)
from balai.ledger.model import LedgerEntry
from balai.ledger.tree import Frontier, Head
from balai.ledger.verify import verify_database
from rig import postgresql
from rig.ledgers import at_once, transactions
from tests.ledger_records import RECORDS, SECRET

SIGNER = parse_secret(SECRET)
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Records:
    """An empty ledger in some database."""

    address: str
    transaction: Callable[[], AbstractContextManager[Session]]

    def enter(self, count: int) -> None:
        with self.transaction() as session:
            for number in range(count):
                log.append(session, kind="note", record=RECORDS[number % 3])

    def damage(self) -> list[str]:
        with self.transaction() as session:
            report = verify_database(session, SIGNER.key)
        return [one.sentence() for one in report.damage]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgresql.running() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "sqlite":
        address = str(tmp_path / "balai.sqlite3")
        database = Database(Path(address))
        database.migrate()
        database.close()
    else:
        address = request.getfixturevalue("server")
    with transactions(address) as transaction:
        if request.param == "postgresql":
            with transaction() as session:
                session.execute(text("TRUNCATE ledger_entry, ledger_checkpoint"))
        yield Records(address, transaction)


def test_entries_have_one_order_and_come_back(records: Records) -> None:
    records.enter(7)
    with records.transaction() as session:
        entries = list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.index)))
        assert [one.index for one in entries] == list(range(7))
        assert [one.record for one in entries] == [RECORDS[n % 3] for n in range(7)]
        assert log.entry(session, 3).at == entries[3].at
        assert entries[3].at.tzinfo is not None
        assert log.size(session) == 7
    assert records.damage() == []


def test_the_tree_is_the_standard_s_at_every_size(records: Records) -> None:
    frontier, roots = Frontier(), [tree.EMPTY_ROOT]
    with records.transaction() as session:
        assert log.head(session) == Head(0, tree.EMPTY_ROOT)
        for number in range(21):
            entry = log.append(session, kind="note", record={"n": number})
            frontier.push(entry.leaf_hash)
            roots.append(frontier.root())
        assert [log.head(session, size) for size in range(22)] == list(
            map(Head, range(22), roots)
        )
        for size in range(1, 22):
            head = log.head(session, size)
            for index in range(size):
                leaf = log.entry(session, index).leaf_hash
                proof = log.inclusion(session, index, size)
                tree.verify_inclusion(index, size, leaf, proof, head.root)
                growth = log.consistency(session, index, size)
                tree.verify_consistency(Head(index, roots[index]), head, growth)


def test_what_is_not_there_is_told(records: Records) -> None:
    records.enter(3)
    with records.transaction() as session:
        for index in (-1, 3, 2**40):
            with pytest.raises(EntryMissing):
                log.entry(session, index)
            with pytest.raises(SizeInvalid):
                log.inclusion(session, index)
        for size in (-1, 4):
            with pytest.raises(SizeInvalid):
                log.head(session, size)
        with pytest.raises(SizeInvalid):
            log.consistency(session, 3, 2)


@pytest.mark.parametrize(
    ("kind", "record"),
    [
        ("Note", {}),
        ("erasure", {"index": 0}),
        ("note", {"a": 0.5}),
        ("note", {"a": "x" * 65_536}),
        ("n" * 33, {}),
    ],
)
def test_what_cannot_be_entered_leaves_no_trace(
    records: Records, kind: str, record: dict[str, Any]
) -> None:
    records.enter(1)
    with records.transaction() as session:
        with pytest.raises(RecordInvalid):
            log.append(session, kind=kind, record=record)
        assert log.size(session) == 1
    assert records.damage() == []


def test_an_entry_stands_or_falls_with_its_transaction(records: Records) -> None:
    records.enter(2)

    def fail() -> None:
        with records.transaction() as session:
            log.append(session, kind="note", record={})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    records.enter(2)
    assert records.damage() == []
    with records.transaction() as session:
        assert log.size(session) == 4


def test_an_erased_record_is_gone_and_the_tree_is_not(records: Records) -> None:
    records.enter(5)
    with records.transaction() as session:
        before = log.head(session)
        erasure = log.erase(session, 2, reason="its person asked")
    with records.transaction() as session:
        erased = log.entry(session, 2)
        assert (erased.record, erased.salt, erased.kind) == (None, None, "note")
        assert log.head(session, 5) == before
        told = log.entry(session, erasure.index).record
        assert told is not None
        assert (told["index"], told["leaf_hash"], told["reason"]) == (
            2,
            erased.leaf_hash.hex(),
            "its person asked",
        )
        with pytest.raises(EntryErased):
            log.erase(session, 2, reason="")
        with pytest.raises(ErasureKept):
            log.erase(session, erasure.index, reason="")
        with pytest.raises(EntryMissing):
            log.erase(session, 99, reason="")
        with pytest.raises(RecordInvalid):
            log.erase(session, 1, reason="x" * 501)
    assert records.damage() == []


def test_a_checkpoint_is_signed_once_for_each_size(records: Records) -> None:
    records.enter(5)
    with records.transaction() as session:
        first = issuing.issue(session, SIGNER)
        assert issuing.issue(session, SIGNER) == first
        found = read_checkpoint(first, SIGNER.key)
        assert found.head == log.head(session)
    records.enter(1)
    with records.transaction() as session:
        assert read_checkpoint(issuing.issue(session, SIGNER), SIGNER.key).size == 6
        latest = issuing.latest(session)
        assert latest is not None
        assert latest.size == 6
    assert records.damage() == []


def test_nothing_is_signed_that_contradicts_an_earlier_signature(records: Records) -> None:
    records.enter(5)
    with records.transaction() as session:
        issuing.issue(session, SIGNER)
    with records.transaction() as session:
        session.execute(text('DELETE FROM ledger_entry WHERE "index" = 4'))
        with pytest.raises(LedgerDamaged):
            issuing.issue(session, SIGNER)
        log.append(session, kind="note", record={"another": "one"})
        with pytest.raises(LedgerDamaged):
            issuing.issue(session, SIGNER)
    assert records.damage() == [
        "ledger_checkpoint, row 5: one of the entries 0 to 4 is not what was signed"
    ]


def test_signatures_without_their_key_are_told(records: Records) -> None:
    records.enter(1)
    with records.transaction() as session:
        assert verify_database(session, None).damage == []
        session.execute(text("INSERT INTO ledger_checkpoint VALUES (1, :note)"), {"note": b"x"})
        with pytest.raises(LedgerKeyMissing):
            verify_database(session, None)
        with pytest.raises(NoteInvalid):
            issuing.issue(session, SIGNER)


def test_several_processes_enter_at_once_without_a_gap(records: Records) -> None:
    assert at_once(records.address, processes=4, count=24, batch=3) == [0, 0, 0, 0]
    with records.transaction() as session:
        entries = list(session.scalars(select(LedgerEntry).order_by(LedgerEntry.index)))
    assert [one.index for one in entries] == list(range(96))
    told: dict[str, list[int]] = {}
    for one in entries:
        assert one.record is not None
        told.setdefault(one.record["by"], []).append(one.record["n"])
    assert told == {f"p{number}": list(range(24)) for number in range(4)}
    assert records.damage() == []


def test_what_was_committed_outlives_a_killed_process(records: Records) -> None:
    committed: list[int] = []
    for lines in (3, 1, 8):
        command = [sys.executable, "-m", "rig.ledgers", records.address]
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
        ) as writer:
            assert writer.stdout is not None
            committed += [int(writer.stdout.readline()) for _ in range(lines)]
            writer.kill()  # somewhere in its next transaction
            committed += [int(line) for line in writer.stdout if line.endswith("\n")]
        assert records.damage() == []
    with records.transaction() as session:
        size = log.size(session)
    assert committed == sorted(set(committed))
    assert set(committed) <= set(range(size))
    assert size - len(committed) <= 3  # committed, and killed before it could say so
