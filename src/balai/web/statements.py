"""Statements of reasons: one's own to read, all of them for the public database."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from balai.rooms.own_statements import OwnStatement, shown
from balai.statements import reading
from balai.statements.views import StatementView, statement_view
from balai.web.callers import Concerned, HouseHere, Somebody

router = APIRouter(prefix="/api", tags=["statements"])

Limit = Annotated[int, Query(ge=1, le=reading.PAGE)]
After = Annotated[str | None, Query(max_length=12)]


class StatementsExported(BaseModel):
    """One body for the public database's `POST /api/v1/statements`, 100 statements at most."""

    statements: list[dict[str, object]]


@router.get("/me/statements")
def mine(here: HouseHere, by: Concerned, limit: Limit = reading.SHOWN) -> list[OwnStatement]:
    """List the statements of reasons for oneself, newest first."""
    with here.database.reading() as session:
        found = reading.of_person(session, by, limit=limit)
        if all(one.delivered_at for one in found):
            return shown(session, found)
    with here.writing() as session:
        found = reading.of_person(session, by, limit=limit)
        reading.delivered(found, to=by)
        return shown(session, found)


@router.get("/statements/export")
def export(
    here: HouseHere, by: Somebody, after: After = None, limit: Limit = reading.PAGE
) -> StatementsExported:
    """Give the statements after a puid, oldest first, as the public database takes them."""
    with here.database.reading() as session:
        found = reading.exported(session, by=by, after=after, limit=limit)
        return StatementsExported(statements=found)


@router.get(
    "/statements/export.csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "A table, RFC 4180"}},
)
def export_csv(
    here: HouseHere, by: Somebody, after: After = None, limit: Limit = reading.PAGE
) -> PlainTextResponse:
    """Give the same statements as a table (operators)."""
    with here.database.reading() as session:
        found = reading.exported(session, by=by, after=after, limit=limit)
    return PlainTextResponse(reading.as_csv(found), media_type="text/csv")


@router.get("/statements/{statement_id}")
def show(here: HouseHere, by: Concerned, statement_id: str) -> StatementView:
    """Read a statement of reasons: one's own, or any (operators)."""
    with here.database.reading() as session:
        found = reading.find(session, statement_id, by=by)
        if found.person_id != by.id or found.delivered_at is not None:
            return statement_view(found)
    with here.writing() as session:
        found = reading.find(session, statement_id, by=by)
        reading.delivered([found], to=by)
        return statement_view(found)


@router.post("/statements/{statement_id}/read")
def read(here: HouseHere, by: Concerned, statement_id: str) -> StatementView:
    """Note that one has read a statement that is one's own; the first time counts."""
    with here.writing() as session:
        return statement_view(reading.read(session, statement_id, by=by))
