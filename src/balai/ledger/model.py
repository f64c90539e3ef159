"""The rows of the ledger. Everything in them is stored byte for byte as it was hashed."""

from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from balai.database import Base
from balai.ledger.errors import LedgerDamaged
from balai.ledger.leaf import KIND_MAX, TIME_LENGTH, parse_record, time_text


class ExactTime(TypeDecorator[datetime]):
    """A moment as the text that was hashed: one moment has one text, in every database."""

    impl = String(TIME_LENGTH)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else time_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        try:
            return None if value is None else datetime.fromisoformat(value)
        except ValueError as cause:
            raise LedgerDamaged("the time of an entry of the ledger was changed") from cause


class LedgerEntry(Base):
    """One thing that was entered. `nodes` are the hashes above the leaves that it completes.

    With its nodes in the row itself an entry costs one insert, and a node is found by its
    number alone: the last leaf under it is the entry that holds it.
    """

    __tablename__ = "ledger_entry"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(KIND_MAX))
    at: Mapped[datetime] = mapped_column(ExactTime)
    record_bytes: Mapped[bytes | None] = mapped_column("record", LargeBinary)
    salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    nodes: Mapped[bytes] = mapped_column(LargeBinary)

    @property
    def record(self) -> dict[str, Any] | None:
        """What was entered; None when it was erased."""
        return None if self.record_bytes is None else parse_record(self.record_bytes)


class LedgerCheckpoint(Base):
    """What the house signed about its ledger of a size, exactly as it went out."""

    __tablename__ = "ledger_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[bytes] = mapped_column(LargeBinary)
