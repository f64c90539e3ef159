"""Care for reviewers: how much of what is hard to bear one shift may hold.

No research gives an agreed number of hours; these limits are ours, cautious, and enforced
here: what is not given out cannot be seen.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases.errors import LighterFirst, ShiftSpent
from balai.cases.model import Case, Exposure
from balai.clock import now
from balai.ids import new_id

SHIFT: Final = timedelta(hours=8)  # the last eight hours, whenever they began
SEVERE_S_MAX: Final = 15 * 60.0
ANY_S_MAX: Final = 60 * 60.0
SEVERE_IN_A_ROW_MAX: Final = 5
OPENING_S: Final = 15.0  # the least that a look at a case counts
KNOWS_S: Final = 0.0  # no look, which is longer, but that somebody read what was decided
# Between two signs of life the case counts as looked at, if they are no further apart. A page
# gives one every four minutes while somebody is at it; who comes back later looks anew.
LOOK_GAP: Final = timedelta(minutes=5)
_ROWS_MAX: Final = 1_000  # of one reviewer on the average


@dataclass(frozen=True, slots=True)
class Spent:
    """What a reviewer saw in the last eight hours."""

    severe_s: float
    any_s: float
    severe_in_a_row: int

    @property
    def is_over(self) -> bool:
        """Whether nothing more is given out in this shift."""
        return self.any_s >= ANY_S_MAX

    @property
    def may_see_severe(self) -> bool:
        """Whether something severe may come next."""
        return (
            not self.is_over
            and self.severe_s < SEVERE_S_MAX
            and self.severe_in_a_row < SEVERE_IN_A_ROW_MAX
        )


def spent(session: Session, person_id: str, *, at: datetime | None = None) -> Spent:
    """Add up what a reviewer saw in the last eight hours."""
    return spent_by(session, [person_id], at=at)[person_id]


def spent_by(
    session: Session, person_ids: Collection[str], *, at: datetime | None = None
) -> dict[str, Spent]:
    """Add up what each of several reviewers saw in the last eight hours."""
    looks: dict[str, list[Exposure]] = defaultdict(list)
    for look in _of_shift(session, person_ids, at or now()):
        looks[look.person_id].append(look)
    return {person_id: _summed(looks[person_id]) for person_id in person_ids}


def _summed(rows: list[Exposure]) -> Spent:
    return Spent(
        severe_s=sum(row.seconds for row in rows if row.is_severe),
        any_s=sum(row.seconds for row in rows),
        severe_in_a_row=_in_a_row(rows),
    )


def require_may_see(session: Session, person_id: str, case: Case) -> None:
    """Let a case be opened that fits into the reviewer's shift.

    Raises:
        ShiftSpent: they have seen as much as one shift may hold.
        LighterFirst: something lighter has to come between.
    """
    seen = spent(session, person_id)
    if seen.is_over or (case.is_severe and seen.severe_s >= SEVERE_S_MAX):
        raise ShiftSpent
    if not case.is_severe or seen.may_see_severe:
        return
    latest = _latest(session, person_id)
    if latest is None or latest.case_id != case.id:  # the fifth one may be finished
        raise LighterFirst


def looked(session: Session, person_id: str, case: Case, *, heard_s: float = 0.0) -> Exposure:
    """Count a look at a case; one that goes on counts the time since the sign of life before.

    `heard_s`: sound that was given out; it counts at once, whether they listen or not.
    """
    at, latest = now(), _latest(session, person_id)
    if latest is not None and latest.case_id == case.id and at - _end(latest) <= LOOK_GAP:
        latest.seconds = max(latest.seconds, (at - latest.at).total_seconds()) + heard_s
        return latest
    look = Exposure(
        id=new_id(),
        person_id=person_id,
        case_id=case.id,
        is_severe=case.is_severe,
        seconds=OPENING_S + heard_s,
        at=at,
    )
    session.add(look)
    session.flush()
    return look


def knows(session: Session, person_id: str, case: Case) -> None:
    """Note that somebody reads what was decided in a case: they are not asked it blind."""
    noted = select(Exposure.id).where(
        Exposure.person_id == person_id,
        Exposure.case_id == case.id,
        Exposure.seconds == KNOWS_S,
    )
    if session.scalar(noted.limit(1)) is not None:
        return
    session.add(
        Exposure(
            id=new_id(),
            person_id=person_id,
            case_id=case.id,
            is_severe=case.is_severe,
            seconds=KNOWS_S,
            at=now(),
        )
    )


def seen_until(session: Session, person_id: str, case_id: str) -> datetime | None:
    """Give the end of somebody's last look at a case; None: they never opened it."""
    query = (
        select(Exposure)
        .where(
            Exposure.person_id == person_id,
            Exposure.case_id == case_id,
            Exposure.seconds > KNOWS_S,
        )
        .order_by(Exposure.at.desc())
    )
    latest = session.scalars(query.limit(1)).first()
    return _end(latest) if latest else None


def _end(look: Exposure) -> datetime:
    return look.at + timedelta(seconds=look.seconds)


def _latest(session: Session, person_id: str) -> Exposure | None:
    query = (
        select(Exposure)
        .where(Exposure.person_id == person_id, Exposure.seconds > KNOWS_S)
        .order_by(Exposure.at.desc(), Exposure.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def _of_shift(session: Session, person_ids: Collection[str], at: datetime) -> list[Exposure]:
    """Read the looks of a shift, newest first, 1,000 a reviewer at most."""
    query = (
        select(Exposure)
        .where(Exposure.person_id.in_(person_ids), Exposure.at > at - SHIFT)
        .order_by(Exposure.at.desc(), Exposure.id.desc())
        .limit(_ROWS_MAX * len(person_ids))
    )
    return list(session.scalars(query))


def _in_a_row(rows: list[Exposure]) -> int:
    """Count the severe cases since the last one that was not."""
    seen: set[str] = set()
    for row in rows:
        if not row.is_severe:
            break
        seen.add(row.case_id)
    return len(seen)
