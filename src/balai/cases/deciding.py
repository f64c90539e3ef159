"""Decisions: made by whoever holds the job, with clause, facts, effects and statement at once.

A decision, its ledger entry, its statements and its feed entry stand or fall with one
transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import (
    care,
    claiming,
    effects,
    golden,
    ladder,
    raising,
    receipts,
    repairing,
    stating,
)
from balai.cases.errors import DecisionMissing, PolicyGone, WrongJob
from balai.cases.finding import Finding, Step, checked
from balai.cases.ladder import Banning
from balai.cases.model import (
    BLIND,
    DECISION_STEPS,
    Case,
    CaseKind,
    CaseState,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    Measure,
    Outcome,
)
from balai.cases.reviewers import Post
from balai.cases.revision import require_same
from balai.cases.sampling import is_among
from balai.clock import now
from balai.ids import new_id
from balai.ledger import log as ledger
from balai.people.keys import HouseKey
from balai.people.names import clean_text
from balai.policy.errors import PackMissing
from balai.policy.pack import Pack
from balai.rooms.model import ON_AIR, Room
from balai.rooms.restrictions import REASON_MAX
from balai.statements import wording

SECOND_SHARE: Final = 0.1  # of decided cases are decided again, blind
_DECIDABLE: Final = BLIND | {JobKind.FIRST}


@dataclass(frozen=True, slots=True)
class Office:
    """What every decision needs: who decides, by which policy, and the house's key.

    `kept`: gives a policy that was in force before, by its hash.
    """

    post: Post
    pack: Pack
    key: HouseKey
    kept: Callable[[str], Pack]


def decide(
    session: Session, job_id: str, finding: Finding, office: Office, *, revision: str
) -> Decision:
    """Decide a job of the kind first, second or golden; `revision`: of the case as it was read.

    A first decision is in force at once; one that needs two people is proposed, and somebody
    else is asked. A second or golden one is compared and changes nothing.

    Raises:
        JobMissing, JobDone, NotYourJob, WrongJob, TookPart: it is not theirs to decide.
        CaseMoved: something joined the case since they read it.
        FactsMissing, ClauseMissing, FindingInvalid, TextInvalid, StatementInvalid: it cannot
            be decided so.
    """
    job = claiming.to_answer(session, job_id, office.post)
    if job.kind not in _DECIDABLE:
        raise WrongJob
    require_same(session, job, revision)
    found = checked(finding, job.case, office.pack)
    care.looked(session, office.post.person.id, job.case)
    decision = record(session, job, found, office, is_blind=job.kind in BLIND)
    claiming.finish(job)
    if not decision.is_blind:
        settle_or_propose(session, decision, found, office)
    return decision


def approve(
    session: Session,
    job_id: str,
    why: str,
    office: Office,
    *,
    instead: Finding | None,
    revision: str,
) -> Decision:
    """Agree with a proposal, as its second person; or put one's own finding in its place.

    `instead` None agrees, by the policy of the proposal. A finding that needs two people again
    waits for a third.

    Raises:
        JobMissing, JobDone, NotYourJob, WrongJob, TookPart: it is not theirs to decide.
        CaseMoved: something joined the case since they read it.
        PolicyGone: the policy of the proposal is not kept any more.
        FactsMissing, ClauseMissing, FindingInvalid, TextInvalid, StatementInvalid: as above.
    """
    job = claiming.to_answer(session, job_id, office.post)
    if job.kind is not JobKind.APPROVAL:
        raise WrongJob
    require_same(session, job, revision)
    proposed = session.get(Decision, job.decision_id or "")
    if proposed is None or proposed.state is not DecisionState.PROPOSED:
        raise DecisionMissing
    care.looked(session, office.post.person.id, job.case)
    claiming.finish(job)
    _enter(session, proposed, "decision_approved" if instead is None else "decision_refused",
           by=office.post.person.id, why=clean_text(why, length_max=REASON_MAX))  # fmt: skip
    if instead is None:
        proposed.approved_by_id = office.post.person.id
        put_in_force(session, proposed, finding_of(session, proposed), _then(proposed, office))
        return proposed
    _step(proposed, DecisionState.REFUSED)
    found = checked(instead, job.case, office.pack)
    decision = record(session, job, found, office)
    settle_or_propose(session, decision, found, office)
    return decision


def record(
    session: Session, job: Job, found: Finding, office: Office, *, is_blind: bool = False
) -> Decision:
    """Write a decision down with its ledger entry; it is not in force yet."""
    decision = Decision(
        id=new_id(),
        case_id=job.case_id,
        job_id=job.id,
        by_person_id=office.post.person.id,
        state=DecisionState.PROPOSED,
        outcome=found.outcome,
        is_blind=is_blind,
        clause=found.clause,
        pack_hash=office.pack.hash,
        facts=found.facts,
        at=now(),
        ledger_index=0,
    )
    if is_blind:
        decision.state = DecisionState.IN_FORCE  # it ends here: nothing waits for it
    decision.case = job.case
    decision.ledger_index = _enter_new(session, decision, found)
    session.add(decision)
    session.flush()
    session.add_all(_row(decision, step) for step in found.steps if not is_blind)
    session.flush()
    return decision


def settle_or_propose(
    session: Session, decision: Decision, found: Finding, office: Office
) -> None:
    """Put a decision in force, or ask a second person for what needs two."""
    if not found.needs_two and not _ends_a_room(session, decision, found):
        put_in_force(session, decision, found, office)
        return
    case = decision.case
    number, about = _priority(session, decision), decision.id
    session.add(
        raising.new_job(
            case, JobKind.APPROVAL, number=number, due_at=case.due_at, decision_id=about
        )
    )
    effects.tell(session, case)


def _then(proposed: Decision, office: Office) -> Office:
    """Give the office with the policy by which something was proposed: its text is quoted."""
    if proposed.clause is None or proposed.pack_hash in {None, office.pack.hash}:
        return office
    try:
        return replace(office, pack=office.kept(proposed.pack_hash or ""))
    except PackMissing as cause:
        raise PolicyGone from cause


def _ends_a_room(session: Session, decision: Decision, found: Finding) -> bool:
    """Whoever is shut out while they host ends a room of others: that takes two people."""
    if all(step.measure is not Measure.HOUSE_BAN for step in found.steps):
        return False
    hosted = select(Room.id).where(
        Room.host_id == decision.case.person_id, Room.state.in_(ON_AIR)
    )
    return session.scalar(hosted.limit(1)) is not None


def put_in_force(session: Session, decision: Decision, found: Finding, office: Office) -> None:
    """Let a decision take effect: statements, effects, reports, flags, the case's state."""
    case, at = decision.case, now()
    _step(decision, DecisionState.IN_FORCE)
    decision.in_force_at = at
    rows = {row.measure: row for row in effects.of_decision(session, decision.id)}
    acting = Banning(office.post.person, _reason(case, found, office.pack), office.key)
    for step in found.steps:
        row = rows[step.measure]
        statement = stating.state(
            session, case, found, step, pack=office.pack, decision_id=decision.id
        )
        row.statement_id = statement.id if statement else None
        row.until_at = stating.until(step, at)
        decision.statement_id = row.statement_id or decision.statement_id
        ladder.start(session, row, case, acting)
    if case.kind is CaseKind.CONTEST and found.outcome is Outcome.VIOLATION:
        repairing.give_back(session, decision, acting)
    repairing.decide_flags(session, case, found, acting)
    effects.step(case, CaseState.DECIDED)
    effects.tell(session, case)
    receipts.tell_outcome(session, case, found.outcome)
    _sample(session, case, office.key)
    golden.ask_after(session, case, office.key)
    effects.settle_case(session, case, at)


