"""An operator who is shut out, or spoke in a room, is told what others there are told."""

import asyncio

from balai import feed
from balai.people.keys import house_key
from balai.people.model import Person
from balai.rooms import bans
from balai.rooms.model import Role
from balai.rooms.restrictions import Ruling
from tests.desk_house import second, watching
from tests.journeys.test_flags import raised, seen
from tests.record_house import House, Visitor


def shut_out(house: House, who: Visitor, *, stage_only: bool = False) -> None:
    """Ban somebody from the whole house, as a decision does."""
    ruling = Ruling(house.operator.me["id"], "Safety team", Role.SAFETY, "Threats")
    with house.database.transaction() as session:
        person = session.get_one(Person, who.me["id"])
        key = house_key(house.settings.data)
        bans.record(
            session, None, person, ruling, key=key, until_at=None, stage_only=stage_only
        )


async def test_the_desk_of_somebody_who_is_shut_out_ends_within_seconds(house: House) -> None:
    putri, wati = await second(house), await second(house, "wati")
    async with watching(putri) as stream, watching(wati) as others:
        await stream.next()
        await others.next()
        shut_out(house, wati, stage_only=True)  # who may only listen goes on watching
        shut_out(house, putri)
        async with asyncio.timeout(30):
            await stream.closed()
        await others.next()  # two seconds later at most, when ages are read anew
        desk = house.app.state.house.desk
        assert [one.caller.person_id for one in desk._watchers] == [wati.me["id"]]
    assert await putri.refused("/api/desk", method="GET") == (403, "shut_out")


async def test_a_stage_is_heard_no_longer_by_somebody_who_is_shut_out(house: House) -> None:
    putri = await second(house)
    room_id = await house.live_room(await house.member("ada"), delay_s=12)
    asked = {"offer": "v=0", "reason": "Threats?"}
    await putri.do(f"/api/desk/rooms/{room_id}/monitor", asked)
    shut_out(house, putri)
    async with asyncio.timeout(30):
        while house.worker.monitors:
            await asyncio.sleep(0.1)


async def test_a_room_tells_nothing_for_the_team_to_somebody_who_is_shut_out(
    house: House,
) -> None:
    ada, putri = await house.member("ada"), await second(house)
    room_id = await house.live_room(ada, delay_s=12)
    _, seat_id = await house.speaker("budi", ada, room_id)
    raised(house, seen(room_id, seat_id), held=True)
    async with putri.events(room_id, after=0) as stream:
        await stream.until("flag", title="A chant")
        shut_out(house, putri)
        await stream.closed()
    async with putri.events(room_id, after=0) as stream:
        await ada.do(f"/api/rooms/{room_id}", {"title": "Later"}, method="PATCH")
        await stream.until("room", title="Later")
        assert [event for event in stream.seen if event.kind == "flag"] == []
    assert (await putri.get(f"/api/rooms/{room_id}"))["flags"] == []


async def test_who_spoke_in_a_room_is_not_told_that_there_are_cases(house: House) -> None:
    ada, putri = await house.member("ada"), await second(house)
    room_id = await house.live_room(ada)
    await ada.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "putri"})
    await house.take_stage(putri, room_id)
    await putri.do(f"/api/rooms/{room_id}/seat/step-down")
    told: dict[str, object] = {"case_id": "of putri", "state": "decided"}
    with house.database.transaction() as session:
        feed.append(session, room_id=room_id, kind="case", data=told, audience=feed.OPERATORS)
    house.bell.ring()
    async with house.operator.events(room_id, after=0) as others:
        await others.until("case")
    async with putri.events(room_id, after=0) as own:
        await ada.do(f"/api/rooms/{room_id}", {"title": "Later"}, method="PATCH")
        await own.until("room", title="Later")
        assert [event for event in own.seen if event.kind == "case"] == []
