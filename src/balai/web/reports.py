"""Reports: made with or without an account, and followed with a receipt."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from balai.cases import receipts, reporting
from balai.cases.errors import ReceiptUnknown
from balai.cases.receipts import ReportView
from balai.evidence.store import store_of
from balai.people.sign_in import Caller
from balai.web.callers import Anybody, HouseHere
from balai.web.house import House, address_of
from balai.web.report_shapes import NewReport, ReportTaken

router = APIRouter(tags=["reports"])


@router.post("/api/rooms/{room_id}/reports", status_code=201)
def report(
    request: Request, here: HouseHere, who: Anybody, room_id: str, new: NewReport
) -> ReportTaken:
    """Report a moment, a person, a room or a line of the chat, also shortly after its end."""
    _take_attempt(request, here, who)
    said = reporting.Said(**new.model_dump())
    desk = reporting.Desk(here.key, store_of(here.settings), here.settings.report_window_s)
    with here.writing() as session:
        taken, receipt = reporting.report(session, room_id, said, by=who, desk=desk)
        (told,) = receipts.told(session, [taken])
    return ReportTaken(receipt=receipt, report=told)


@router.get("/api/reports/{receipt}")
def show(
    request: Request, here: HouseHere, receipt: Annotated[str, Path(max_length=64)]
) -> ReportView:
    """Tell whoever has the receipt what became of a report."""
    address = address_of(request)
    here.guesses.require(address)
    with here.database.reading() as session:
        try:
            found = receipts.by_receipt(session, receipt)
        except ReceiptUnknown:
            here.guesses.take(address)
            raise
        (told,) = receipts.told(session, [found])
    return told


@router.get("/api/me/reports")
def list_own(here: HouseHere, who: Anybody) -> list[ReportView]:
    """List one's own reports and what became of them, newest first, 100 at most.

    Where one signed in with a link, those from before are left out: somebody else made it.
    """
    with here.database.reading() as session:
        return receipts.told(session, receipts.of_caller(session, who), key=here.key)


def _take_attempt(request: Request, here: House, who: Caller) -> None:
    """Count by person and device; without an account by address: devices can be invented."""
    marks = [(here.reports, mark) for mark in (who.person_id, who.device_hash) if mark]
    if who.person_id is None:
        marks.append((here.strangers, address_of(request)))
    for bucket, mark in marks:
        bucket.require(mark)
    for bucket, mark in marks:
        bucket.take(mark)
