"""What every mapped class shares: aware times, JSON, names of constraints."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Dialect, Enum, MetaData
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from balai.errors import Tampered


class StoredTimeNaive(Tampered):
    """A time without its zone was about to be stored; this is a fault of Balai itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC without zone, aware on both ways."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise StoredTimeNaive
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.replace(tzinfo=UTC)


def word(states: type[Any]) -> Enum:
    """Make a column type that stores a StrEnum as its plain word."""
    return Enum(
        states, native_enum=False, length=16, values_callable=lambda e: [str(m) for m in e]
    )


class Base(DeclarativeBase):
    """The root of all records."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, object]: JSON}
