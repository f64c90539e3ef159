"""Read statements of reasons: one's own, and all of them in the public database's form."""

import csv
import io
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.statements import rules
from balai.statements.compile import with_end
from balai.statements.errors import StatementMissing
from balai.statements.model import Statement

PAGE: Final = 100  # as many as the database takes at once
SHOWN: Final = 50
_FORMULA: Final = ("=", "+", "-", "@")


def of_person(session: Session, person: Person, *, limit: int = SHOWN) -> list[Statement]:
    """Read a person's statements, newest first, 100 at most."""
    query = (
        select(Statement)
        .where(Statement.person_id == person.id)
        .order_by(Statement.at.desc(), Statement.id)
        .limit(min(limit, PAGE))
    )
    return list(session.scalars(query))


def find(session: Session, statement_id: str, *, by: Person) -> Statement:
    """Read a statement: its person, or an operator.

    Raises:
        StatementMissing: there is none for this person.
    """
    statement = session.get(Statement, statement_id)
    if statement is None or not (by.is_operator or statement.person_id == by.id):
        raise StatementMissing
    return statement


def delivered(statements: Sequence[Statement], *, to: Person) -> None:
    """Note that a person's page has fetched what is theirs; others' fetching is no delivery."""
    for statement in statements:
        if statement.person_id == to.id and statement.delivered_at is None:
            statement.delivered_at = now()


def read(session: Session, statement_id: str, *, by: Person) -> Statement:
    """Note that a person has read a statement that is theirs; the first time counts.

    Raises:
        StatementMissing: it is somebody else's.
    """
    statement = find(session, statement_id, by=by)
    if statement.person_id != by.id:
        raise StatementMissing
    delivered([statement], to=by)
    statement.read_at = statement.read_at or now()
    return statement


def exported(
    session: Session, *, by: Person, after: str | None = None, limit: int = PAGE
) -> list[dict[str, object]]:
    """Give the next statements, oldest first, in the public database's form.

    `after` is the puid of the last one before. An end that came meanwhile is filled in.

    Raises:
        OperatorsOnly: this is somebody else.
        StatementMissing: there is no statement with the puid `after`.
    """
    require_operator(by)
    query = select(Statement).order_by(Statement.at, Statement.id).limit(min(limit, PAGE))
    if after is not None:
        last = find(session, after, by=by)
        is_later = and_(Statement.at == last.at, Statement.id > last.id)
        query = query.where(or_(Statement.at > last.at, is_later))
    return [with_end(one.fields, one.ended_at) for one in session.scalars(query)]


def as_csv(statements: Sequence[dict[str, object]]) -> str:
    """Write statements as a table, lists as JSON; no cell is a formula to a spreadsheet.

    Source: RFC 4180.
    """
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(rules.FIELDS)
    writer.writerows([cell(one.get(name)) for name in rules.FIELDS] for one in statements)
    return table.getvalue()


def cell(value: object) -> str:
    """Write a cell of a table that no spreadsheet takes for a formula."""
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
