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
        select(Report.room_id, Report.weight, Report.is_urgent, Report.case_id, Report.concern)
        .join(Case, Case.id == Report.case_id)
        .join(Room, Room.id == Report.room_id)
        .where(Room.state.in_(ON_AIR), Case.state == CaseState.OPEN)
    )
    found: dict[str, list[OpenReport]] = defaultdict(list)
    for room_id, weight, is_urgent, case_id, concern in session.execute(query).all():
        found[room_id].append(OpenReport(weight, is_urgent, case_id, concern))
    return found
