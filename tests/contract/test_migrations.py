"""The migrations and the mapped classes agree, and an upgrade is all or nothing."""

import logging
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

import balai.cases.golden
import balai.cases.model
import balai.evidence.model
import balai.feed
import balai.ledger.model
import balai.rooms.audience
import balai.rooms.chat
import balai.rooms.duty
import balai.rooms.ending
import balai.rooms.model
import balai.rooms.replays
import balai.rooms.safety
import balai.rooms.shift_notes
import balai.rooms.tickets
import balai.rulebook.model
from balai.clock import now
from balai.database import Base, Database, DatabaseBusy, DatabaseNewer
from balai.ids import new_id
from balai.people.model import Person


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "house" / "records.sqlite3"


def test_the_tables_are_those_of_the_classes(path: Path) -> None:
    tables = {balai.rooms.model.Room.__tablename__, balai.feed.FeedEntry.__tablename__}
    assert tables <= set(Base.metadata.tables)
    database = Database(path)
    database.migrate()
    with database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_each_step_is_told_once(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database = Database(path)
    database.migrate()
    first = [r.getMessage() for r in caplog.records if r.name == "balai.database.migrate"]
    assert first[0] == "migration 1 of 15: The first tables: people, rooms, wishes, the feed."
    assert len(first) == 15
    caplog.clear()
    database.migrate()
    assert caplog.records == []
    database.close()


def test_records_of_a_newer_house_are_left_alone(path: Path) -> None:
    database = Database(path)
    database.migrate()
    with database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseNewer):
        database.migrate()
    database.close()


def person() -> Person:
    return Person(id=new_id(), handle=new_id(), display_name="P", created_at=now())


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    database = Database(path)
    database.migrate()

    def fail_halfway() -> None:
        with database.transaction() as session:
            session.add(person())
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_halfway()
    with database.transaction() as session:
        assert session.scalars(select(Person)).all() == []
        session.add(person())
    with database.reading() as session:
        (kept,) = session.scalars(select(Person))
        assert kept.created_at.tzinfo is not None
    database.close()


def test_readers_see_one_moment_while_somebody_writes(path: Path) -> None:
    database = Database(path)
    database.migrate()
    with database.reading() as reader:
        assert reader.scalars(select(Person)).all() == []
        with database.transaction() as session:
            session.add(person())
        assert reader.scalars(select(Person)).all() == []
    database.close()


def test_a_second_writer_gives_up_in_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("balai.database.engine.BUSY_MS", 50)
    database = Database(path)
    database.migrate()
    with database.transaction(), pytest.raises(DatabaseBusy), database.transaction():
        pass
    database.close()


def test_what_is_confirmed_is_on_the_disk(path: Path) -> None:
    database = Database(path)
    with database.reading() as session:
        pragmas = {
            name: session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    database.close()
