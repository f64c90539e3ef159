"""Restrictions: recorded with who, why and how long, shown to the person, contestable."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.ids import new_id
from balai.rooms.announce import tell_restriction
from balai.rooms.errors import AlreadyContested, RestrictionMissing, RulesOnlyHold
from balai.rooms.model import Restriction, RestrictionKind, Role, Seat

REASON_MAX = 500
SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who restricts and why; without a person it is a rule of the house."""

    by_person_id: str | None
    by_name: str
    by_role: Role | None
    reason: str


def record(
    session: Session,
    seat: Seat,
    kind: RestrictionKind,
    ruling: Ruling,
    *,
    until_at: datetime | None,
) -> Restriction:
    """Record a restriction and show it to the person; `until_at` None means until lifted.

    Raises:
        RulesOnlyHold: no person stands behind it, and it is more than a hold.
    """
    if ruling.by_person_id is None and kind is not RestrictionKind.HOLD:
        raise RulesOnlyHold
    restriction = Restriction(
        id=new_id(),
        room_id=seat.room_id,
        person_id=seat.person_id,
        seat_id=seat.id,
        kind=kind,
        by_person_id=ruling.by_person_id,
        by_name=ruling.by_name,
        by_role=ruling.by_role,
        reason=ruling.reason,
        from_at=now(),
        until_at=until_at,
    )
    session.add(restriction)
    tell_restriction(session, restriction)
    return restriction


def lift(session: Session, seat: Seat, kind: RestrictionKind) -> None:
    """Lift every restriction of a kind that still weighs on a seat."""
    for restriction in weighing(session, seat, kind):
        restriction.lifted_at = now()
        tell_restriction(session, restriction)


def weighing(session: Session, seat: Seat, kind: RestrictionKind) -> list[Restriction]:
    """Read the restrictions of a kind that nobody has lifted, run out or not."""
    return list(
        session.scalars(
            select(Restriction).where(
                Restriction.seat_id == seat.id,
                Restriction.kind == kind,
                Restriction.lifted_at.is_(None),
            )
        )
    )


def of_person(session: Session, room_id: str, person_id: str) -> list[Restriction]:
    """Read a person's restrictions in a room, newest first, 50 at most."""
    return list(
        session.scalars(
            select(Restriction)
            .where(Restriction.room_id == room_id, Restriction.person_id == person_id)
            .order_by(Restriction.from_at.desc(), Restriction.id)
            .limit(SHOWN_MAX)
        )
    )


def contest(
    session: Session, restriction_id: str, *, by_person_id: str, text: str
) -> Restriction:
    """Record that the person concerned contests a restriction, for the safety team to read.

    Raises:
        RestrictionMissing: there is none with this id that concerns this person.
        AlreadyContested: it is on record already.
    """
    restriction = session.get(Restriction, restriction_id)
    if restriction is None or restriction.person_id != by_person_id:
        raise RestrictionMissing
    if restriction.contested_at is not None:
        raise AlreadyContested
    restriction.contested_at = now()
    restriction.contest_text = text
    tell_restriction(session, restriction)
    return restriction
