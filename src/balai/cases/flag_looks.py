"""The looks at flags: what is new gets a case, what goes on takes its case along.

A look reads outside the writers' turn, and only what is new: flags since the last look, and
flags of the last hour that are ahead of their cases. It writes only when there is something,
each flag in a transaction of its own, so that everybody else has their turn in between.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from balai.cases import joining, priority
from balai.cases.concerns import SUREST, raised_of
from balai.cases.model import Case, CaseFlag, CaseState, Job, JobState
from balai.clock import now
from balai.database import Database
from balai.rooms.model import ON_AIR, Flag, FlagStage, FlagState, Room

FLAGS_MAX: Final = 100  # joined in one look; the others wait for the next
FOLLOWED_MAX: Final = 200  # flags ahead of their cases, the newest ones
FOLLOWED: Final = timedelta(hours=1)  # what is older grows into no case any more
# A flag is dated before it is committed, and clocks are set back: so much is read again.
LATE: Final = timedelta(minutes=2)
WHOLE: Final = timedelta(hours=1)  # so often all flags are looked at, as when it begins

log = logging.getLogger(__name__)


class FlagLooks:
    """Looks at flags again and again; remembers since when it has seen them all.

    On failure: a flag that cannot be joined is logged and tried again with the next look; the
    others go on. Nothing is lost with this memory: who begins anew looks at all of them once.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since: datetime | None = None
        self._whole_at: datetime | None = None

    def look(self) -> int:
        """Join what is new, follow what goes on; give how many flags are in a case now."""
        at = now()
        if self._whole_at is None or not timedelta() <= at - self._whole_at < WHOLE:
            self._since, self._whole_at = None, at
        with self._database.reading() as session:
            new, ahead = unjoined(session, self._since), ahead_of_case(session, at)
        joined = [self._write(joining.join, flag_id) for flag_id in new]
        for flag_id in ahead:
            self._write(joining.follow, flag_id)
        if len(new) < FLAGS_MAX and all(joined):
            self._since = at - LATE
        return sum(joined)

    def _write(self, step: Callable[[Session, str], object], flag_id: str) -> bool:
        try:
            with self._database.transaction() as session:
                step(session, flag_id)
        except Exception:
            log.exception("a flag waits for its case", extra={"flag": flag_id})
            return False
        return True


def unjoined(session: Session, since: datetime | None) -> list[str]:
    """Read the flags without a case, oldest first, 100 at most; None: of all times."""
    query = (
        select(Flag.id)
        .outerjoin(CaseFlag, CaseFlag.flag_id == Flag.id)
        .where(CaseFlag.flag_id.is_(None))
        .order_by(Flag.at, Flag.id)
    )
    if since is not None:
        query = query.where(Flag.at >= since)
    return list(session.scalars(query.limit(FLAGS_MAX)))


def ahead_of_case(session: Session, at: datetime) -> list[str]:
    """Read the flags on air that say more than the open case they are in, 200 at most."""
    has_held_job = select(Job.id).where(
        Job.case_id == Case.id, Job.state != JobState.DONE, Job.priority <= priority.HELD
    )
    begins_to_hold = and_(Flag.held, Flag.hold_ended_at.is_(None), ~has_held_job.exists())
    query = (
        select(Flag, Case, begins_to_hold)
        .join(CaseFlag, CaseFlag.flag_id == Flag.id)
        .join(Case, Case.id == CaseFlag.case_id)
        .join(Room, Room.id == Flag.room_id)
        .where(
            Flag.at > at - FOLLOWED,
            Room.state.in_(ON_AIR),
            Case.state == CaseState.OPEN,
            Flag.state == FlagState.OPEN,
            or_(
                Case.to_position < Flag.to_position,
                begins_to_hold,
                and_(Flag.stage == FlagStage.CONFIRMED, Case.weight < SUREST),
            ),
        )
        .order_by(Flag.at.desc())
        .limit(FOLLOWED_MAX)
    )
    return [
        flag.id
        for flag, case, begins in session.execute(query).all()
        if begins or _is_ahead(flag, case)
    ]


def _is_ahead(flag: Flag, case: Case) -> bool:
    has_grown = case.to_position is not None and case.to_position < flag.to_position
    return has_grown or raised_of(flag).weight > case.weight
