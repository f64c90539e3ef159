"""A withdrawn consent that cannot be carried out: its person and the leads are told."""

from balai.clock import now
from balai.rooms.replays import Replay
from tests.record_house import House, Json


async def queue_of(house: House) -> list[Json]:
    return list((await house.operator.get("/api/cases/queue"))["stuck_replays"])


async def test_what_fails_again_and_again_is_told(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host, recording=True)
    ada, _seat_id = await house.speaker("ada", host, room_id)
    rita = await house.member("rita")
    await house.operator.do("/api/reviewers", {"handle": "rita", "languages": []})
    withdrawn = await ada.do(f"/api/rooms/{room_id}/seat/recording", method="DELETE")
    assert (withdrawn["state"], await queue_of(house)) == ("withdrawn", [])
    with house.database.transaction() as session:
        failed = Replay(room_id=room_id, attempts=3, tried_at=now(), error="replay_not_made")
        session.merge(failed)
    assert await queue_of(house) == [
        {"room_id": room_id, "room_title": "Evening", "attempts": 3}
    ]
    assert (await rita.get("/api/cases/queue"))["stuck_replays"] == []
    (mine,) = await ada.get("/api/me/recordings")
    assert mine["state"] == "delayed"
    assert (await ada.get(f"/api/rooms/{room_id}"))["me"]["recording"] == "delayed"
