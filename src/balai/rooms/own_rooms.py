"""Rooms on air that are an operator's own: reports about these are for others.

Whoever hosts a room, or spoke in it, learns neither that it, or somebody in it, was reported
nor how often; who reports has to be safe from whom they report. Who took a room over for the
safety team has not made it their own by that.
"""

from collections import defaultdict
from collections.abc import Mapping, Set

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from balai.people.model import Person
from balai.rooms import safety
from balai.rooms.model import ON_AIR, Role, Room, Seat
from balai.rooms.overview import DeskRecord
from balai.rooms.risk import CauseKind


def owners(session: Session) -> Mapping[str, Set[str]]:
    """Name the operators whose own each room on air is, by room."""
    found: dict[str, set[str]] = defaultdict(set)
    hosts = (
        select(Room.id, Room.host_id)
        .join(Person, Person.id == Room.host_id)
        .where(Room.state.in_(ON_AIR), Person.is_operator)
    )
    for room_id, person_id in session.execute(hosts).all():
        found[room_id].add(person_id)
    for seat in _seats(session):
        found[seat.room_id].add(seat.person_id)
    return found


def without_reports(record: DeskRecord) -> DeskRecord:
    """Give a record as those see it whose own room it is."""
    causes = [one for one in record.causes if one.kind is not CauseKind.REPORT]
    told = {"reports": 0, "reported": [], "causes": causes, "is_own": True}
    points = round(sum(one.points for one in causes), 1)
    return record.model_copy(update={**told, "risk": points})


def _seats(session: Session) -> list[Seat]:
    taken_over = safety.taken_over(session)
    query = (
        select(Seat)
        .join(Room, Room.id == Seat.room_id)
        .join(Person, Person.id == Seat.person_id)
        .where(
            Room.state.in_(ON_AIR),
            Person.is_operator,
            or_(Seat.joined_at.is_not(None), Seat.role == Role.COHOST),
        )
    )
    return [
        seat
        for seat in session.scalars(query)
        if seat.joined_at is not None or (seat.room_id, seat.person_id) not in taken_over
    ]
