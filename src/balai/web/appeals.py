"""Decisions about oneself, and appeals against them: by the person, or by whoever reported."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from balai.cases import appealing, own
from balai.cases.errors import ReceiptUnknown
from balai.cases.views import AppealTold, OwnDecision, appeal_told
from balai.web.callers import Anybody, Concerned, HouseHere
from balai.web.case_shapes import AppealText
from balai.web.house import address_of

router = APIRouter(prefix="/api", tags=["appeals"])


@router.get("/me/decisions")
def mine(here: HouseHere, by: Concerned) -> list[OwnDecision]:
    """List what was decided about oneself, newest first; what was said to one is delivered."""
    with here.database.reading() as session:
        if not own.has_undelivered(session, by):
            return own.decisions(session, by)
    with here.writing() as session:
        own.deliver(session, by)
        return own.decisions(session, by)


@router.post("/decisions/{decision_id}/appeal", status_code=201)
def appeal(here: HouseHere, by: Concerned, decision_id: str, said: AppealText) -> AppealTold:
    """Appeal against a decision about oneself, within six months."""
    with here.writing() as session:
        return appeal_told(appealing.by_person(session, decision_id, said.text, by=by))


@router.post("/statements/{statement_id}/appeal", status_code=201)
def appeal_statement(
    here: HouseHere, by: Concerned, statement_id: str, said: AppealText
) -> AppealTold:
    """Appeal against the decision that a statement of reasons tells of, within six months."""
    with here.writing() as session:
        decision_id = appealing.of_statement(session, statement_id, by=by)
        return appeal_told(appealing.by_person(session, decision_id, said.text, by=by))


@router.post("/reports/{receipt}/appeal", status_code=201)
def appeal_report(
    request: Request,
    here: HouseHere,
    _who: Anybody,
    receipt: Annotated[str, Path(max_length=64)],
    said: AppealText,
) -> AppealTold:
    """Appeal, with one's receipt, against what was decided on a report, or not done."""
    address = address_of(request)
    here.guesses.require(address)
    try:
        with here.writing() as session:
            return appeal_told(appealing.by_reporter(session, receipt, said.text))
    except ReceiptUnknown:
        here.guesses.take(address)
        raise
