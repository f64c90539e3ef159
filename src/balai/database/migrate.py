"""Migrations ship inside the package and run at the start; there is no alembic.ini to lose."""

import logging
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from balai.errors import Conflict

_VERSIONS: Final = Path(__file__).parent / "versions"

log = logging.getLogger(__name__)
logging.getLogger("alembic").setLevel(logging.WARNING)  # the steps are told below, once


class DatabaseNewer(Conflict):
    """These records were written by a newer Balai; upgrade, or restore a backup of before."""


def upgrade(connection: Connection) -> None:
    """Run the migrations that are missing, in the caller's transaction.

    Raises:
        DatabaseNewer: the records are at a version that this Balai does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(_VERSIONS.parent))
    config.set_main_option("version_locations", str(_VERSIONS))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)

    def steps(present: tuple[str, ...], _context: MigrationContext) -> list[Any]:
        todo = script._upgrade_revs("heads", present)  # type: ignore[arg-type]  # noqa: SLF001 - as its own `upgrade` does
        for number, step in enumerate(todo, start=1):
            log.info("migration %d of %d: %s", number, len(todo), step.doc)
        return todo

    try:
        with EnvironmentContext(
            config, script, fn=steps, destination_rev="heads"
        ) as environment:
            environment.configure(connection=connection, transactional_ddl=True)
            environment.run_migrations()
    except (CommandError, ResolutionError) as cause:
        raise DatabaseNewer from cause
