"""Which state of a case somebody has read: nothing is settled that joined it meanwhile.

A revision is a digest of what an answer settles: it can be compared, and tells neither how
much there is nor how old it is.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from balai.cases.errors import CaseMoved
from balai.cases.model import Appeal, Case, CaseFlag, CaseRestriction, Job, JobKind, Report
from balai.rooms.model import Flag

_LETTERS: Final = 16


def of_case(session: Session, case: Case, job: Job | None) -> str:
    """Give the revision of a case for whoever holds this job, or none.

    Appeals are a part of it for whoever answers them; of others' pages they may be hidden. A
    flag that a machine follows counts as another one once it says, or does, more.
    """
    session.flush()
    found: list[object] = [case.id, case.seat_id, *_settled(session, case)]
    if job is not None and job.kind is JobKind.APPEAL:
        found.append(_ids(session, select(Appeal.id).where(Appeal.case_id == case.id)))
    told = json.dumps(found, sort_keys=True).encode()
    return hashlib.sha256(told).hexdigest()[:_LETTERS]


def require_same(session: Session, job: Job, revision: str) -> None:
    """Let a question be answered by whoever has read the case as it is.

    Raises:
        CaseMoved: something joined it since.
    """
    if revision != of_case(session, job.case, job):
        raise CaseMoved


def _settled(session: Session, case: Case) -> list[Sequence[object]]:
    flags = (
        select(Flag.id, Flag.stage, Flag.held, Flag.policy)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .where(CaseFlag.case_id == case.id)
        .order_by(Flag.id)
    )
    reports = select(Report.id).where(Report.case_id == case.id)
    taken = select(CaseRestriction.restriction_id).where(CaseRestriction.case_id == case.id)
    return [
        [tuple(row) for row in session.execute(flags)],
        _ids(session, reports),
        _ids(session, taken),
    ]


def _ids(session: Session, query: Select[str]) -> list[str]:
    return sorted(session.scalars(query))
