"""How flags and reports become cases: what is about the same stretch or person is one case."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from balai.cases import priority, raising
from balai.cases.concerns import concern_of
from balai.cases.model import Case, CaseFlag, CaseKind, CaseState, Concern, Subject
from balai.clock import now
from balai.evidence.sound import RATE_HZ
from balai.ids import new_id
from balai.rooms.model import Flag, Room, Seat

NEAR: Final = 15 * RATE_HZ  # what is so close belongs together
# A case grows no longer than the ring of unsealed sound; what follows is another one.
STRETCH_MAX: Final = 10 * 60 * RATE_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What something is about: a stretch of a voice or of all, a person, or a room.

    `names_voice`: a detector knows surely whose voice it is; somebody who reports may be wrong.
    """

    room: Room
    subject: Subject
    concern: Concern
    seat: Seat | None = None
    from_position: int | None = None
    to_position: int | None = None
    language: str | None = None
    names_voice: bool = False

    @property
    def seat_id(self) -> str | None:
        """The voice, if it is about one."""
        return self.seat.id if self.seat else None


def case_for(session: Session, matter: Matter) -> Case:
    """Find the open case that something belongs to, or open one."""
    found = _open_case(session, matter)
    if found is None:
        return _new(session, matter)
    if matter.subject is Subject.MOMENT:
        reach(found, matter)
    return found


def join(session: Session, flag_id: str) -> None:
    """Put a flag into a case, unless it is in one."""
    if session.get(CaseFlag, flag_id) is not None:
        return
    flag = session.get_one(Flag, flag_id)
    case = case_for(session, _matter_of(session, flag))
    session.add(CaseFlag(flag_id=flag.id, case_id=case.id))
    raising.weigh(session, case)


def follow(session: Session, flag_id: str) -> None:
    """Let a flag that grew, or began to hold, take its open case with it."""
    flag = session.get_one(Flag, flag_id)
    case = session.get_one(Case, session.get_one(CaseFlag, flag_id).case_id)
    if case.state is not CaseState.OPEN:
        return
    if case.to_position is not None and case.to_position < flag.to_position:
        case.to_position = flag.to_position
    raising.weigh(session, case)


def _matter_of(session: Session, flag: Flag) -> Matter:
    language = (flag.policy or {}).get("language")
    return Matter(
        room=session.get_one(Room, flag.room_id),
        subject=Subject.MOMENT,
        concern=concern_of(flag),
        seat=flag.seat,
        from_position=flag.from_position,
        to_position=flag.to_position,
        language=language if isinstance(language, str) and language else None,
        names_voice=True,
    )


def _open_case(session: Session, matter: Matter) -> Case | None:
    if matter.subject is not Subject.MOMENT:
        return _case_of_person_or_room(session, matter)
    near = [one for one in _open_cases(session, matter) if _is_near(one, matter)]
    of_voice = [one for one in near if one.seat_id == matter.seat_id]
    if of_voice:
        return of_voice[0]
    if matter.seat_id is not None:  # somebody reported all voices, of which this is the one
        return next((one for one in near if one.seat_id is None and matter.names_voice), None)
    return near[0] if len(near) == 1 else None


def _open_cases(session: Session, matter: Matter) -> list[Case]:
    query = select(Case).where(*_open_conduct(matter), Case.from_position.is_not(None))
    return list(session.scalars(query.order_by(Case.opened_at, Case.id)))


def _case_of_person_or_room(session: Session, matter: Matter) -> Case | None:
    query = select(Case).where(*_open_conduct(matter), Case.seat_id == matter.seat_id)
    found = list(session.scalars(query.order_by(Case.opened_at, Case.id)))
    whole = [one for one in found if one.from_position is None]
    same = [one for one in found if one.concern is matter.concern and matter.seat is not None]
    return next(iter([*whole, *same]), None)


def _open_conduct(matter: Matter) -> tuple[ColumnElement[bool], ...]:
    return (
        Case.room_id == matter.room.id,
        Case.kind == CaseKind.CONDUCT,
        Case.state == CaseState.OPEN,
    )


def _is_near(case: Case, matter: Matter) -> bool:
    begin, end = _stretch(case.from_position, case.to_position)
    other_begin, other_end = _stretch(matter.from_position, matter.to_position)
    is_near = other_begin <= end + NEAR and begin <= other_end + NEAR
    return is_near and max(end, other_end) - min(begin, other_begin) <= STRETCH_MAX


def reach(case: Case, matter: Matter) -> None:
    """Let a case reach as far as what joins it, and name the voice once it is known."""
    begin, end = _stretch(case.from_position, case.to_position)
    other_begin, other_end = _stretch(matter.from_position, matter.to_position)
    case.from_position, case.to_position = min(begin, other_begin), max(end, other_end)
    if case.seat_id is None and matter.seat is not None:
        case.seat_id, case.person_id = matter.seat.id, matter.seat.person_id


def _stretch(from_position: int | None, to_position: int | None) -> tuple[int, int]:
    return from_position or 0, to_position or 0


def _new(session: Session, matter: Matter) -> Case:
    at = now()
    case = Case(
        id=new_id(),
        kind=CaseKind.CONDUCT,
        room_id=matter.room.id,
        seat_id=matter.seat_id,
        person_id=_whom(matter),
        from_position=matter.from_position,
        to_position=matter.to_position,
        state=CaseState.OPEN,
        concern=matter.concern,
        language=matter.language or _spoken_in(matter),
        is_severe=matter.concern in priority.SEVERE,
        opened_at=at,
        due_at=at,
    )
    session.add(case)
    session.flush()
    raising.open_first_job(session, case, priority.priority(matter.concern, 0.0))
    return case


def _whom(matter: Matter) -> str | None:
    """A room is its host's; a moment of all voices is nobody's until the voice is known."""
    if matter.seat is not None:
        return matter.seat.person_id
    return matter.room.host_id if matter.subject is Subject.ROOM else None


def _spoken_in(matter: Matter) -> str:
    own = matter.seat.language if matter.seat else None
    return own or matter.room.language
