"""What the person concerned reads of decisions about them; a nudge is delivered by that."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from balai.cases import effects, ladder
from balai.cases.model import (
    Appeal,
    Case,
    CaseKind,
    CaseRestriction,
    DecidedEffect,
    Decision,
    DecisionState,
    EffectState,
    Measure,
    Outcome,
)
from balai.cases.views import OwnDecision, appeal_told, effect_told
from balai.people.model import Person
from balai.statements.compile import SIX_MONTHS

SHOWN_MAX: Final = 50
DELIVERED: Final = "delivered"
_TOLD: Final = frozenset({DecisionState.IN_FORCE, DecisionState.OVERTURNED})


def decisions(session: Session, person: Person) -> list[OwnDecision]:
    """Read what was decided about a person, newest first, 50 at most.

    That nothing was wrong is told to who contested something, and to nobody else.
    """
    query = (
        select(Decision)
        .join(Decision.case)
        .where(
            Case.person_id == person.id,
            Decision.is_blind.is_(False),
            or_(Decision.outcome == Outcome.VIOLATION, Case.kind == CaseKind.CONTEST),
            Decision.state.in_(_TOLD),
        )
        .options(contains_eager(Decision.case).options(joinedload(Case.room)))
        .order_by(Decision.in_force_at.desc(), Decision.id)
        .limit(SHOWN_MAX)
    )
    found = session.scalars(query).all()
    return _told(session, found)


def has_undelivered(session: Session, person: Person) -> bool:
    """Tell whether a nudge waits for this person."""
    return bool(_nudges(session, person))


def deliver(session: Session, person: Person) -> None:
    """Note that the person has fetched what was said to them."""
    for nudge in _nudges(session, person):
        ladder.observed(nudge, DELIVERED)
        effects.close_if_done(session, nudge.decision.case)


def _nudges(session: Session, person: Person) -> list[DecidedEffect]:
    query = (
        select(DecidedEffect)
        .join(DecidedEffect.decision)
        .join(Decision.case)
        .where(
            Case.person_id == person.id,
            Decision.state == DecisionState.IN_FORCE,
            DecidedEffect.measure == Measure.NUDGE,
            DecidedEffect.state == EffectState.PENDING,
        )
        .limit(SHOWN_MAX)
    )
    return list(session.scalars(query))


def _told(session: Session, found: Sequence[Decision]) -> list[OwnDecision]:
    ids = [decision.id for decision in found]
    own = select(Appeal).where(Appeal.decision_id.in_(ids), Appeal.by_role == "person")
    appeals = {appeal.decision_id: appeal for appeal in session.scalars(own)}
    rows = session.scalars(
        select(DecidedEffect)
        .where(DecidedEffect.decision_id.in_(ids))
        .order_by(DecidedEffect.id)
    ).all()
    contested = _contested(session, [one.case for one in found])
    return [
        _own(
            one,
            [row for row in rows if row.decision_id == one.id],
            appeals.get(one.id),
            [cut for cut, case_id in contested if case_id == one.case_id],
        )
        for one in found
    ]


def _contested(session: Session, cases: Sequence[Case]) -> list[tuple[str, str]]:
    """Read what these cases judge because it was contested, each with its case."""
    ids = [case.id for case in cases if case.kind is CaseKind.CONTEST]
    query = select(CaseRestriction.restriction_id, CaseRestriction.case_id).where(
        CaseRestriction.case_id.in_(ids)
    )
    return [(cut, case_id) for cut, case_id in session.execute(query)]


def _own(
    decision: Decision,
    rows: list[DecidedEffect],
    appeal: Appeal | None,
    contested: list[str],
) -> OwnDecision:
    in_force_at = decision.in_force_at or decision.at
    return OwnDecision(
        id=decision.id,
        room_id=decision.case.room_id,
        room_title=decision.case.room.title,
        outcome=decision.outcome,
        clause=decision.clause,
        facts=decision.facts,
        in_force_at=in_force_at,
        overturned_at=decision.overturned_at,
        effects=[effect_told(row) for row in rows],
        statement_ids=[row.statement_id for row in rows if row.statement_id],
        contested=contested,
        appeal_until=in_force_at + SIX_MONTHS,
        appeal=appeal_told(appeal) if appeal else None,
    )
