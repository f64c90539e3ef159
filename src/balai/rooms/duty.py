"""On-call duty: somebody of the safety team says until when they watch the house."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from balai import feed
from balai.clock import now
from balai.database import Base
from balai.errors import Conflict, Invalid
from balai.people.accounts import require_operator
from balai.people.model import Person
from balai.rooms.model import ON_AIR, Openness, Room

DUTY_HOURS_MAX: Final = 12
PUBLIC: Final = frozenset({Openness.OPEN, Openness.HOUSE})


class NobodyOnDuty(Conflict):
    """Nobody of the safety team is on duty; open this room later, or for invited people."""


class DutyTooLong(Invalid):
    """Duty lasts 12 hours at most; say so again when it is over."""


class Duty(Base):
    """Until when somebody of the safety team watches the house."""

    __tablename__ = "duty"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    until_at: Mapped[datetime]


def begin(session: Session, *, by: Person, until_at: datetime) -> None:
    """Go on duty until a moment; a moment that is past ends it. Rooms on air hear of it.

    Raises:
        OperatorsOnly: this person is not of the safety team.
        DutyTooLong: that is more than 12 hours from now.
    """
    require_operator(by)
    if until_at > now() + timedelta(hours=DUTY_HOURS_MAX):
        raise DutyTooLong
    was_covered = bool(on_duty(session))
    duty = session.get(Duty, by.id) or Duty(person_id=by.id)
    duty.until_at = until_at
    session.add(duty)
    _tell_if_changed(session, was_covered=was_covered)


def end(session: Session, person: Person) -> None:
    """End somebody's duty, because they are shut out; who has none has none still."""
    was_covered = bool(on_duty(session))
    if duty := session.get(Duty, person.id):
        duty.until_at = min(duty.until_at, now())
    _tell_if_changed(session, was_covered=was_covered)


def on_duty(session: Session) -> list[tuple[Person, datetime]]:
    """Read who watches the house and until when, the longest first."""
    query = (
        select(Person, Duty.until_at)
        .join(Duty, Duty.person_id == Person.id)
        .where(Duty.until_at > now(), Person.is_operator)
        .order_by(Duty.until_at.desc(), Person.id)
    )
    return [(person, until_at) for person, until_at in session.execute(query).all()]


def require(session: Session, room: Room) -> None:
    """Let a room be opened while somebody watches; one for invited people always.

    Raises:
        NobodyOnDuty: it is public, and nobody is on duty.
    """
    if room.openness in PUBLIC and not on_duty(session):
        raise NobodyOnDuty


def _tell_if_changed(session: Session, *, was_covered: bool) -> None:
    session.flush()
    is_covered = bool(on_duty(session))
    if is_covered != was_covered:
        tell_rooms(session, is_covered=is_covered)


def tell_rooms(session: Session, *, is_covered: bool) -> None:
    """Tell the hosts of every public room on air whether somebody watches from now on."""
    public = select(Room.id).where(Room.state.in_(ON_AIR), Room.openness.in_(PUBLIC))
    for room_id in session.scalars(public).all():
        data: dict[str, object] = {"on_duty": is_covered}
        feed.append(session, room_id=room_id, kind="duty", data=data, audience=feed.HOSTS)
