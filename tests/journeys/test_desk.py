"""The live desk: what the safety team may do there, always with a reason."""

import contextlib
from datetime import timedelta

from sqlalchemy import select

from balai.clock import now
from balai.people.model import Person
from balai.rooms.ending import EndAsked
from balai.rooms.model import Hand, Seat, Wish, WishKind
from tests.desk_house import ledger, second
from tests.journeys.test_flags import raised, seen
from tests.record_house import House, Json, Visitor


async def test_only_operators_see_the_desk(house: House) -> None:
    ada = await house.member("ada")
    for path in ("/api/desk", "/api/desk/stream"):
        assert await ada.refused(path, method="GET") == (403, "operators_only")
        assert await (await house.stranger()).refused(path, method="GET") == (
            403,
            "sign_in_needed",
        )
    reason: Json = {"reason": "Look"}
    room_id = await house.live_room(ada)
    for path, body in (
        ("hands", {"locked": True, **reason}),
        ("slow", {"slow_s": 60, **reason}),
        ("message", {"text": "Hello"}),
        ("take-over", reason),
        ("listen", reason),
        ("monitor", {"offer": "v=0", **reason}),
        ("end", reason),
    ):
        refusal = await ada.refused(f"/api/desk/rooms/{room_id}/{path}", body)
        assert refusal == (403, "operators_only")
    assert await ada.refused("/api/desk/duty", {"hours": 1}, method="PUT") == (
        403,
        "operators_only",
    )