def finding_of(session: Session, decision: Decision) -> Finding:
    """Give back the finding that a decision was made of."""
    rows = effects.of_decision(session, decision.id)
    return Finding(
        outcome=decision.outcome,
        facts=decision.facts,
        clause=decision.clause,
        steps=tuple(
            Step(
                measure=row.measure,
                seconds=row.length_s,
                everywhere=row.measure is Measure.LISTEN_ONLY and row.room_id is None,
                from_position=row.from_position,
                to_position=row.to_position,
            )
            for row in rows
        ),
    )


def is_sampled(case_id: str, key: HouseKey) -> bool:
    """Tell whether a case is decided twice: so that nobody can choose, nor know it before."""
    return is_among(key, "second", case_id, share=SECOND_SHARE)


def _row(decision: Decision, step: Step) -> DecidedEffect:
    is_of_house = step.everywhere or step.measure in {
        Measure.NUDGE,
        Measure.HOUSE_BAN,
        Measure.PERMANENT_REMOVAL,
    }
    return DecidedEffect(
        id=new_id(),
        decision_id=decision.id,
        measure=step.measure,
        room_id=None if is_of_house else decision.case.room_id,
        length_s=step.seconds,
        from_position=step.from_position,
        to_position=step.to_position,
        state=EffectState.PENDING,
        attempts=0,
    )


def _reason(case: Case, found: Finding, pack: Pack) -> str:
    """Give what hosts and the person read beside an effect; the facts are in the statement."""
    if found.clause is None:
        return wording.sentence("team_decided", case.language)
    return stating.title_of(pack.clauses[found.clause], case.language)[:REASON_MAX]


def _enter_new(session: Session, decision: Decision, found: Finding) -> int:
    told: dict[str, object] = {
        "decision_id": decision.id,
        "case_id": decision.case_id,
        "by_person_id": decision.by_person_id,
        "person_id": decision.case.person_id,
        "outcome": decision.outcome.value,
        "clause": decision.clause,
        "pack_hash": decision.pack_hash,
        "facts": decision.facts,
        "is_blind": decision.is_blind,
        "needs_two": found.needs_two,
        "effects": [_told(step) for step in found.steps],
    }
    return ledger.append(session, kind="decision", record=told).index


def _told(step: Step) -> dict[str, object]:
    told: dict[str, object] = {
        "measure": step.measure.value,
        "seconds": None if step.seconds is None else round(step.seconds),
        "everywhere": step.everywhere,
    }
    if step.measure is Measure.OUT_OF_REPLAY:
        told |= {"from_position": step.from_position, "to_position": step.to_position}
    return told


def _enter(session: Session, decision: Decision, kind: str, *, by: str, why: str) -> None:
    told: dict[str, object] = {
        "decision_id": decision.id,
        "case_id": decision.case_id,
        "by_person_id": by,
        "why": why,
    }
    ledger.append(session, kind=kind, record=told)


def _step(decision: Decision, to: DecisionState) -> None:
    assert to in DECISION_STEPS[decision.state]  # noqa: S101 - callers lead up to it
    decision.state = to


def _priority(session: Session, decision: Decision) -> int:
    return session.get_one(Job, decision.job_id).priority


def _sample(session: Session, case: Case, key: HouseKey) -> None:
    """Ask somebody else for a second, blind answer, once a case."""
    asked = select(Job.id).where(Job.case_id == case.id, Job.kind == JobKind.SECOND)
    if case.kind is not CaseKind.CONDUCT or not is_sampled(case.id, key):
        return
    if session.scalar(asked.limit(1)) is None:
        session.add(raising.blind_job(case, JobKind.SECOND))
