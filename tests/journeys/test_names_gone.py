"""Nobody reads the name of a deleted person in what an open room was told."""

from sqlalchemy import select

from balai.feed import FeedEntry
from balai.rooms import announce
from balai.rooms.model import Room
from tests.record_house import House


async def test_a_deleted_name_is_in_no_entry_of_a_room(house: House) -> None:
    hana = await house.member("hana")
    room_id = await house.live_room(hana)
    ada = await house.member("ada")
    await ada.do(f"/api/rooms/{room_id}/hand")
    await hana.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "ada"})
    await house.take_stage(ada, room_id, alias="Night Owl")
    with house.database.transaction() as session:
        announce.tell_room(session, session.get_one(Room, room_id))
    async with house.operator.events(room_id, after=0) as stream:
        await stream.until("seat", name="Night Owl", state="on_stage")
        await ada.do("/api/me", method="DELETE")
        last = await stream.until("seat", state="left")
        async with (await house.stranger()).events(room_id, after=0) as anew:
            shown = [await anew.next() for _ in range(4)]
    assert last["name"] == "–"
    assert "Night Owl" not in repr(shown)
    with house.database.reading() as session:
        told = repr([one.data for one in session.scalars(select(FeedEntry))])
    assert "Night Owl" not in told
    assert "Ada" not in told
    assert "Hana" in told
    await hana.do("/api/me", method="DELETE")
    with house.database.reading() as session:
        told = repr([one.data for one in session.scalars(select(FeedEntry))])
    assert "Hana" not in told
