"""Whoever is reported can report the same: the answer says nothing of what others reported."""

import datetime as dt

from sqlalchemy import select, update

from balai.cases.model import Case, Job, JobState, Report
from tests.journeys.test_flags import scene
from tests.journeys.test_report_cases import decide, passed
from tests.record_house import House, Json
from tests.report_house import aged, cases, moment


async def test_who_joins_a_case_is_told_nothing_of_it_for_a_while(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    aged(house, room_id)
    path, bob = f"/api/rooms/{room_id}/reports", await house.member("bob")
    opened = await bob.do(path, moment(seat_id))
    with house.database.transaction() as session:
        session.execute(update(Job).values(state=JobState.CLAIMED))
    asked = moment(seat_id, text="Was it me?")
    joined = await ada.do(path, asked)
    (case,) = cases(house)
    own, first = (f"/api/reports/{one['receipt']}" for one in (joined, opened))
    assert (await ada.get(own), (await bob.get(first))["state"]) == (
        joined["report"],
        "in_review",
    )
    assert joined["report"]["state"] == "received"
    async with ada.events(room_id, after=0) as hers:
        with house.database.transaction() as session:
            job = session.scalars(select(Job)).one()
            decide(session, session.get_one(Case, case.id), job, house.operator.me["id"])
        assert (await bob.get(first))["outcome"] == "no_violation"
        assert await ada.do(path, asked) == joined
        assert await ada.get(own) == joined["report"]
        await host.do(f"/api/rooms/{room_id}", {"title": "After"}, method="PATCH")
        await hers.until("room", title="After")
        assert "report" not in {event.kind for event in hers.seen}
    passed(house, dt.timedelta(minutes=30))
    assert (await ada.get(own))["outcome"] == "no_violation"


async def test_who_asks_twice_about_what_was_decided_learns_as_little(house: House) -> None:
    _, room_id, ada, seat_id = await scene(house)
    aged(house, room_id)
    path, bob = f"/api/rooms/{room_id}/reports", await house.member("bob")
    await bob.do(path, moment(seat_id))
    (case,) = cases(house)
    with house.database.transaction() as session:
        job = session.scalars(select(Job)).one()
        decide(session, session.get_one(Case, case.id), job, house.operator.me["id"])
    said: list[Json] = [{}, {"text": "Again"}, {"concern": "threat"}]
    told = [await ada.do(path, moment(seat_id, **more)) for more in said]
    assert {one["receipt"] for one in told} == {told[0]["receipt"]}
    assert {one["report"]["state"] for one in told} == {"received"}
    assert len(cases(house)) == 2  # of a threat nobody had decided
    with house.database.reading() as session:
        (hers,) = session.scalars(select(Report).where(Report.by_person_id == ada.me["id"]))
    assert (hers.case_id != case.id, hers.outcome, hers.text) == (True, None, "Again")
