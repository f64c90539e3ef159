"""Rooms as a whole: who sees them, who opens, changes and ends them."""

import json
from pathlib import Path

from sqlalchemy import select

from balai.errors import Unavailable
from balai.ledger.model import LedgerEntry
from balai.rooms.model import Wish, WishKind, WishState
from tests.record_house import House, Visitor, open_house


async def titles(visitor: Visitor, which: str) -> list[str]:
    return [card["title"] for card in await visitor.get(f"/api/rooms?state={which}")]


async def test_an_opened_room_goes_live_and_is_listed_with_its_programme(house: House) -> None:
    room_id = await house.live_room(house.operator, title="Evening", delay_s=7.5, language="id")
    (card,) = await (await house.stranger()).get("/api/rooms?state=live")
    ring = card["playlist_url"].removesuffix("/live.m3u8")
    assert ring.startswith(f"http://127.0.0.1:{house.settings.hall_port_used}/hall/")
    assert card == {
        "id": room_id,
        "title": "Evening",
        "description": "",
        "language": "id",
        "openness": "open",
        "state": "live",
        "delay_s": 7.5,
        "recording": True,
        "captions": True,
        "is_demo": False,
        "hands_locked": False,
        "abridged": False,
        "slow_s": 0,
        "chat": False,
        "host": {"display_name": "Olga"},
        "speakers": [],
        "opened_at": card["opened_at"],
        "on_air_at": card["on_air_at"],
        "ended_at": None,
        "listeners_band": card["listeners_band"],
        "playlist_url": f"{ring}/live.m3u8",
        "low_latency_url": f"{ring}/low.m3u8",
        "rewind_url": f"{ring}/rewind.m3u8",
        "replay_url": None,
        "captioned_url": f"{ring}/room-live.m3u8",
        "captions_url": f"{ring}/captions-live.m3u8",
        "transcript_url": f"{ring}/transcript.vtt",
    }
    assert card["on_air_at"].endswith("Z")


async def test_an_ended_room_gives_its_replay_unless_it_was_not_recorded(house: House) -> None:
    for recording in (True, False):
        room_id = await house.live_room(house.operator, recording=recording)
        async with house.operator.events(room_id, after=0) as stream:
            await house.operator.do(f"/api/rooms/{room_id}/end")
            card = await stream.until("room", state="ended")
        assert (card["replay_url"] is not None) is recording
        assert (card["playlist_url"] is not None) is recording
        assert card["ended_at"] is not None


async def test_each_openness_shows_a_room_to_its_own_people(house: House) -> None:
    host, ada, stranger = house.operator, await house.member("ada"), await house.stranger()
    rooms = {
        openness: await house.live_room(host, title=openness, openness=openness)
        for openness in ("open", "house", "invited")
    }
    assert sorted(await titles(stranger, "live")) == ["open"]
    assert sorted(await titles(ada, "live")) == ["house", "open"]
    assert sorted(await titles(host, "live")) == ["house", "invited", "open"]
    missing = (404, "room_missing")
    for path in ("", "/events"):
        for who, openness in ((stranger, "house"), (stranger, "invited"), (ada, "invited")):
            assert (
                await who.refused(f"/api/rooms/{rooms[openness]}{path}", method="GET")
                == missing
            )
    await host.do(f"/api/rooms/{rooms['invited']}/stage-invitations", {"handle": "ada"})
    assert (await ada.get(f"/api/rooms/{rooms['invited']}"))["room"]["title"] == "invited"
    assert "invited" in await titles(ada, "mine")


async def test_a_draft_is_listed_for_those_who_prepare_it_only(house: House) -> None:
    await house.operator.do("/api/rooms", {"title": "Secret plan"})
    assert await titles(house.operator, "upcoming") == ["Secret plan"]
    assert await titles(await house.member("ada"), "upcoming") == []
    assert await titles(await house.stranger(), "upcoming") == []


async def test_rooms_are_made_by_people_with_an_account_only(house: House) -> None:
    stranger = await house.stranger()
    assert await stranger.refused("/api/rooms", {"title": "X"}) == (403, "sign_in_needed")


async def test_only_the_host_opens_and_only_once(house: House) -> None:
    made = await house.operator.do("/api/rooms", {"title": "Mine"})
    path = f"/api/rooms/{made['room']['id']}/open"
    ada = await house.member("ada")
    assert await ada.refused(path) == (403, "host_only")
    opened = await house.operator.do(path)
    assert opened["me"]["role"] == "host"
    assert [seat["role"] for seat in opened["seats"]] == ["host"]
    assert await house.operator.refused(path) == (409, "room_not_draft")


async def test_a_full_house_opens_no_further_room(tmp_path: Path) -> None:
    async with open_house(tmp_path, rooms_max=1) as house:
        first = await house.live_room(house.operator)
        second = (await house.operator.do("/api/rooms", {"title": "Next"}))["room"]["id"]
        refusal = await house.operator.refused(f"/api/rooms/{second}/open")
        assert refusal == (409, "house_full")
        async with house.operator.events(first) as stream:
            await house.operator.do(f"/api/rooms/{first}/end")
            await stream.until("room", state="ended")
        await house.operator.do(f"/api/rooms/{second}/open")


