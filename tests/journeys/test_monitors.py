"""Who hears a stage before it airs: on record, bounded, and no longer than their session."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from balai.clock import now
from balai.people.model import Person
from balai.wire import WorkerAway
from tests.desk_house import ledger
from tests.record_house import House


async def test_the_team_hears_a_stage_before_it_airs_and_it_is_on_record(house: House) -> None:
    ada, olga = await house.member("ada"), house.operator
    room_id = await house.live_room(ada, delay_s=12)
    path, asked = f"/api/desk/rooms/{room_id}/monitor", {"offer": "v=0 and so on"}
    assert await olga.refused(path, {"reason": " ", **asked}) == (422, "reason_missing")
    assert house.worker.monitors == []
    told = await olga.do(path, {"reason": "Threats?", **asked})
    assert told["answer"] == "answer to v=0 and so on"
    assert timedelta(minutes=9) < datetime.fromisoformat(told["until_at"]) - now()
    assert [one["reason"] for one in ledger(house, "listen_ahead")] == ["Threats?"]
    assert len(house.worker.monitors) == 1
    await olga.do(path, method="DELETE")
    assert house.worker.monitors == []
    private = await house.live_room(ada, openness="invited")
    refusal = await olga.refused(f"/api/desk/rooms/{private}/monitor", {"reason": "A", **asked})
    assert refusal == (403, "room_private")


@pytest.mark.parametrize("how", ["signed out", "off the team"])
async def test_a_stage_is_heard_no_longer_than_by_a_good_session(
    house: House, how: str
) -> None:
    ada, olga = await house.member("ada"), house.operator
    room_id = await house.live_room(ada, delay_s=12)
    asked = {"offer": "v=0", "reason": "Threats?"}
    await olga.do(f"/api/desk/rooms/{room_id}/monitor", asked)
    assert len(house.worker.monitors) == 1
    if how == "signed out":
        await olga.do("/api/sign-out")
    else:
        with house.database.transaction() as session:
            session.execute(update(Person).values(is_operator=False))
    async with asyncio.timeout(30):
        while house.worker.monitors:
            await asyncio.sleep(0.1)


async def test_who_asked_to_hear_is_on_record_even_if_nothing_came(
    house: House,
) -> None:
    ada, olga = await house.member("ada"), house.operator
    room_id = await house.live_room(ada, delay_s=12)
    house.worker.refuses_with = WorkerAway()
    path, asked = f"/api/desk/rooms/{room_id}/monitor", {"offer": "v=0", "reason": "Threats?"}
    assert await olga.refused(path, asked) == (503, "worker_away")
    assert len(ledger(house, "listen_ahead")) == 1  # it was asked, and that is kept
