"""Reports about rooms on air whose case is open: what the desk shows of them."""

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases.model import Case, CaseState, Report
from balai.rooms.model import ON_AIR, Room
from balai.rooms.risk import OpenReport


def open_reports(session: Session) -> dict[str, list[OpenReport]]:
    """Read the reports of every room on air that still wait for a decision, by room."""
    query = (
        select(Report)
        .join(Case, Case.id == Report.case_id)
        .join(Room, Room.id == Report.room_id)
        .where(Room.state.in_(ON_AIR), Case.state == CaseState.OPEN)
    )
    found: dict[str, list[OpenReport]] = defaultdict(list)
    for one in session.scalars(query):
        told = OpenReport(one.weight, one.is_urgent, one.case_id, one.concern)
        found[one.room_id].append(told)
    return found
