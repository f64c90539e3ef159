"""Appeals: within six months, free, by the person or a reporter, decided by somebody else.

Source: Regulation (EU) 2022/2065, article 20.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import (
    care,
    claiming,
    deciding,
    effects,
    raising,
    receipts,
    repairing,
    sounding,
    untold,
)
from balai.cases.deciding import Office
from balai.cases.errors import (
    AlreadyAppealed,
    AppealTooLate,
    DecisionMissing,
    NotAppealable,
    WhyMissing,
    WrongJob,
)
from balai.cases.finding import Finding, checked
from balai.cases.ladder import Acting
from balai.cases.model import (
    Appeal,
    AppealState,
    Case,
    Decision,
    DecisionState,
    Job,
    JobKind,
    JobState,
)
from balai.cases.revision import require_same
from balai.clock import now
from balai.errors import NotAllowed
from balai.ids import new_id
from balai.ledger import log as ledger
from balai.people.model import Person
from balai.people.names import clean_text
from balai.rooms.restrictions import REASON_MAX
from balai.statements.compile import SIX_MONTHS
from balai.statements.model import Statement

TEXT_MAX: Final = 2_000
PRIORITY: Final = 10
ANSWER_WITHIN: Final = timedelta(days=14)
KEPT_FOR: Final = timedelta(days=90)  # the sound, so that an answer may be late
_BY_PERSON: Final = "person"


def by_person(session: Session, decision_id: str, text: str, *, by: Person) -> Appeal:
    """Appeal against a decision about oneself.

    Raises:
        DecisionMissing: there is none about this person.
        NotAppealable, AppealTooLate, AlreadyAppealed: it cannot be appealed against (any more).
        WhyMissing, TextInvalid: nothing, or too much, is said.
    """
    decision = session.get(Decision, decision_id)
    if decision is None or decision.is_blind or decision.case.person_id != by.id:
        raise DecisionMissing
    return _appeal(session, decision, text, by_role=_BY_PERSON, by_person_id=by.id)


def of_statement(session: Session, statement_id: str, *, by: Person) -> str:
    """Give the decision behind a statement of one's own.

    Raises:
        DecisionMissing: it is somebody else's, or nobody of the safety team decided it.
    """
    statement = session.get(Statement, statement_id)
    if statement is None or statement.person_id != by.id or statement.decision_id is None:
        raise DecisionMissing
    return statement.decision_id


def by_reporter(session: Session, receipt: str, text: str) -> Appeal:
    """Appeal against what was decided on one's report, also that nothing was done.

    Raises:
        ReceiptUnknown: no report has this receipt.
        NotAppealable, AppealTooLate, AlreadyAppealed: it cannot be appealed against (any more).
        WhyMissing, TextInvalid: nothing, or too much, is said.
    """
    report = receipts.by_receipt(session, receipt)
    decision = receipts.decision_in_force(session, report.case_id)
    if decision is None or not untold.is_told(report):
        raise NotAppealable
    if _was_upheld_for_a_reporter(session, decision):
        raise AlreadyAppealed
    role = f"report:{report.id}"
    appeal = _appeal(session, decision, text, by_role=role, by_person_id=report.by_person_id)
    appeal.report_id = report.id
    return appeal


def _was_upheld_for_a_reporter(session: Session, decision: Decision) -> bool:
    """Tell whether a reporter was answered: nobody is tried again until somebody gives way."""
    query = select(Appeal.id).where(
        Appeal.decision_id == decision.id,
        Appeal.by_role != _BY_PERSON,
        Appeal.state == AppealState.UPHELD,
    )
    return session.scalar(query.limit(1)) is not None


def of_case(session: Session, case_id: str) -> list[Appeal]:
    """Read the appeals of a case, oldest first."""
    query = select(Appeal).where(Appeal.case_id == case_id)
    return list(session.scalars(query.order_by(Appeal.at, Appeal.id)))


def answer(
    session: Session,
    job_id: str,
    reasons: str,
    office: Office,
    *,
    instead: Finding | None,
    revision: str,
) -> list[Appeal]:
    """Answer the appeals against a decision: it stands (None), or another takes its place.

    Raises:
        JobMissing, JobDone, NotYourJob, WrongJob, TookPart: it is not theirs to answer.
        FirstViewNeeded: they have not said first what they think themselves.
        CaseMoved: something, perhaps an appeal, joined the case since they read it.
        WhyMissing: an answer needs its reasons.
        FactsMissing, ClauseMissing, FindingInvalid, TextInvalid, StatementInvalid: as for any
            decision.
    """
    job = claiming.to_answer(session, job_id, office.post)
    if job.kind is not JobKind.APPEAL:
        raise WrongJob
    claiming.require_first_view(job)
    require_same(session, job, revision)
    said = _said(reasons)
    decision = session.get(Decision, job.decision_id or "")
    if decision is None or decision.state is not DecisionState.IN_FORCE:
        raise NotAppealable
    _require_apart(decision, office)
    care.looked(session, office.post.person.id, job.case)
    claiming.finish(job)
    state = AppealState.UPHELD if instead is None else AppealState.OVERTURNED
    appeals = _close(session, decision, said, state, office.post.person)
    if instead is not None:
        _replace(session, job, decision, checked(instead, job.case, office.pack), office, said)
    effects.close_if_done(session, job.case)
    return appeals


def _replace(
    session: Session,
    job: Job,
    decision: Decision,
    found: Finding,
    office: Office,
    said: str,
) -> None:
    """Undo one decision and put another in its place; both in this transaction."""
    acting = Acting(office.post.person, said[:REASON_MAX])
    repairing.repair(session, decision, acting, to=found.outcome)
    instead = deciding.record(session, job, found, office)
    deciding.settle_or_propose(session, instead, found, office)


def _appeal(
    session: Session, decision: Decision, text: str, *, by_role: str, by_person_id: str | None
) -> Appeal:
    said = _said(text)
    if decision.state is not DecisionState.IN_FORCE or decision.in_force_at is None:
        raise NotAppealable
    if now() > decision.in_force_at + SIX_MONTHS:
        raise AppealTooLate
    known = select(Appeal.id).where(
        Appeal.decision_id == decision.id, Appeal.by_role == by_role
    )
    if session.scalar(known) is not None:
        raise AlreadyAppealed
    appeal = Appeal(
        id=new_id(),
        case_id=decision.case_id,
        decision_id=decision.id,
        by_person_id=by_person_id,
        by_role=by_role,
        text=said,
        state=AppealState.OPEN,
        at=now(),
    )
    session.add(appeal)
    told: dict[str, object] = {"appeal_id": appeal.id, "decision_id": decision.id}
    appeal.ledger_index = ledger.append(session, kind="appeal", record=told).index
    _ask_somebody(session, decision)
    sounding.keep(session, decision.case, now() + KEPT_FOR)
    effects.tell(session, decision.case)
    return appeal


def _said(text: str) -> str:
    said = clean_text(text, length_max=TEXT_MAX)
    if not said:
        raise WhyMissing
    return said


def _ask_somebody(session: Session, decision: Decision) -> None:
    """Open one job for all appeals against a decision; who comes later joins it."""
    asked = select(Job.id).where(
        Job.case_id == decision.case_id,
        Job.kind == JobKind.APPEAL,
        Job.decision_id == decision.id,
        Job.state != JobState.DONE,
    )
    if session.scalar(asked) is not None:
        return
    case: Case = decision.case
    due_at = now() + ANSWER_WITHIN
    session.add(
        raising.new_job(
            case, JobKind.APPEAL, number=PRIORITY, due_at=due_at, decision_id=decision.id
        )
    )


def _close(
    session: Session, decision: Decision, said: str, state: AppealState, by: Person
) -> list[Appeal]:
    query = select(Appeal).where(
        Appeal.decision_id == decision.id, Appeal.state == AppealState.OPEN
    )
    appeals = list(session.scalars(query))
    for appeal in appeals:
        appeal.state, appeal.answer, appeal.answered_at = state, said, now()
        appeal.answered_by_id = by.id
        told: dict[str, object] = {
            "appeal_id": appeal.id,
            "decision_id": decision.id,
            "state": state.value,
            "answer": said,
            "by_person_id": by.id,
        }
        appeal.ledger_index = ledger.append(session, kind="appeal_answered", record=told).index
    return appeals


def _require_apart(decision: Decision, office: Office) -> None:
    """The queue gives it to nobody who took part; here it is refused once more."""
    if office.post.person.id in {decision.by_person_id, decision.approved_by_id}:
        raise NotAllowed
