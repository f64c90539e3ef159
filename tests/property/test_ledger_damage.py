"""Whatever byte is changed, in the database or in an export: it is found, and named."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from balai.database import Database
from balai.errors import Tampered
from balai.ledger.export import ENTRIES, Expected, verify_export, write_export
from balai.ledger.verify import verify_database
from tests.ledger_records import House, opened

ENTRY_COLUMNS = ("kind", "at", "record", "salt", "leaf_hash", "nodes")
FILES = (ENTRIES, "checkpoint", "key")
ERASED = (4, 5, 8)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Made:
    """A ledger of 24 entries and its exports; two checkpoints, one in the middle."""

    house: House
    folder: Path
    size: int

    def export(self, kind: str) -> Path:
        return self.folder / kind


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    folder = tmp_path_factory.mktemp("ledger")
    with opened(folder) as house:
        house.enter(12)
        house.issue()
        house.erase(*ERASED)
        house.enter(9)
        checkpoint = house.issue()
        for kind in ("private", "public"):
            with house.database.reading() as session:
                size = write_export(
                    session,
                    folder / kind,
                    checkpoint,
                    house.signer.key,
                    public=kind == "public",
                )
        yield Made(house, folder, size)


def test_what_nobody_changed_is_whole(made: Made) -> None:
    with made.house.database.reading() as session:
        report = verify_database(session, made.house.signer.key)
    assert (report.damage, report.size, report.erased) == ([], 24, 3)
    for kind in ("private", "public"):
        for key in (None, made.house.signer.key):
            told = verify_export(made.export(kind), Expected(key=key))
            assert (told.damage, told.size, told.root) == ([], 24, report.root)


@QUICK
@given(
    index=st.integers(0, 23),
    column=st.sampled_from(ENTRY_COLUMNS),
    at=st.integers(0, 500),
    flip=st.integers(1, 255),
)
def test_a_changed_byte_of_an_entry_is_named(
    made: Made, index: int, column: str, at: int, flip: int
) -> None:
    """Also where the text is no text any more: as in a file that somebody edited."""
    of = f'FROM ledger_entry WHERE "index" = {index}'
    kind = "TEXT" if column in {"kind", "at"} else "BLOB"
    with made.house.database.reading() as session:
        value = session.execute(text(f"SELECT CAST({column} AS BLOB) {of}")).scalar()
        if not value:
            return  # this entry has no such bytes
        change = f"UPDATE ledger_entry SET {column} = CAST(:new AS {kind})"
        session.execute(
            text(f'{change} WHERE "index" = {index}'), {"new": turned(value, at, flip)}
        )
        report = verify_database(session, made.house.signer.key)
    assert (report.damage[0].entry, report.damage[0].where) == (
        index,
        f"ledger_entry, row {index}",
    )


def turned(value: bytes, at: int, flip: int) -> bytes:
    changed = bytearray(value)
    changed[at % len(changed)] ^= flip
    return bytes(changed)


UPDATE = "UPDATE ledger_entry SET "
CHANGES = {
    "deleted": "DELETE FROM ledger_entry",
    "moved": UPDATE + '"index" = 1000 + "index"',
    "half erased": UPDATE + "salt = CASE salt IS NULL WHEN 1 THEN zeroblob(32) END",
    "erased in secret": UPDATE + "record = NULL, salt = NULL, nodes = nodes",
    "back again": UPDATE + "record = x'7b7d', salt = zeroblob(32)",
    "longer nodes": UPDATE + "nodes = nodes || zeroblob(1)",
    "no nodes": UPDATE + "nodes = x''",
    "no hash": UPDATE + "leaf_hash = x''",
    "another type": UPDATE + "kind = CAST(kind AS BLOB)",
    "a number": UPDATE + "at = 17",
}


@pytest.mark.parametrize("index", [1, 5, 11, 13, 23])
@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_row_is_named(made: Made, change: str, index: int) -> None:
    with made.house.database.reading() as session:
        session.execute(text(f'{CHANGES[change]} WHERE "index" = {index}'))
        first = verify_database(session, made.house.signer.key).damage[:1]
    named = [one.entry for one in first]
    if (change, index) == ("erased in secret", 5):  # it was erased before, and that is known
        assert named == []
    elif (change, index) == ("deleted", 23):
        assert [one.where for one in first] == ["ledger_checkpoint, row 24"]
    else:
        assert named == [index]


@QUICK
@given(row=st.sampled_from([12, 24]), at=st.integers(0, 500), flip=st.integers(1, 255))
def test_a_changed_byte_of_a_checkpoint_is_named(
    made: Made, row: int, at: int, flip: int
) -> None:
    with made.house.database.reading() as session:
        value = session.execute(
            text(f"SELECT note FROM ledger_checkpoint WHERE size = {row}")
        ).scalar_one()
        session.execute(
            text(f"UPDATE ledger_checkpoint SET note = :new WHERE size = {row}"),
            {"new": turned(value, at, flip)},
        )
        report = verify_database(session, made.house.signer.key)
    assert [one.where for one in report.damage] == [f"ledger_checkpoint, row {row}"]


@given(row=st.sampled_from([12, 24]), size=st.integers(0, 2**31))
@settings(deadline=None)
def test_a_checkpoint_of_another_size_is_named(made: Made, row: int, size: int) -> None:
    with made.house.database.reading() as session:
        try:
            session.execute(
                text(f"UPDATE ledger_checkpoint SET size = {size} WHERE size = {row}")
            )
        except IntegrityError:
            assume(False)
        report = verify_database(session, made.house.signer.key)
    where = [one.where for one in report.damage]
    assert where == ([] if size == row else [f"ledger_checkpoint, row {size}"])


@QUICK
@given(
    kind=st.sampled_from(["private", "public"]),
    name=st.sampled_from(FILES),
    at=st.integers(0, 20_000),
    flip=st.integers(1, 255),
)
def test_a_changed_byte_of_an_export_is_named(
    made: Made,
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    name: str,
    at: int,
    flip: int,
) -> None:
    whole = (made.export(kind) / name).read_bytes()
    line = whole.count(b"\n", 0, at % len(whole)) + 1
    folder = tmp_path_factory.mktemp("changed")
    shutil.copytree(made.export(kind), folder, dirs_exist_ok=True)
    (folder / name).write_bytes(turned(whole, at, flip))
    first = verify_export(folder, Expected()).damage[0]
    if name == ENTRIES:
        assert (first.where, first.entry) == (f"{ENTRIES}, line {line}", line - 1)
    else:
        assert (first.where, first.entry) == (name, None)
        assert first.what.startswith(f"line {line}: ")
    shutil.rmtree(folder)


def rows(path: Path) -> list[Any]:
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    try:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in ("ledger_entry", "ledger_checkpoint")
        ]
    finally:
        connection.close()


@pytest.fixture(scope="module")
def file(made: Made) -> Path:
    """The ledger's tables alone: every page of this file is theirs."""
    path = made.folder / "alone.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("ATTACH ? AS house", [str(made.folder / "balai.sqlite3")])
    for table in ("ledger_entry", "ledger_checkpoint"):
        (ddl,) = connection.execute(
            "SELECT sql FROM house.sqlite_master WHERE name = ?", [table]
        ).fetchone()
        connection.execute(ddl)
        connection.execute(f"INSERT INTO main.{table} SELECT * FROM house.{table}")
    connection.commit()
    connection.close()
    return path


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(part=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_changed_byte_of_the_file_is_found_or_changes_nothing(
    made: Made, file: Path, part: float, flip: int
) -> None:
    whole = file.read_bytes()
    path = made.folder / "changed.sqlite3"
    path.write_bytes(turned(whole, int(part * len(whole)), flip))
    database = Database(path)
    try:
        with database.reading() as session:
            found = bool(verify_database(session, made.house.signer.key).damage)
    except Tampered:
        found = True
    finally:
        database.close()
        for one in made.folder.glob("changed.sqlite3*"):
            one.unlink()
    if not found:
        path.write_bytes(turned(whole, int(part * len(whole)), flip))
        assert rows(path) == rows(file)
