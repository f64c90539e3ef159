"""Which open cases the reports of a room on air belong to, as its desk shows them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from balai.rooms.risk import OpenReport

SHOWN_MAX: Final = 5


class ReportedView(BaseModel):
    """Reports whose case is open: what the heaviest of them says is wrong, and how many."""

    case_id: str
    concern: str
    count: int
    is_urgent: bool


def shown(reports: Sequence[OpenReport]) -> list[ReportedView]:
    """Put reports together by case, the most pressing first, five cases at most."""
    cases: dict[str, list[OpenReport]] = defaultdict(list)
    for report in sorted(reports, key=lambda one: (not one.is_urgent, -one.weight)):
        cases[report.case_id].append(report)
    return [
        ReportedView(
            case_id=case_id,
            concern=first.concern,
            count=1 + len(more),
            is_urgent=first.is_urgent,
        )
        for case_id, (first, *more) in list(cases.items())[:SHOWN_MAX]
    ]
