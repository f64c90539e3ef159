"""Following a room: in order, resumable, each told what is theirs to know."""

import asyncio

import pytest

from balai import feed
from balai.web import streams
from tests.record_house import House

TITLES = [f"Title {number}" for number in range(12)]


async def retitle(house: House, room_id: str, titles: list[str]) -> None:
    for title in titles:
        await house.operator.do(f"/api/rooms/{room_id}", {"title": title}, method="PATCH")


async def test_coming_back_misses_nothing_and_repeats_nothing(house: House) -> None:
    room_id = await house.live_room(house.operator)
    stranger = await house.stranger()
    before = (await stranger.get(f"/api/rooms/{room_id}"))["last_event_id"]
    heard: list[tuple[int, str]] = []
    number = before
    for cut in range(4):
        async with stranger.events(room_id, last_event_id=number) as stream:
            await retitle(house, room_id, TITLES[cut * 3 : cut * 3 + 2])
            await stream.until("room", title=TITLES[cut * 3 + 1])
            number = stream.seen[-1].number
            heard += [
                (e.number, e.data["room"]["title"]) for e in stream.seen if e.kind == "room"
            ]
        await retitle(house, room_id, TITLES[cut * 3 + 2 : cut * 3 + 3])  # while away
    async with stranger.events(room_id, after=number) as stream:
        await stream.until("room", title=TITLES[-1])
        heard += [(e.number, e.data["room"]["title"]) for e in stream.seen if e.kind == "room"]
    assert [title for _, title in heard] == TITLES
    assert [number for number, _ in heard] == sorted({number for number, _ in heard})
    assert heard[0][0] > before


async def test_a_new_follower_starts_from_now(house: House) -> None:
    room_id = await house.live_room(house.operator)
    await retitle(house, room_id, ["Old"])
    async with (await house.stranger()).events(room_id) as stream:
        await retitle(house, room_id, ["New"])
        await stream.until("room", title="New")
        assert "Old" not in repr(stream.seen)


async def test_a_number_from_the_future_means_now(house: House) -> None:
    room_id = await house.live_room(house.operator)
    async with (await house.stranger()).events(room_id, after=2**53) as stream:
        await retitle(house, room_id, ["New"])
        await stream.until("room", title="New")


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 40])
async def test_a_number_that_is_none_is_invalid(house: House, after: str) -> None:
    room_id = await house.live_room(house.operator)
    stranger = await house.stranger()
    refusal = await stranger.refused(f"/api/rooms/{room_id}/events?after={after}", method="GET")
    assert refusal == (422, "request_invalid")
    answer = await stranger.ask(
        "GET", f"/api/rooms/{room_id}/events", None, **{"Last-Event-ID": after}
    )
    assert answer.status_code == 422


async def test_somebody_made_a_cohost_hears_the_hosts_entries_from_then_on(
    house: House,
) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    ben = await house.member("ben")
    path = f"/api/rooms/{room_id}"
    async with ada.events(room_id) as stream:
        await ben.do(f"{path}/hand")
        await house.operator.do(f"{path}/cohosts", {"seat_id": seat_id, "cohost": True})
        await stream.until("seat", role="cohost")
        assert [event for event in stream.seen if event.kind == "hand"] == []
        await ben.do(f"{path}/hand", method="DELETE")
        await stream.until("hand", state="lowered")


async def test_how_many_listen_is_told_in_bands(house: House) -> None:
    room_id = await house.live_room(house.operator)
    stranger = await house.stranger()
    async with stranger.events(room_id) as stream:
        assert await stream.until("audience") == {"band": "1–9"}
        (card,) = await stranger.get("/api/rooms?state=live")
        assert card["listeners_band"] == "1–9"


async def test_streams_are_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ROOM_MAX", 2)
    room_id = await house.live_room(house.operator)
    stranger = await house.stranger()
    async with (
        stranger.events(room_id, after=0) as one,
        stranger.events(room_id, after=0) as two,
    ):
        await one.next()
        await two.next()
        refusal = await stranger.refused(f"/api/rooms/{room_id}/events", method="GET")
        assert refusal == (503, "too_many_streams")


async def test_silence_is_filled_with_comments(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.05)
    room_id = await house.live_room(house.operator)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/events"
    async with stranger.http.stream("GET", path) as response:
        lines = response.aiter_lines()
        seen = [await anext(lines)]
        while seen[-1] != ": still here":
            seen.append(await anext(lines))
    assert seen[0] == "retry: 2000"
    assert response.headers["Content-Type"].startswith("text/event-stream")
    assert response.headers["Cache-Control"] == "no-store"


async def test_the_hallway_hears_of_rooms_that_its_visitor_may_see(house: House) -> None:
    stranger, member = await house.stranger(), await house.member("ada")
    async with stranger.hallway() as outside, member.hallway() as inside:
        await house.live_room(house.operator, openness="invited")
        await house.live_room(house.operator, openness="house")
        async with asyncio.timeout(10):
            told = await inside.next()
        await house.live_room(house.operator, openness="open")
        async with asyncio.timeout(10):
            first = await outside.next()
    assert (told.kind, told.data) == (first.kind, first.data) == ("rooms", {})
    assert first.number > told.number


async def test_the_hallway_has_no_audience_of_its_own(house: House) -> None:
    stranger = await house.stranger()
    async with stranger.hallway() as stream:
        room_id = await house.live_room(house.operator)
        async with house.operator.events(room_id) as seen:
            await seen.until("audience", band="1–9")
        async with asyncio.timeout(10):
            await stream.next()
    with house.database.reading() as session:
        assert feed.entries_after(session, 0, room_id=streams.HALLWAY) == []
