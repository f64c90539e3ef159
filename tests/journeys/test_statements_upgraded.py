"""Restrictions from before there were statements get a plain one."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

import balai.database.migrate
from balai.database import Database
from balai.rooms.model import Restriction
from balai.statements import rules
from balai.statements.model import Statement
from balai.statements.views import statement_view


def upgrade_to(database: Database, revision: str) -> None:
    config = Config()
    folder = Path(balai.database.migrate.__file__).parent
    config.set_main_option("script_location", str(folder))
    config.set_main_option("version_locations", str(folder / "versions"))
    config.set_main_option("path_separator", "newline")
    script = ScriptDirectory.from_config(config)
    with (
        database._writing.begin() as connection,
        EnvironmentContext(
            config,
            script,
            fn=lambda present, _: script._upgrade_revs(revision, present),
            destination_rev=revision,
        ) as environment,
    ):
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()


def test_restrictions_of_before_get_a_plain_statement(tmp_path: Path) -> None:
    database = Database(tmp_path / "records.sqlite3")
    upgrade_to(database, "0005")
    at = "2026-01-02 03:04:05.000000"
    rows = [
        "INSERT INTO person (id, handle, display_name, is_operator, created_at)"
        f" VALUES ('p', 'p', 'P', 0, '{at}')",
        "INSERT INTO room (id, title, description, language, openness, state, delay_s,"
        " recording, air_token, host_id, hands_locked, is_demo, created_at)"
        f" VALUES ('r', 'R', '', 'en', 'open', 'ended', 0, 0, 't', 'p', 0, 0, '{at}')",
        "INSERT INTO seat (id, room_id, person_id, role, state, muted, held)"
        " VALUES ('s', 'r', 'p', 'speaker', 'left', 0, 0)",
        *(
            "INSERT INTO restriction (id, room_id, person_id, seat_id, kind, by_name, by_role,"
            f" reason, from_at, until_at, lifted_at) VALUES ('{kind}', 'r', 'p', 's', '{kind}',"
            f" 'H', {role}, 'why {kind}', '{at}', {until}, NULL)"
            for kind, role, until in (
                ("mute", "'host'", f"'{at}'"),
                ("hold", "NULL", "NULL"),
                ("move_to_hall", "'cohost'", f"'{at}'"),
                ("remove", "'host'", "'9000-01-01 00:00:00.000000'"),
            )
        ),
    ]
    with database.transaction() as session:
        for row in rows:
            session.execute(text(row))
    database.migrate()
    with database.reading() as session:
        kept = {one.id: one.statement_id for one in session.scalars(select(Restriction))}
        stated = {one.restriction_id: one for one in session.scalars(select(Statement))}
    assert {one: stated[one].id for one in kept} == kept
    assert len(stated) == 4
    for kind, one in stated.items():
        assert rules.problems(one.fields) == []
        assert rules.validated(one.fields) == one.fields
        shown = statement_view(one)
        assert (shown.told.measure.kind, shown.told.ground.why) == (kind, f"why {kind}")
        assert one.ledger_index is None
    assert stated["hold"].told["automation"]["decision"] == "fully"  # type: ignore[index]
    database.close()