async def test_a_room_that_cannot_be_opened_is_a_draft_again(house: House) -> None:
    house.worker.fails_with = Unavailable()
    made = await house.operator.do("/api/rooms", {"title": "Hopeful"})
    path = f"/api/rooms/{made['room']['id']}"
    async with house.operator.events(made["room"]["id"], after=0) as stream:
        await house.operator.do(f"{path}/open")
        await stream.until("room", state="draft")
        failed = await stream.until("effect_failed", kind="open")
    assert failed["error"]["code"] == "unavailable"
    house.worker.fails_with = None
    async with house.operator.events(made["room"]["id"], after=0) as stream:
        await house.operator.do(f"{path}/open")
        await stream.until("room", state="live")


async def test_the_delay_of_a_room_on_air_is_the_workers_to_change(house: House) -> None:
    made = await house.operator.do("/api/rooms", {"title": "Draft", "delay_s": 5})
    path = f"/api/rooms/{made['room']['id']}"
    changed = await house.operator.do(path, {"delay_s": 9, "title": "New"}, method="PATCH")
    assert (changed["room"]["delay_s"], changed["room"]["title"]) == (9, "New")
    await house.operator.do(f"{path}/open")
    async with house.operator.events(made["room"]["id"], after=0) as stream:
        await stream.until("room", state="live")
        house.worker.is_waiting = True
        waiting = await house.operator.do(path, {"delay_s": 12}, method="PATCH")
        assert waiting["room"]["delay_s"] == 9
        house.worker.is_waiting = False
        house.bell.ring()
        await stream.until("room", delay_s=12)
    with house.database.reading() as session:
        wish = session.scalars(select(Wish).where(Wish.kind == WishKind.SET_DELAY)).one()
    assert (wish.args, wish.state) == ({"delay_s": 12.0}, WishState.CARRIED_OUT)


async def test_listeners_and_speakers_change_nothing(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    ben = await house.member("ben")
    path = f"/api/rooms/{room_id}"
    hosts_only = (403, "hosts_only")
    for who in (ada, ben):
        assert await who.refused(path, {"title": "Mine now"}, method="PATCH") == hosts_only
        assert await who.refused(f"{path}/end") == hosts_only
        assert await who.refused(f"{path}/stage-invitations", {"handle": "ben"}) == hosts_only
        assert await who.refused(f"{path}/effects/dump", {}) == hosts_only
        for kind in ("hold", "release", "mute", "unmute", "move_to_hall", "remove"):
            asked = {"seat_id": seat_id, "reason": "because"}
            assert await who.refused(f"{path}/effects/{kind}", asked) == hosts_only
        cohost = {"seat_id": seat_id, "cohost": True}
        assert await who.refused(f"{path}/cohosts", cohost) == (403, "host_only")


async def test_a_cohost_runs_the_room_but_makes_no_cohosts(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, ada_seat = await house.speaker("ada", house.operator, room_id)
    _, ben_seat = await house.speaker("ben", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    await house.operator.do(f"{path}/cohosts", {"seat_id": ada_seat, "cohost": True})
    assert (await ada.get(path))["me"]["role"] == "cohost"
    await ada.do(path, {"hands_locked": True}, method="PATCH")
    done = await house.effect(ada, room_id, "mute", seat_id=ben_seat, reason="noise")
    assert done["state"] == "carried_out"
    more = {"seat_id": ben_seat, "cohost": True}
    assert await ada.refused(f"{path}/cohosts", more) == (403, "host_only")
    await house.operator.do(f"{path}/cohosts", {"seat_id": ada_seat, "cohost": False})
    assert await ada.refused(f"{path}/effects/dump", {}) == (403, "hosts_only")


async def test_two_operators_may_end_any_room(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, openness="invited")
    missing = await house.operator.refused(f"/api/rooms/{room_id}", method="GET")
    assert missing == (404, "room_missing")
    alone = await house.operator.refused(f"/api/rooms/{room_id}/end")
    assert alone == (403, "second_person_needed")
    putri = await house.member("putri")
    await house.operator.do("/api/people/putri/operator")
    async with ada.events(room_id) as stream:
        for one in (house.operator, putri):
            await one.do(f"/api/desk/rooms/{room_id}/end", {"reason": "Threats"})
        await stream.until("room", state="ended")
    assert await ada.refused(f"/api/rooms/{room_id}/end") == (409, "room_ended")


async def test_who_makes_somebody_an_operator_is_on_record_once(house: House) -> None:
    putri = await house.member("putri")
    for _ in range(2):
        await house.operator.do("/api/people/putri/operator")
    with house.database.reading() as session:
        of_kind = LedgerEntry.kind == "operator_appointed"
        (entry,) = session.scalars(select(LedgerEntry).where(of_kind)).all()
    told = json.loads(entry.record_bytes or b"")
    ids = {one: (await one.get("/api/me"))["person"]["id"] for one in (house.operator, putri)}
    assert told == {"by_person_id": ids[house.operator], "person_id": ids[putri]}


async def test_an_end_empties_every_seat_and_gives_up_what_was_wished(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    house.worker.is_waiting = True
    await house.operator.do(f"{path}/end")
    late = await house.operator.do(
        f"{path}/effects/mute", {"seat_id": seat_id, "reason": "too late"}
    )
    async with ada.events(room_id) as stream:
        house.worker.is_waiting = False
        house.bell.ring()
        await stream.until("seat", id=seat_id, state="left")
        await stream.until("room", state="ended")
    told = await house.operator.get(f"{path}/effects/{late['id']}")
    assert (told["state"], told["error"]) == ("failed", "room_ended")
    assert (await ada.get(path))["me"]["restrictions"] == []
