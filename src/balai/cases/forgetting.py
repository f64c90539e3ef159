"""What was said by somebody who withdrew their consent: forgotten once nobody decides on it.

It goes as soon as the replay was seen to be without that voice, except what belongs to a case
that is open, can be appealed against, or is under a legal hold: that goes when this is over.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from balai.cases.model import (
    BLIND,
    Case,
    CaseFlag,
    CaseState,
    Decision,
    DecisionState,
    Job,
    JobState,
)
from balai.cases.sounding import is_of_case
from balai.clock import now
from balai.database import Database
from balai.evidence.model import Sealed
from balai.rooms.model import Flag, FlagWords
from balai.rooms.replays import OmissionCause, ReplayOmission
from balai.statements.compile import SIX_MONTHS

FORGOTTEN_MAX: Final = 500  # flags in one look; the others wait for the next


def look(database: Database) -> int:
    """Forget what nobody needs any longer; give of how many flags it was."""
    with database.reading() as session:
        is_due = bool(_due(session, now()))
    if not is_due:
        return 0
    with database.transaction() as session:
        due = _due(session, now())
        session.execute(delete(FlagWords).where(FlagWords.flag_id.in_(due)))
    return len(due)


def _due(session: Session, at: datetime) -> list[str]:
    """Read whose words may go, 500 flags at most; a flag without a case waits for one."""
    query = (
        select(FlagWords.flag_id)
        .join(Flag, Flag.id == FlagWords.flag_id)
        .join(ReplayOmission, ReplayOmission.seat_id == Flag.seat_id)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .join(Case, Case.id == CaseFlag.case_id)
        .where(
            ReplayOmission.cause == OmissionCause.CONSENT,
            ReplayOmission.made_at.is_not(None),
            ~is_wanted(at),
        )
    )
    return list(session.scalars(query.limit(FORGOTTEN_MAX)))


def is_wanted(at: datetime) -> ColumnElement[bool]:
    """Give the condition for cases on which somebody is to decide, or may be asked to."""
    is_open = Case.state != CaseState.CLOSED
    return or_(is_open, _is_asked(), _can_be_appealed(at), _is_held(at))


def _is_asked() -> ColumnElement[bool]:
    """Whether somebody is still to decide; what only compares reviewers keeps nothing."""
    query = select(Job.id).where(
        Job.case_id == Case.id, Job.state != JobState.DONE, Job.kind.not_in(BLIND)
    )
    return query.exists()


def _can_be_appealed(at: datetime) -> ColumnElement[bool]:
    query = select(Decision.id).where(
        Decision.case_id == Case.id,
        Decision.state == DecisionState.IN_FORCE,
        ~Decision.is_blind,
        Decision.in_force_at >= at - SIX_MONTHS,
    )
    return query.exists()


def _is_held(at: datetime) -> ColumnElement[bool]:
    """Whether a legal hold keeps anything that was sealed for the case."""
    query = select(Sealed.id).where(
        is_of_case(),
        Sealed.destroyed_at.is_(None),
        Sealed.legal_hold.is_not(None),
        or_(Sealed.hold_until.is_(None), Sealed.hold_until > at),
    )
    return query.correlate(Case).exists()
