"""A link with which somebody signs in is made by another: it is on record, and told to them."""

import json

from sqlalchemy import select

from balai.cases import receipts
from balai.cases.model import Case, Outcome
from balai.ledger.model import LedgerEntry
from tests.journeys.test_flags import scene
from tests.journeys.test_reports import signed_in
from tests.record_house import House, Json, Visitor
from tests.report_house import cases


def recorded(house: House, kind: str) -> list[Json]:
    with house.database.reading() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == kind)).all()
    return [json.loads(one.record_bytes or b"") for one in entries]


async def reports_heard(who: Visitor, host: Visitor, room_id: str, title: str) -> int:
    async with who.events(room_id, after=0) as stream:
        await host.do(f"/api/rooms/{room_id}", {"title": title}, method="PATCH")
        await stream.until("room", title=title)
        return sum(event.kind == "report" for event in stream.seen)


async def test_a_link_back_and_its_use_are_in_the_ledger_and_told_to_the_person(
    house: House,
) -> None:
    bob = await house.member("bob")
    assert await bob.get("/api/me/links") == []
    await house.operator.do("/api/people/bob/link")
    await signed_in(house, "bob")
    made, used = recorded(house, "sign_in_link_made"), recorded(house, "sign_in_link_used")
    assert (len(made), used) == (2, [made[1]])
    assert {name: made[1][name] for name in ("person_id", "by_person_id")} == {
        "person_id": bob.me["id"],
        "by_person_id": house.operator.me["id"],
    }
    told = await bob.get("/api/me/links")
    assert [(one["made_by"], one["used"]) for one in told] == [("Olga", True), ("Olga", False)]


async def test_who_comes_by_a_link_does_not_read_what_was_reported_before(
    house: House,
) -> None:
    host, room_id, _, seat_id = await scene(house)
    bob, path = await house.member("bob"), f"/api/rooms/{room_id}/reports"
    said = {"subject": "person", "concern": "threat", "seat_id": seat_id, "text": "He hit me"}
    before = await bob.do(path, said)
    (case,) = cases(house)
    with house.database.transaction() as session:
        receipts.tell_outcome(session, session.get_one(Case, case.id), Outcome.VIOLATION)
    someone = await signed_in(house, "bob")
    assert await someone.get("/api/me/reports") == []
    assert await reports_heard(someone, host, room_id, "One") == 0
    assert await reports_heard(bob, host, room_id, "Two") == 1
    after = await someone.do(path, {**said, "text": "Who has reported?"})
    assert after["receipt"] != before["receipt"]
    assert [one["id"] for one in await someone.get("/api/me/reports")] == [
        after["report"]["id"]
    ]
    assert len(await bob.get("/api/me/reports")) == 2
