"""The house's records in one SQLite file: engine, transactions, migrations."""

from balai.database.base import Base, UtcDateTime, word
from balai.database.engine import Database, DatabaseBusy, RecordsDamaged, open_database
from balai.database.migrate import DatabaseNewer

__all__ = [
    "Base",
    "Database",
    "DatabaseBusy",
    "DatabaseNewer",
    "RecordsDamaged",
    "UtcDateTime",
    "open_database",
    "word",
]
