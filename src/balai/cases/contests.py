"""Contests: who was cut says that it was wrong, and the safety team judges it, not the host."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from balai.cases import priority, raising
from balai.cases.model import Case, CaseKind, CaseRestriction, CaseState, Concern
from balai.clock import now
from balai.evidence import sealing
from balai.evidence.sound import RATE_HZ, Window
from balai.evidence.store import Store
from balai.ids import new_id
from balai.rooms import restrictions
from balai.rooms.model import ON_AIR, Restriction, RestrictionKind, Room, Seat

_BEFORE_S: Final = 120.0  # what led to it
_AFTER_S: Final = 15.0
AT_ONCE_MAX: Final = 5  # contests of one room within an hour that go before other work
SEALED_MAX: Final = 5  # contests of one person in a room within an hour whose sound is sealed
LATELY: Final = timedelta(hours=1)


def contest(
    session: Session, store: Store, restriction_id: str, *, by_person_id: str, text: str
) -> Restriction:
    """Record that the person concerned contests a restriction, and open a case for it.

    What they said until then is sealed, and nobody else's voice: it is what is judged.

    Raises:
        RestrictionMissing: there is none with this id that concerns this person.
        AlreadyContested: it is on record already.
    """
    contested = restrictions.contest(
        session, restriction_id, by_person_id=by_person_id, text=text
    )
    case = _open_case(session, contested)
    if contested.kind is not RestrictionKind.TAKE_LINE:  # it was written, not said
        _seal(session, store, case, f"contest:{contested.id}")
    return contested


def _seal(session: Session, store: Store, case: Case, why: str) -> None:
    """Seal what led to it; not for who contests more in an hour than anybody would."""
    if case.from_position is None or case.to_position is None or case.seat_id is None:
        return
    if _lately(session, Case.seat_id == case.seat_id, case.opened_at) > SEALED_MAX:
        return
    voice = frozenset({case.seat_id})
    window = Window(case.room_id, case.from_position, case.to_position, voice)
    sealing.seal_if_kept(session, store, window, why=why)


def _open_case(session: Session, contested: Restriction) -> Case:
    room = session.get_one(Room, contested.room_id)
    seat = session.get_one(Seat, contested.seat_id)
    begin, end = _around(room, contested.from_at)
    at = now()
    case = Case(
        id=new_id(),
        kind=CaseKind.CONTEST,
        room_id=room.id,
        seat_id=seat.id,
        person_id=contested.person_id,
        from_position=begin,
        to_position=end,
        state=CaseState.OPEN,
        concern=Concern.OTHER,
        language=seat.language or room.language,
        opened_at=at,
        due_at=at,
    )
    session.add(case)
    session.flush()
    session.add(CaseRestriction(restriction_id=contested.id, case_id=case.id))
    number = _priority(session, room, contested, at)
    raising.open_first_job(session, case, number, due_after=priority.contest_due_after(number))
    return case


def _priority(session: Session, room: Room, contested: Restriction, at: datetime) -> int:
    """What still weighs on somebody while the room goes on can still be put right in it.

    Beyond a few of one room in an hour, answered or not, they wait their turn and lose nothing
    else: a host and a friend could make any number.
    """
    if _lately(session, Case.room_id == room.id, at) > AT_ONCE_MAX:
        return priority.CONTESTED
    weighs = contested.lifted_at is None and (
        contested.until_at is None or contested.until_at > at
    )
    is_live = room.state in ON_AIR
    return priority.CONTESTED_NOW if weighs and is_live else priority.CONTESTED


def _lately(session: Session, which: ColumnElement[bool], at: datetime) -> int:
    query = select(func.count(Case.id)).where(
        which,
        Case.kind == CaseKind.CONTEST,
        Case.opened_at > at - LATELY,
    )
    return session.scalar(query) or 0


def _around(room: Room, at: datetime) -> tuple[int | None, int | None]:
    """Give the stretch of the room around a moment: two minutes before, some seconds after."""
    if room.live_at is None or at < room.live_at:
        return None, None
    passed_s = (at - room.live_at).total_seconds()
    begin_s = max(passed_s - _BEFORE_S, 0.0)
    return round(begin_s * RATE_HZ), round((passed_s + _AFTER_S) * RATE_HZ)
