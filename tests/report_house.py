"""What tests of reports ask of a house: its cases and jobs, and a room on air for a while."""

import datetime as dt
from typing import Any

from sqlalchemy import select, update

from balai.cases.model import Case, CaseKind, Job
from balai.clock import now
from balai.people.model import Person
from balai.rooms.model import Room
from tests.record_house import House, Json

S = 48_000


def aged(house: House, room_id: str, *, s: float = 600.0) -> None:
    """Let a room be on air since so many seconds."""
    with house.database.transaction() as session:
        session.execute(
            update(Room)
            .where(Room.id == room_id)
            .values(live_at=now() - dt.timedelta(seconds=s))
        )


def known_for(house: House, *handles: str, days: float) -> None:
    """Let accounts be older: each by so many days more than the one before."""
    with house.database.transaction() as session:
        for number, handle in enumerate(handles, 1):
            made = now() - dt.timedelta(days=days * number)
            session.execute(
                update(Person).where(Person.handle == handle).values(created_at=made)
            )


def moment(seat_id: str | None, from_s: float = 400, to_s: float = 430, **more: Any) -> Json:
    return {
        "subject": "moment",
        "concern": "hate",
        "seat_id": seat_id,
        "from_position": round(from_s * S),
        "to_position": round(to_s * S),
        **more,
    }


def cases(house: House, kind: CaseKind = CaseKind.CONDUCT) -> list[Case]:
    with house.database.reading() as session:
        query = select(Case).where(Case.kind == kind).order_by(Case.opened_at, Case.id)
        return list(session.scalars(query))


def jobs(house: House, case: Case) -> list[Job]:
    with house.database.reading() as session:
        return list(session.scalars(select(Job).where(Job.case_id == case.id)))


def rows(house: House) -> list[Any]:
    """Everything that a report could change of people and rooms."""
    with house.database.reading() as session:
        connection = session.connection()
        return [
            connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all()
            for name in ("room", "seat", "restriction", "ban", "wish", "person")
        ]
