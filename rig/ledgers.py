"""Ledgers in SQLite and PostgreSQL alike, and processes that enter things in them."""

import contextlib
import multiprocessing
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from balai.database import Base, Database, DatabaseBusy
from balai.ledger import log
from balai.ledger.model import LedgerCheckpoint, LedgerEntry

TABLES: Final = [LedgerEntry.__table__, LedgerCheckpoint.__table__]


@contextlib.contextmanager
def transactions(address: str) -> Iterator[Any]:
    """Give what opens writing transactions: of the house's SQLite file, or of PostgreSQL."""
    if address.startswith("postgresql"):
        engine = create_engine(address)
        Base.metadata.create_all(engine, tables=TABLES)  # type: ignore[arg-type]
        yield lambda: _transaction(Session(engine, expire_on_commit=False))
        engine.dispose()
    else:
        database = Database(Path(address))
        yield database.transaction
        database.close()


@contextlib.contextmanager
def _transaction(session: Session) -> Iterator[Session]:
    with session, session.begin():
        yield session


def enter_some(address: str, name: str, count: int, batch: int) -> None:
    """Enter a number of things, some in one transaction; a busy house is asked again."""
    with transactions(address) as transaction:
        done = 0
        while done < count:
            try:
                with transaction() as session:
                    for number in range(done, done + batch):
                        log.append(session, kind="note", record={"by": name, "n": number})
                done += batch
            except DatabaseBusy:
                continue


def enter_for_ever(address: str) -> None:
    """Enter things until killed; tell each index when it is committed, and not before."""
    with transactions(address) as transaction:
        while True:
            with transaction() as session:
                index = log.append(session, kind="note", record={"why": "x" * 200}).index
            sys.stdout.write(f"{index}\n")
            sys.stdout.flush()


def at_once(address: str, processes: int, count: int, batch: int) -> list[int]:
    """Let several processes enter things at the same time; give how they ended."""
    spawn = multiprocessing.get_context("spawn")
    running = [
        spawn.Process(target=enter_some, args=(address, f"p{number}", count, batch))
        for number in range(processes)
    ]
    for one in running:
        one.start()
    for one in running:
        one.join()
    return [one.exitcode or 0 for one in running]


if __name__ == "__main__":
    enter_for_ever(sys.argv[1])