async def test_the_safety_team_acts_in_a_room_of_others_with_a_reason(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    budi, seat_id = await house.speaker("budi", ada, room_id)
    path, olga = f"/api/rooms/{room_id}", house.operator
    for kind in ("hold", "release", "mute", "unmute", "dump"):
        asked = {} if kind == "dump" else {"seat_id": seat_id}
        assert await olga.refused(f"{path}/effects/{kind}", asked) == (422, "reason_missing")
        done = await house.effect(olga, room_id, kind, reason="Threats", **asked)
        assert done["state"] == "carried_out"
        assert [one["reason"] for one in ledger(house, kind)] == ["Threats"]
    mine = (await budi.get(path))["me"]["restrictions"]
    assert {(one["kind"], one["by_name"], one["by_role"], one["reason"]) for one in mine} == {
        ("hold", "Safety team", "safety", "Threats"),
        ("mute", "Safety team", "safety", "Threats"),
    }
    (contested,) = [one for one in mine if one["kind"] == "hold"]
    await budi.do(f"/api/restrictions/{contested['id']}/contest", {"text": "I did not"})
    acts = (await olga.get("/api/desk"))["rooms"][0]["record"]["acts"]
    assert [(one["kind"], one["by_name"], one["state"]) for one in acts] == [
        (kind, "Olga", "carried_out") for kind in ("hold", "release", "mute", "unmute", "dump")
    ]


async def test_the_safety_team_reaches_the_host_too(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    seat_id = await house.take_stage(ada, room_id)
    await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="Threats")
    (mine,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    assert (mine["kind"], mine["by_role"]) == ("mute", "safety")


async def test_nobody_acts_on_their_own_voice_or_in_private_rooms(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    putri = await second(house)
    await ada.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "putri"})
    seat_id = await house.take_stage(putri, room_id)
    await house.effect(ada, room_id, "hold", seat_id=seat_id, reason="Insults")
    path = f"/api/rooms/{room_id}/effects"
    own = {"seat_id": seat_id, "reason": "It is me"}
    assert await putri.refused(f"{path}/release", own) == (403, "own_voice")
    assert await putri.refused(f"{path}/remove", own) == (403, "hosts_only")
    private = await house.live_room(ada, openness="invited")
    dump = {"reason": "Look"}
    assert await house.operator.refused(f"/api/rooms/{private}/effects/dump", dump) == (
        404,
        "room_missing",
    )
    for act in ("listen", "take-over"):
        refusal = await house.operator.refused(f"/api/desk/rooms/{private}/{act}", dump)
        assert refusal == (403, "room_private")
    strange = {"seat_id": "elsewhere", "reason": "Look"}
    assert await house.operator.refused(f"{path}/mute", strange) == (404, "seat_missing")
    long = {"seat_id": seat_id, "reason": "Look", "seconds": -1}
    assert await house.operator.refused(f"{path}/mute", long) == (422, "effect_invalid")


async def test_hands_are_locked_and_hosts_are_told_why(house: House) -> None:
    ada, budi = await house.member("ada"), await house.member("budi")
    room_id = await house.live_room(ada)
    desk, olga = f"/api/desk/rooms/{room_id}", house.operator
    async with ada.events(room_id, after=0) as hosts, budi.events(room_id, after=0) as others:
        await olga.do(f"{desk}/hands", {"locked": True, "reason": "Too many at once"})
        told = await hosts.until("message")
        assert told == {"from": "safety", "about": "lock_hands", "text": "Too many at once"}
        await others.until("room", hands_locked=True)
        assert await budi.refused(f"/api/rooms/{room_id}/hand") == (409, "hands_locked")
        await olga.do(f"{desk}/message", {"text": "Please keep to the topic"})
        await hosts.until("message", text="Please keep to the topic")
        await olga.do(f"{desk}/hands", {"locked": False, "reason": "Calm again"})
        await others.until("room", hands_locked=False)
        assert [event.kind for event in others.seen if event.kind == "message"] == []
    assert await olga.refused(f"{desk}/message", {"text": "  "}) == (422, "text_invalid")


async def test_a_slow_room_takes_one_hand_a_minute_of_one_person(house: House) -> None:
    ada, budi, cici = [await house.member(one) for one in ("ada", "budi", "cici")]
    room_id = await house.live_room(ada)
    path, desk, olga = f"/api/rooms/{room_id}", f"/api/desk/rooms/{room_id}", house.operator
    await budi.do(f"{path}/hand")
    async with ada.events(room_id, after=0) as hosts, budi.events(room_id, after=0) as others:
        await olga.do(f"{desk}/slow", {"slow_s": 60, "reason": "Too many at once"})
        told = await hosts.until("message")
        assert told == {"from": "safety", "about": "slow", "text": "Too many at once"}
        await others.until("room", slow_s=60)
        await budi.do(f"{path}/hand")  # theirs is up already: they keep their place
        await budi.ask("DELETE", f"{path}/hand")
        refused = await budi.ask("POST", f"{path}/hand")
        error = refused.json()["error"]
        wait_s = int(refused.headers["Retry-After"])
        assert (refused.status_code, error["code"]) == (503, "hand_too_soon")
        assert 0 < wait_s <= 60
        assert f" {wait_s} s" in error["message"]
        await cici.do(f"{path}/hand")  # everybody waits for themselves alone
        await budi.do(f"{path}/reports", {"subject": "room", "concern": "other"})
        (room,) = (await olga.get("/api/desk"))["rooms"]
        assert (room["record"]["slow_s"], room["record"]["is_shielded"]) == (60, False)
        await olga.do(f"{desk}/slow", {"slow_s": 0, "reason": "Calm again"})
        await others.until("room", slow_s=0)
        await budi.do(f"{path}/hand")
        assert [event.kind for event in others.seen if event.kind == "message"] == []
    assert [one["reason"] for one in ledger(house, "slow")] == ["Too many at once"]
    assert [one["reason"] for one in ledger(house, "unslow")] == ["Calm again"]


async def test_slow_has_a_reason_and_a_limit_and_not_in_private_rooms(house: House) -> None:
    ada = await house.member("ada")
    path = f"/api/desk/rooms/{await house.live_room(ada)}/slow"
    private = await house.live_room(ada, openness="invited")
    for slow_s, reason, refusal in (
        (60, " ", (422, "reason_missing")),
        (601, "Look", (422, "request_invalid")),
        (-1, "Look", (422, "request_invalid")),
    ):
        asked: Json = {"slow_s": slow_s, "reason": reason}
        assert await house.operator.refused(path, asked) == refusal
    asked = {"slow_s": 60, "reason": "Look"}
    elsewhere = await house.operator.refused(f"/api/desk/rooms/{private}/slow", asked)
    assert elsewhere == (403, "room_private")
    assert ledger(house, "slow") == []


async def test_hosts_slow_their_room_and_let_it_be(house: House) -> None:
    ada, budi = await house.member("ada"), await house.member("budi")
    room_id = await house.live_room(ada)
    path = f"/api/rooms/{room_id}"
    slow = await ada.do(path, {"slow_s": 600}, method="PATCH")
    assert slow["room"]["slow_s"] == 600
    hand = await budi.do(f"{path}/hand")
    await ada.do(f"{path}/hands/{hand['id']}/decline")
    assert await budi.refused(f"{path}/hand") == (503, "hand_too_soon")
    with house.database.transaction() as session:
        session.get_one(Hand, hand["id"]).raised_at -= timedelta(seconds=601)
    await budi.do(f"{path}/hand")
    assert await budi.refused(path, {"slow_s": 0}, method="PATCH") == (403, "hosts_only")
    unlimited = await ada.refused(path, {"slow_s": 601}, method="PATCH")
    assert unlimited == (422, "request_invalid")
    assert (await ada.do(path, {"slow_s": 0}, method="PATCH"))["room"]["slow_s"] == 0


async def test_taking_over_makes_an_acting_cohost_who_cannot_end_alone(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    olga, reason = house.operator, {"reason": "The host is gone"}
    for _ in range(2):
        await olga.do(f"/api/desk/rooms/{room_id}/take-over", reason)
    assert (await olga.get(f"/api/rooms/{room_id}"))["me"]["role"] == "cohost"
    await olga.do(f"/api/rooms/{room_id}", {"title": "Calm"}, method="PATCH")
    assert len(ledger(house, "take_over")) == 1
    assert await olga.refused(f"/api/rooms/{room_id}/end") == (403, "second_person_needed")
    (room,) = (await olga.get("/api/desk"))["rooms"]
    assert room["record"]["taken_over_by"] == [olga.me["id"]]
    own = await house.live_room(olga)
    assert await olga.refused(f"/api/desk/rooms/{own}/take-over", reason) == (403, "own_voice")


async def test_an_end_needs_two_of_the_team(house: House) -> None:
    ada, putri = await house.member("ada"), await second(house)
    room_id = await house.live_room(ada)
    path, reason = f"/api/desk/rooms/{room_id}/end", {"reason": "Calls for violence"}
    assert (await house.operator.do(path, reason))["state"] == "asked"
    assert await house.operator.refused(path, reason) == (403, "asked_by_you")
    (room,) = (await putri.get("/api/desk"))["rooms"]
    assert room["record"]["end_asked"]["by_name"] == "Olga"
    async with ada.events(room_id, after=0) as stream:
        assert (await putri.do(path, reason))["state"] == "ending"
        await stream.until("room", state="ended")
    assert await putri.refused(path, reason) == (409, "room_not_on_air")
    assert [one["by_person_id"] for one in ledger(house, "end_confirmed")] == [putri.me["id"]]


async def test_an_end_that_nobody_confirmed_is_void_after_ten_minutes(house: House) -> None:
    putri = await second(house)
    room_id = await house.live_room(await house.member("ada"))
    path, reason = f"/api/desk/rooms/{room_id}/end", {"reason": "Calls for violence"}
    await house.operator.do(path, reason)
    with house.database.transaction() as session:
        asked = session.get_one(EndAsked, room_id)
        asked.asked_at = now() - timedelta(minutes=10, seconds=1)
    assert (await putri.do(path, reason))["state"] == "asked"
    assert (await house.operator.do(path, reason))["state"] == "ending"


async def test_listening_in_asks_for_a_reason_and_is_kept(house: House) -> None:
    room_id = await house.live_room(await house.member("ada"))
    path = f"/api/desk/rooms/{room_id}/listen"
    assert await house.operator.refused(path, {"reason": " "}) == (422, "reason_missing")
    heard = await house.operator.do(path, {"reason": "A report"})
    card = (await house.operator.get(f"/api/rooms/{room_id}"))["room"]
    assert heard["playlist_url"] == card["playlist_url"]
    (kept,) = ledger(house, "listen_in")
    assert kept == {
        "act": "listen_in",
        "by_person_id": house.operator.me["id"],
        "reason": "A report",
        "room_id": room_id,
    }


async def test_a_raid_locks_hands_calmly_and_removes_nobody(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    with house.database.transaction() as session:
        for person in session.scalars(select(Person)):
            person.created_at = now() - timedelta(days=30)
    raiders = [await house.member(f"raider{number}") for number in range(8)]
    async with contextlib.AsyncExitStack() as stack:
        for one in (ada, *raiders):
            stream = await stack.enter_async_context(one.events(room_id, after=0))
            if one is ada:
                hosts = stream
        await hosts.until("message", about="shield_rise")
    assert await raiders[0].refused(f"/api/rooms/{room_id}/hand") == (409, "hands_locked")
    (room,) = (await house.operator.get("/api/desk"))["rooms"]
    record = room["record"]
    assert (record["is_shielded"], record["hands_locked"], record["cuts"]) == (True, True, 0)
    assert record["slow_s"] == 60
    await ada.do(f"/api/rooms/{room_id}", {"hands_locked": False}, method="PATCH")
    await raiders[0].do(f"/api/rooms/{room_id}/hand")
    await raiders[0].ask("DELETE", f"/api/rooms/{room_id}/hand")
    again = await raiders[0].refused(f"/api/rooms/{room_id}/hand")
    assert again == (503, "hand_too_soon")  # who takes hands again still has a slow room


async def test_hosts_do_not_undo_what_the_team_did_to_a_voice(house: House) -> None:
    ada, cici, olga = await house.member("ada"), await house.member("cici"), house.operator
    room_id = await house.live_room(ada, delay_s=12)
    budi, seat_id = await house.speaker("budi", ada, room_id)
    path = f"/api/rooms/{room_id}/effects"
    for taking, giving in (("hold", "release"), ("mute", "unmute")):
        await house.effect(ada, room_id, taking, seat_id=seat_id, reason="Too loud")
        await house.effect(ada, room_id, giving, seat_id=seat_id)  # their own they may undo
        await house.effect(olga, room_id, taking, seat_id=seat_id, reason="Threats")
        refusal = await ada.refused(f"{path}/{giving}", {"seat_id": seat_id, "air_held": True})
        assert refusal == (403, "done_by_safety")
        assert await by_safety(ada, room_id) == await by_safety(budi, room_id) == [taking]
        assert await by_safety(cici, room_id) is None
        await house.effect(olga, room_id, giving, seat_id=seat_id, reason="Judged")
        assert await by_safety(ada, room_id) == []


async def test_pages_are_told_at_once_what_only_the_team_gives_back(house: House) -> None:
    ada, cici = await house.member("ada"), await house.member("cici")
    room_id = await house.live_room(ada, delay_s=12)
    _, seat_id = await house.speaker("budi", ada, room_id)
    async with ada.events(room_id) as hosts, cici.events(room_id) as listeners:
        reason = {"seat_id": seat_id, "reason": "Threats"}
        await house.effect(house.operator, room_id, "mute", **reason)
        assert (await hosts.until("seat", id=seat_id, muted=True))["by_safety"] == ["mute"]
        assert (await listeners.until("seat", id=seat_id, muted=True))["by_safety"] is None
        await house.effect(house.operator, room_id, "unmute", **reason)
        assert (await hosts.until("seat", id=seat_id, muted=False))["by_safety"] == []


async def by_safety(who: Visitor, room_id: str) -> object:
    """What somebody reads of what the team took from Budi's voice."""
    seats = (await who.get(f"/api/rooms/{room_id}"))["seats"]
    return next(one["by_safety"] for one in seats if one["name"] == "Budi")


async def test_a_flag_that_hosts_let_go_leaves_the_hold_of_the_team(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    _, seat_id = await house.speaker("budi", ada, room_id)
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    await house.effect(house.operator, room_id, "hold", seat_id=seat_id, reason="Threats")
    await ada.do(f"/api/rooms/{room_id}/flags/{flag_id}/release", {"reason": "Harmless"})
    with house.database.reading() as session:
        seat = session.get_one(Seat, seat_id)
        assert seat.held
        assert not session.scalars(select(Wish).where(Wish.kind == WishKind.RELEASE)).all()


async def test_nobody_is_made_a_cohost_by_an_invitation_alone(house: House) -> None:
    """A host could keep the safety team from acting, and from judging, in their room."""
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    path = f"/api/rooms/{room_id}"
    await ada.do(f"{path}/stage-invitations", {"handle": "olga"})
    seats = (await ada.get(path))["seats"]
    (seat_id,) = [seat["id"] for seat in seats if seat["name"] == "Olga"]
    refusal = await ada.refused(f"{path}/cohosts", {"seat_id": seat_id, "cohost": True})
    assert refusal == (404, "seat_missing")


async def test_what_was_confirmed_does_not_air_because_the_team_held_it_too(
    house: House,
) -> None:
    ada, olga = await house.member("ada"), house.operator
    room_id = await house.live_room(ada, delay_s=12)
    _, seat_id = await house.speaker("budi", ada, room_id)
    path = f"/api/rooms/{room_id}"
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    await house.effect(olga, room_id, "hold", seat_id=seat_id, reason="Threats")
    await ada.do(f"{path}/flags/{flag_id}/confirm", {"reason": "It is"})
    await ada.do(f"{path}/flags/{flag_id}/release", {"reason": "Go on"})
    asked = {"seat_id": seat_id, "reason": "Judged", "air_held": True}
    assert await olga.refused(f"{path}/effects/release", asked) == (409, "held_is_confirmed")
