"""A catalogue is a folder; its records are one SQLite file in it, in write-ahead mode."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from balai.catalogue.errors import (
    CatalogueBusy,
    CatalogueDamaged,
    CatalogueMissing,
    CatalogueNewer,
    CatalogueUnwritable,
)
from balai.catalogue.model import CatalogueBase
from balai.database import Database
from balai.database.engine import DatabaseBusy

FILE: Final = "catalogue.sqlite"
SCHEMA_VERSION: Final = 1
_BUSY: Final = frozenset({"SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED"})


class Catalogue:
    """The records of one catalogue folder. Writers take turns; readers never wait.

    The records are the truth; index segments beside them follow (see `app/ear_index.py`).
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Open the records, or make them.

        Raises:
            CatalogueMissing: there are none, and none were to be made.
            CatalogueNewer, CatalogueDamaged, CatalogueUnwritable: they cannot be used.
        """
        self.folder = folder
        path = folder / FILE
        with _translated():
            if not create and not path.is_file():
                raise CatalogueMissing(
                    f"there is no catalogue in {folder}; `balai ear index` makes one"
                )
            self._database = Database(path)
        with self.transaction() as session:
            _prepare(session.connection())

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        """Write, all or nothing."""
        with _translated(), self._database.transaction() as session:
            yield session

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Read one unchanging moment."""
        with _translated(), self._database.reading() as session:
            yield session

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _prepare(connection: Connection) -> None:
    version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
    if version > SCHEMA_VERSION:
        raise CatalogueNewer
    if version == SCHEMA_VERSION:
        return
    if inspect(connection).get_table_names():
        raise CatalogueDamaged
    CatalogueBase.metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DatabaseBusy as cause:
        raise _of_database(cause.__cause__) from cause
    except DatabaseError as cause:
        raise CatalogueDamaged from cause
    except OSError as cause:
        raise CatalogueUnwritable(
            f"the catalogue's folder cannot be used: {cause.strerror}"
        ) from cause


def _of_database(cause: BaseException | None) -> CatalogueBusy | CatalogueUnwritable:
    if isinstance(cause, OperationalError):
        name = getattr(cause.orig, "sqlite_errorname", "")
        if name not in _BUSY:
            return CatalogueUnwritable()
    return CatalogueBusy()
