"""How good the decisions of the safety team are: figures with their numbers, for operators."""

from dataclasses import asdict
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from balai.cases import quality
from balai.people.accounts import require_operator
from balai.web.callers import HouseHere, Somebody

_USUAL_DAYS: Final = 90

router = APIRouter(prefix="/api", tags=["cases"])

Days = Annotated[int, Query(ge=1, le=quality.DAYS_MAX)]


class FigureView(BaseModel):
    """One figure, of `n` things; `value` null: there was nothing to count."""

    name: str
    of: str
    value: float | None
    n: int


class QualityView(BaseModel):
    """All figures of the last `days`."""

    days: int
    figures: list[FigureView]


@router.get("/quality")
def show(here: HouseHere, by: Somebody, days: Days = _USUAL_DAYS) -> QualityView:
    """Give agreement, overturned shares, time to effect and cost of holds (operators)."""
    require_operator(by)
    with here.database.reading() as session:
        found = quality.figures(session, days=days)
    return QualityView(days=days, figures=[FigureView(**asdict(one)) for one in found])


@router.get(
    "/quality.csv",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/csv": {}}, "description": "A table, RFC 4180"}},
)
def show_csv(here: HouseHere, by: Somebody, days: Days = _USUAL_DAYS) -> PlainTextResponse:
    """Give the same figures as a table (operators)."""
    require_operator(by)
    with here.database.reading() as session:
        found = quality.figures(session, days=days)
    return PlainTextResponse(quality.as_csv(found), media_type="text/csv")
