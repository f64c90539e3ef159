"""The first job of a case, and how what points at the case moves it towards the top.

A job is only ever raised: what has put a case first is not taken back because somebody adds
to it, so nobody can bury a case by reporting it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import priority, reporters, weighing
from balai.cases.concerns import raised_of
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseKind,
    CaseState,
    Job,
    JobKind,
    JobState,
    Report,
)
from balai.clock import now
from balai.ids import new_id
from balai.rooms.model import Flag

BLIND_PRIORITY: Final = 40  # after whatever somebody waits for
BLIND_DUE: Final = timedelta(days=7)
WEIGHED_MAX: Final = 1_000  # reports of one case, the heaviest; the others change no order


def open_first_job(
    session: Session, case: Case, number: int, *, due_after: timedelta | None = None
) -> Job:
    """Ask the first question about a case, due as its priority says unless it is told."""
    case.due_at = now() + (due_after or priority.due_after(number))
    job = new_job(case, JobKind.FIRST, number=number, due_at=case.due_at)
    session.add(job)
    session.flush()
    return job


def new_job(
    case: Case,
    kind: JobKind,
    *,
    number: int,
    due_at: datetime,
    decision_id: str | None = None,
) -> Job:
    """Make a question about a case, or a decision in it; `number` is its priority."""
    return Job(
        id=new_id(),
        case_id=case.id,
        kind=kind,
        state=JobState.WAITING,
        priority=number,
        concern=case.concern,
        language=case.language,
        due_at=due_at,
        decision_id=decision_id,
        created_at=now(),
    )


def blind_job(case: Case, kind: JobKind) -> Job:
    """Make a question that is only compared; of which kind cannot be seen from it."""
    return new_job(case, kind, number=BLIND_PRIORITY, due_at=now() + BLIND_DUE)


def weigh(session: Session, case: Case) -> None:
    """Weigh a case anew, note what its reports share, and raise its job if need be.

    Only conduct is weighed; contests and cases about hosts have a place of their own.
    """
    session.flush()
    if case.kind is not CaseKind.CONDUCT or case.state is not CaseState.OPEN:
        return
    voiced = reporters.voiced(session, _reports(session, case))
    flags = [raised_of(flag) for flag in _flags(session, case)]
    found = weighing.weigh(voiced, flags)
    case.brigade = weighing.brigade(weighing.groups(voiced))
    case.weight = max(case.weight, weighing.total(voiced, flags))
    severe = {one.concern for one in voiced} | {one.concern for one in flags}
    case.is_severe = case.is_severe or bool(severe & priority.SEVERE)
    number = priority.URGENT if case.is_urgent else found.priority
    is_raised = _raise(session, case, number)
    if not is_raised and priority.GRAVITY[found.concern] > priority.GRAVITY[case.concern]:
        return
    case.concern = found.concern
    for job in _undone(session, case):
        job.concern = found.concern


def _raise(session: Session, case: Case, number: int) -> bool:
    """Raise what is still to be done; tell whether that put the case further ahead."""
    jobs = _undone(session, case)
    if not jobs:
        open_first_job(session, case, number)
        return True
    if number >= min(job.priority for job in jobs):
        return False
    due_at = min(case.due_at, now() + priority.due_after(number))
    case.due_at = due_at
    for job in jobs:
        job.priority, job.due_at = min(job.priority, number), min(job.due_at, due_at)
    return True


def _undone(session: Session, case: Case) -> list[Job]:
    query = select(Job).where(
        Job.case_id == case.id, Job.state != JobState.DONE, Job.kind != JobKind.GOLDEN
    )
    return list(session.scalars(query))


def _reports(session: Session, case: Case) -> list[Report]:
    query = (
        select(Report)
        .where(Report.case_id == case.id)
        .order_by(Report.weight.desc(), Report.at, Report.id)
    )
    return list(session.scalars(query.limit(WEIGHED_MAX)))


def _flags(session: Session, case: Case) -> list[Flag]:
    query = select(Flag).join(CaseFlag, CaseFlag.flag_id == Flag.id)
    return list(session.scalars(query.where(CaseFlag.case_id == case.id).limit(WEIGHED_MAX)))
