"""Golden cases: closed ones whose right answer the leads have written down.

A share of them is asked again as if it were a second review, and looks like one. The answer is
a blind decision like any other: it is compared and changes nothing. Leads can read the right
answers, so they are never asked; nor is anybody who has seen the case before.

A case is heard as it was, or not asked at all: once its sealed sound has expired it is out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, ForeignKey, String, delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from balai.cases import queue, raising
from balai.cases.errors import (
    CaseMissing,
    CaseNotClosed,
    ClauseMissing,
    FindingInvalid,
    GoldenFull,
    GoldenMissing,
    OwnCase,
    WhyMissing,
)
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    Concern,
    Decision,
    Job,
    JobKind,
    JobState,
    Outcome,
)
from balai.cases.sampling import is_among
from balai.cases.sounding import is_of_case
from balai.clock import now
from balai.database import Base, word
from balai.evidence.errors import SoundGone
from balai.evidence.model import Sealed
from balai.ledger import log as ledger
from balai.people.accounts import require_operator
from balai.people.keys import HouseKey
from balai.people.model import Person
from balai.people.names import clean_text
from balai.policy.pack import Pack

CASES_MAX: Final = 500
WHY_MAX: Final = 1_000
TOLD_FROM: Final = 5  # answers to one case
SHARE: Final = 0.05  # of decided cases are followed by a golden one


class GoldenCase(Base):
    """A closed case that is asked again, with the right answer; taken back at `ended_at`."""

    __tablename__ = "golden_case"

    case_id: Mapped[str] = mapped_column(ForeignKey("safety_case.id"), primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(word(Outcome))
    clause: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(WHY_MAX))
    marked_by_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    marked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


@dataclass(frozen=True, slots=True, kw_only=True)
class RightAnswer:
    """What a lead holds to be right, and why."""

    outcome: Outcome
    clause: str | None
    why: str


@dataclass(frozen=True, slots=True)
class GoldenAnswer:
    """One answer to a golden case: of which concern, and whether it was the right one."""

    concern: Concern
    is_right: bool


@dataclass(frozen=True, slots=True)
class GoldenTold:
    """A golden case, whether it is still asked, and how often it was answered rightly.

    None: it was answered so seldom that the figures would tell who answered what.
    """

    golden: GoldenCase
    is_asked: bool
    answers: int | None
    right: int | None


def mark(
    session: Session, case_id: str, answer: RightAnswer, *, by: Person, pack: Pack
) -> GoldenCase:
    """Make a case golden, or write another right answer down for one that is.

    Raises:
        OperatorsOnly: this person does not lead the team.
        CaseMissing, OwnCase, CaseNotClosed, SoundGone: this case cannot be golden.
        ClauseMissing, FindingInvalid, WhyMissing, TextInvalid: this is no whole answer.
        GoldenFull: there are 500.
    """
    require_operator(by)
    _require_fit(session, case_id, by)
    _require_clause(answer, pack)
    why = clean_text(answer.why, length_max=WHY_MAX)
    if not why:
        raise WhyMissing
    golden = session.get(GoldenCase, case_id)
    if golden is None or golden.ended_at is not None:
        _require_few(session)
    golden = golden or GoldenCase(case_id=case_id)
    golden.outcome, golden.clause, golden.why = answer.outcome, answer.clause, why
    golden.marked_by_id, golden.marked_at, golden.ended_at = by.id, now(), None
    session.add(golden)
    session.flush()
    told = {"outcome": answer.outcome.value, "clause": answer.clause, "why": why}
    _enter(session, "golden_marked", case_id, by, told)
    return golden


def end(session: Session, case_id: str, *, by: Person) -> None:
    """Take a golden case back: it is asked no more, and its answers are counted no more.

    Raises:
        OperatorsOnly: this person does not lead the team.
        GoldenMissing: it is not golden.
        OwnCase: it is about them.
    """
    require_operator(by)
    golden = session.get(GoldenCase, case_id)
    if golden is None or golden.ended_at is not None:
        raise GoldenMissing
    if queue.is_concerned(session, golden.case, by.id):
        raise OwnCase
    golden.ended_at = now()
    session.flush()
    _take_back_questions(session)
    _enter(session, "golden_ended", case_id, by, {})


def ask_after(session: Session, case: Case, key: HouseKey) -> None:
    """Ask a golden question after a share of the decided cases that nobody can foresee."""
    if case.kind is CaseKind.CONDUCT and is_among(key, "golden", case.id, share=SHARE):
        ask(session)


def ask(session: Session) -> Job | None:
    """Ask the golden question that was asked longest ago; None: there is none to ask.

    One question of each case waits at a time, so that they are 500 at most.
    """
    session.flush()
    _take_back_questions(session)
    of_case = (Job.case_id == GoldenCase.case_id) & (Job.kind == JobKind.GOLDEN)
    asked_at = select(func.max(Job.created_at)).where(of_case).scalar_subquery()
    waits = exists().where(of_case, Job.state != JobState.DONE)
    query = (
        select(Case)
        .join(GoldenCase, GoldenCase.case_id == Case.id)
        .where(*_asked(), ~waits)
        .order_by(asked_at.is_not(None), asked_at, GoldenCase.marked_at, Case.id)
    )
    case = session.scalars(query.limit(1)).first()
    if case is None:
        return None
    job = raising.blind_job(case, JobKind.GOLDEN)
    session.add(job)
    return job


def told(session: Session, by: Person) -> list[GoldenTold]:
    """Read the golden cases not about oneself, those marked last first; 500 at most."""
    counts = _counts(session)
    asked = select(GoldenCase.case_id).join(GoldenCase.case).where(*_asked())
    query = (
        select(GoldenCase, GoldenCase.case_id.in_(asked))
        .join(GoldenCase.case)
        .where(GoldenCase.ended_at.is_(None), *queue.unconcerned(by.id))
        .options(joinedload(GoldenCase.case).joinedload(Case.room))
        .order_by(GoldenCase.marked_at.desc(), GoldenCase.case_id)
        .limit(CASES_MAX)
    )
    return [
        GoldenTold(golden, bool(is_asked), *counts.get(golden.case_id, (None, None)))
        for golden, is_asked in session.execute(query).all()
    ]


def answered(session: Session, since: datetime, *, limit: int) -> list[GoldenAnswer]:
    """Read the answers to golden cases since a moment, the newest first.

    Right is the outcome, and with a violation the clause too, as the leads hold it now.
    """
    query = (
        select(Case.concern, _is_right())
        .select_from(Decision)
        .join(Job, Job.id == Decision.job_id)
        .join(Case, Case.id == Decision.case_id)
        .join(GoldenCase, GoldenCase.case_id == Case.id)
        .where(Job.kind == JobKind.GOLDEN, GoldenCase.ended_at.is_(None), Decision.at > since)
        .order_by(Decision.at.desc(), Decision.id)
        .limit(limit)
    )
    return [
        GoldenAnswer(concern, bool(right)) for concern, right in session.execute(query).all()
    ]


def _is_right() -> ColumnElement[bool]:
    same_clause = func.coalesce(Decision.clause, "") == func.coalesce(GoldenCase.clause, "")
    return (Decision.outcome == GoldenCase.outcome) & same_clause


def _counts(session: Session) -> dict[str, tuple[int, int]]:
    right = func.count().filter(_is_right())
    query = (
        select(Decision.case_id, func.count(), right)
        .join(Job, Job.id == Decision.job_id)
        .join(GoldenCase, GoldenCase.case_id == Decision.case_id)
        .where(Job.kind == JobKind.GOLDEN)
        .group_by(Decision.case_id)
        .having(func.count() >= TOLD_FROM)
    )
    return {case_id: (n, right) for case_id, n, right in session.execute(query).all()}


def _asked() -> list[ColumnElement[bool]]:
    """Give the conditions, on golden cases joined with cases, for those that are asked."""
    return [GoldenCase.ended_at.is_(None), Case.state == CaseState.CLOSED, ~_sound_is_gone()]


def _sound_is_gone() -> ColumnElement[bool]:
    """Whether something that was sealed for a case has expired."""
    return exists().where(is_of_case(), Sealed.destroyed_at.is_not(None))


def _take_back_questions(session: Session) -> None:
    """Ask nobody any more, who has not begun, what is out of the golden set by now."""
    asked = select(GoldenCase.case_id).join(GoldenCase.case).where(*_asked())
    session.execute(
        delete(Job).where(
            Job.kind == JobKind.GOLDEN,
            Job.state == JobState.WAITING,
            Job.case_id.not_in(asked),
        )
    )


def _require_fit(session: Session, case_id: str, by: Person) -> None:
    case = session.get(Case, case_id)
    if case is None:
        raise CaseMissing
    if queue.is_concerned(session, case, by.id):
        raise OwnCase
    if case.kind is not CaseKind.CONDUCT or case.state is not CaseState.CLOSED:
        raise CaseNotClosed
    if session.scalar(select(Case.id).where(Case.id == case.id, _sound_is_gone())):
        raise SoundGone


def _require_clause(answer: RightAnswer, pack: Pack) -> None:
    if answer.outcome is Outcome.NO_VIOLATION:
        if answer.clause is not None:
            raise FindingInvalid(f"{FindingInvalid.sentence()} (clause)")
    elif answer.clause not in pack.clauses:
        raise ClauseMissing


def _require_few(session: Session) -> None:
    golden = select(func.count(GoldenCase.case_id)).where(GoldenCase.ended_at.is_(None))
    if (session.scalar(golden) or 0) >= CASES_MAX:
        raise GoldenFull


def _enter(
    session: Session, kind: str, case_id: str, by: Person, more: dict[str, str | None]
) -> None:
    entry: dict[str, object] = {"case_id": case_id, "by_person_id": by.id, **more}
    ledger.append(session, kind=kind, record=entry)
