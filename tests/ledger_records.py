"""A house with a ledger, for tests."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from balai.database import Database
from balai.ledger import issuing, log
from balai.ledger.checkpoint import Signer, parse_secret

# The key of the example in Go's sumdb/note: everybody knows it.
SECRET = b"PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
RECORDS: tuple[dict[str, Any], ...] = (
    {"clause": "hate-1", "facts": "…said “so” at 12:03"},
    {},
    {"n": -(2**53 - 1), "list": [1, [True, None, {"é": "\n\t\x7f"}]]},
)


@dataclass(frozen=True)
class House:
    """Records in a folder, and the key that signs them."""

    database: Database
    signer: Signer

    def enter(self, count: int) -> None:
        with self.database.transaction() as session:
            for number in range(count):
                log.append(session, kind="note", record=RECORDS[number % len(RECORDS)])

    def issue(self) -> bytes:
        with self.database.transaction() as session:
            return issuing.issue(session, self.signer)

    def erase(self, *indices: int) -> None:
        with self.database.transaction() as session:
            for index in indices:
                log.erase(session, index, reason="its person asked")


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[House]:
    database = Database(folder / "balai.sqlite3")
    database.migrate()
    try:
        yield House(database, parse_secret(SECRET))
    finally:
        database.close()
