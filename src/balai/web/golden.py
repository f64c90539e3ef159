"""Golden cases: leads write the right answers down, and see how they were answered."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from balai.cases import golden
from balai.cases.golden import GoldenTold, RightAnswer
from balai.cases.model import Concern, Outcome
from balai.people.accounts import require_operator
from balai.rulebook.packs import in_force
from balai.web.callers import HouseHere, Somebody
from balai.web.shapes import Sent

router = APIRouter(prefix="/api/golden", tags=["cases"])


class GoldenSent(Sent):
    """The right answer to a closed case; a violation names its clause."""

    outcome: Outcome
    clause: str | None = Field(None, max_length=40)
    why: str = Field(max_length=2 * golden.WHY_MAX)


class GoldenView(BaseModel):
    """One golden case.

    `is_asked` false: it was opened again, or its sound has expired. `right` of `answers` were
    the right one, null while so few answered that it would tell who; that is told to nobody.
    """

    case_id: str
    room_title: str
    concern: Concern
    language: str
    outcome: Outcome
    clause: str | None
    why: str
    marked_at: datetime
    is_asked: bool
    answers: int | None
    right: int | None


@router.get("")
def show(here: HouseHere, by: Somebody) -> list[GoldenView]:
    """List the golden cases, those marked last first, 500 at most (operators)."""
    require_operator(by)
    with here.database.reading() as session:
        return [_view(one) for one in golden.told(session, by)]


@router.put("/{case_id}", status_code=204)
def mark(here: HouseHere, by: Somebody, case_id: str, sent: GoldenSent) -> None:
    """Make a closed case golden, or write another right answer down (operators)."""
    pack = in_force(here.database, here.settings.packs_path)
    answer = RightAnswer(**sent.model_dump())
    with here.writing() as session:
        golden.mark(session, case_id, answer, by=by, pack=pack)


@router.delete("/{case_id}", status_code=204)
def end(here: HouseHere, by: Somebody, case_id: str) -> None:
    """Take a golden case back; its answers are counted no more (operators)."""
    with here.writing() as session:
        golden.end(session, case_id, by=by)


def _view(one: GoldenTold) -> GoldenView:
    kept, case = one.golden, one.golden.case
    return GoldenView(
        case_id=case.id,
        room_title=case.room.title,
        concern=case.concern,
        language=case.language,
        outcome=kept.outcome,
        clause=kept.clause,
        why=kept.why,
        marked_at=kept.marked_at,
        is_asked=one.is_asked,
        answers=one.answers,
        right=one.right,
    )
