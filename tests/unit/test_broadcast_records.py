"""What a worker writes down: now, again while the disk refuses, or given up and said so."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy.orm import Session

from balai import feed
from balai.broadcast import records as writing
from balai.broadcast.records import Records
from balai.database import Database, DatabaseBusy


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "records.sqlite3")
    made.migrate()
    yield made
    made.close()


@pytest.fixture
def records(database: Database) -> Records:
    return Records(database, cast("Any", SimpleNamespace(ring=lambda: None)))


def tell(session: Session) -> None:
    feed.append(session, room_id="room", kind="room", data={})


def number(database: Database) -> int:
    with database.reading() as session:
        return feed.last_number(session)


async def test_what_is_written_is_written(records: Records, database: Database) -> None:
    assert (await records.write(tell), number(database)) == (True, 1)


async def test_what_is_given_up_is_said_and_leaves_nothing(
    records: Records, database: Database
) -> None:
    def half(session: Session) -> None:
        tell(session)
        session.flush()
        raise ZeroDivisionError

    assert (await records.write(half), records.dropped, number(database)) == (False, 1, 0)


async def test_what_the_disk_refuses_is_written_later(
    records: Records, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "RETRY_S", 0)
    refusals = iter([DatabaseBusy(), OSError()])

    def refused(session: Session) -> None:
        if error := next(refusals, None):
            raise error
        tell(session)

    assert (await records.write(refused), records.dropped, number(database)) == (True, 0, 1)
