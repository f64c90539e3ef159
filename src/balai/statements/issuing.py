"""Issue a statement of reasons, note that it ended, withdraw it: the only place that makes one.

A statement, its ledger entry and its feed entry stand or fall with the transaction of what
they state.
"""

from typing import Final

from sqlalchemy.orm import Session

from balai import feed
from balai.clock import now
from balai.ids import new_id
from balai.ledger.log import append
from balai.people.names import clean_text
from balai.statements.compile import Compiled, compiled
from balai.statements.errors import StatementInvalid, StatementMissing, StatementWithdrawn
from balai.statements.model import Statement
from balai.statements.reasons import Reasons

WHY_MAX: Final = 500


def issue(
    session: Session,
    reasons: Reasons,
    *,
    for_person_id: str,
    room_id: str | None = None,
    restriction_id: str | None = None,
    decision_id: str | None = None,
) -> Statement:
    """Issue a statement of reasons to a person and put it in the ledger.

    Raises:
        StatementInvalid: the rules refuse it; then what it states must not happen either.
    """
    statement_id, at = new_id(), now()
    forms = compiled(reasons, puid=statement_id, at=at)
    statement = Statement(
        id=statement_id,
        person_id=for_person_id,
        room_id=room_id,
        restriction_id=restriction_id,
        decision_id=decision_id,
        at=at,
        fields=forms.fields,
        told=forms.told.model_dump(mode="json"),
        language=forms.language,
    )
    statement.ledger_index = append(
        session, kind="statement", record=_recorded(statement, forms)
    ).index
    session.add(statement)
    session.flush()
    _tell(session, statement)
    return statement


def attach(
    session: Session, statement_id: str, *, restriction_id: str, for_person_id: str
) -> Statement:
    """Tie a statement that came with a decision to the restriction that carries it out.

    Raises:
        StatementMissing: there is none for this person that waits for a restriction.
    """
    statement = session.get(Statement, statement_id)
    if (
        statement is None
        or statement.person_id != for_person_id
        or statement.restriction_id is not None
        or statement.withdrawn_at is not None
    ):
        raise StatementMissing
    statement.restriction_id = restriction_id
    session.flush()
    _tell(session, statement)
    return statement


def ended(session: Session, statement_id: str) -> None:
    """Note that what was taken was given back."""
    statement = session.get_one(Statement, statement_id)
    if statement.ended_at is None:
        statement.ended_at = now()
        _tell(session, statement)


def withdraw(session: Session, statement_id: str, *, why: str) -> Statement:
    """Withdraw a statement whose decision was overturned; the person reads why.

    Raises:
        StatementMissing, StatementWithdrawn: there is nothing to withdraw.
        StatementInvalid: nothing is said about why.
    """
    statement = session.get(Statement, statement_id)
    if statement is None:
        raise StatementMissing
    if statement.withdrawn_at is not None:
        raise StatementWithdrawn
    statement.withdrawn_why = clean_text(why, length_max=WHY_MAX)
    if not statement.withdrawn_why:
        raise StatementInvalid(["withdrawn_why: say why the decision was overturned"])
    statement.withdrawn_at = now()
    record: dict[str, object] = {
        "statement_id": statement.id,
        "at": statement.withdrawn_at.isoformat(),
        "why": statement.withdrawn_why,
    }
    append(session, kind="statement_withdrawn", record=record)
    _tell(session, statement)
    return statement


def _recorded(statement: Statement, forms: Compiled) -> dict[str, object]:
    return {
        "statement_id": statement.id,
        "person_id": statement.person_id,
        "room_id": statement.room_id,
        "restriction_id": statement.restriction_id,
        "decision_id": statement.decision_id,
        "at": statement.at.isoformat(),
        "language": forms.language,
        "fields": statement.fields,
        "told": statement.told,
    }


def _tell(session: Session, statement: Statement) -> None:
    """Tell the person, and nobody else, that there is something to read; not what it says."""
    if statement.room_id is None:
        return
    feed.append(
        session,
        room_id=statement.room_id,
        kind="statement",
        data={
            "statement_id": statement.id,
            "restriction_id": statement.restriction_id,
            "ended": statement.ended_at is not None,
            "withdrawn": statement.withdrawn_at is not None,
            "person_id": statement.person_id,
        },
        audience=feed.audience_of(statement.person_id, hosts=False),
    )
