"""The live desk: what the safety team sees of every room, and what it may do there."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from balai.clock import now
from balai.ledger.model import LedgerEntry
from balai.people.model import Person
from balai.rooms import duty, seats
from balai.rooms.ending import EndAsked
from balai.rooms.model import Gap, WatchState
from balai.web.desk_watch import FRAMES_MAX, Watcher
from balai.wire import WorkerAway
from tests.journeys.test_flags import raised, seen
from tests.record_house import Event, House, Json, Visitor, open_house

PULSE = {
    "position_s": 30.0,
    "aired_to_s": 18.0,
    "delay_s": 12.0,
    "voices": {},
}


def voice(text: str) -> Json:
    phrase = {
        "n": 1, "text": text, "from_s": 27.0, "to_s": 29.0, "marks": [[0, 3]],
        "clause": "threats", "title": {"en": "Threats"}, "why": {"en": "Because"},
    }  # fmt: skip
    return {"level": 40, "speaking": True, "held_s": None, "phrases": [phrase]}


class DeskStream:
    """What a page hears of the desk."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Event:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                if not line and "data" in fields:
                    return Event(0, fields["event"], json.loads(fields["data"]))
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    async def closed(self) -> None:
        """Wait until the house ends the stream."""
        with contextlib.suppress(EOFError):
            while True:
                await self.next()

    async def record(self, room_id: str, **wanted: object) -> Json:
        """Wait until a room's record has these values."""
        while True:
            for room in (await self.next()).data["rooms"]:
                record = room.get("record", {})
                if room["id"] == room_id and wanted.items() <= record.items():
                    return dict(record)


@contextlib.asynccontextmanager
async def watching(who: Visitor) -> AsyncIterator[DeskStream]:
    async with who.http.stream("GET", "/api/desk/stream") as response:
        assert response.status_code == 200
        yield DeskStream(response.aiter_lines())


async def second(house: House, handle: str = "putri") -> Visitor:
    """One more of the safety team."""
    visitor = await house.member(handle)
    await house.operator.do(f"/api/people/{handle}/operator")
    return visitor


def ledger(house: House, act: str) -> list[Json]:
    with house.database.reading() as session:
        entries = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "desk"))
        records = [json.loads(entry.record_bytes or b"{}") for entry in entries]
    return [record for record in records if record["act"] == act]


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
        ("message", {"text": "Hello"}),
        ("take-over", reason),
        ("listen", reason),
        ("end", reason),
    ):
        refusal = await ada.refused(f"/api/desk/rooms/{room_id}/{path}", body)
        assert refusal == (403, "operators_only")
    assert await ada.refused("/api/desk/duty", {"hours": 1}, method="PUT") == (
        403,
        "operators_only",
    )


async def test_the_desk_shows_every_room_with_what_raises_it(house: House) -> None:
    ada, quiet_host = await house.member("ada"), await house.member("quiet")
    room_id, quiet = await house.live_room(ada, delay_s=12), await house.live_room(quiet_host)
    _, seat_id = await house.speaker("budi", ada, room_id)
    cici = await house.member("cici")
    await cici.do(f"/api/rooms/{room_id}/hand")
    raised(house, seen(room_id, seat_id), held=True)
    with house.database.transaction() as session:
        seats.gap_began(session, seat_id, Gap(WatchState.UNWATCHED, 0, "detector"))
    shown = {one["id"]: one for one in (await house.operator.get("/api/desk"))["rooms"]}
    assert set(shown) == {room_id, quiet}
    record = shown[room_id]["record"]
    (seat,) = record["seats"]
    assert seat == {
        "id": seat_id, "name": "Budi", "role": "speaker", "muted": False, "held": True,
        "away": False, "watch": "unwatched",
    }  # fmt: skip
    assert [(c["kind"], c["count"], c["points"]) for c in record["causes"]] == [
        ("flag", 1, 50.0),  # 100 x 0.4, and 10 while a rule holds
        ("unwatched", 1, 20.0),
        ("cuts", 1, 6.0),
    ]
    assert (record["risk"], record["hands"], record["is_private"]) == (76.0, 1, False)
    (flag,) = record["flags"]
    assert (flag["name"], flag["title"], flag["holds"]) == ("Budi", {"en": "A chant"}, True)
    assert shown[quiet]["record"]["risk"] == 5.0  # it has no delay


async def test_levels_and_words_come_from_the_worker_and_not_from_private_rooms(
    house: House,
) -> None:
    ada = await house.member("ada")
    public = await house.live_room(ada, delay_s=12)
    private = await house.live_room(ada, delay_s=12, openness="invited")
    for room_id in (public, private, "elsewhere"):
        house.worker.pulses[room_id] = {**PULSE, "voices": {"s": voice("for the desk only")}}
    async with watching(house.operator) as stream:
        first = await stream.next()
        rooms = {room["id"]: room for room in first.data["rooms"]}
        assert (first.kind, set(rooms)) == ("desk", {public, private})
        assert rooms[public]["gauge"] == {
            **PULSE,
            "voices": {"s": {"level": 40, "speaking": True, "held_s": None}},
        }
        assert rooms[public]["words"]["s"][0]["text"] == "for the desk only"
        assert rooms[private]["words"] == {}
        assert rooms[private]["gauge"] == rooms[public]["gauge"]
        house.worker.pulses[public] = {**PULSE, "voices": {"s": voice("and then")}}
        changed = await stream.next()
        assert changed.kind == "change"
        while not changed.data["rooms"]:
            changed = await stream.next()
        (room,) = changed.data["rooms"]
        assert (set(room), room["words"]["s"][0]["text"]) == ({"id", "words"}, "and then")
    for table in ("feed", "wish", "flag", "ledger_entry"):
        with house.database.reading() as session:
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
        assert "for the desk only" not in str(rows)


async def test_without_a_worker_the_records_are_shown_and_it_is_said(house: House) -> None:
    room_id = await house.live_room(await house.member("ada"))
    house.worker.refuses_with = WorkerAway()
    desk = await house.operator.get("/api/desk")
    (room,) = desk["rooms"]
    assert (desk["worker_away"], room["id"], room["gauge"]) == (True, room_id, None)
    house.worker.refuses_with = None
    await asyncio.sleep(0.6)  # a picture is kept for half a second
    house.worker.pulses = {room_id: {"nonsense": 1}}
    assert (await house.operator.get("/api/desk"))["worker_away"] is True


async def test_the_stream_tells_changes_and_rooms_that_are_gone(house: House) -> None:
    ada = await house.member("ada")
    async with watching(house.operator) as stream:
        assert (await stream.next()).data["rooms"] == []
        room_id = await house.live_room(ada)
        await stream.record(room_id, hands=0)
        await (await house.member("budi")).do(f"/api/rooms/{room_id}/hand")
        await stream.record(room_id, hands=1)
        await ada.do(f"/api/rooms/{room_id}/end")
        while (await stream.next()).data["gone"] != [room_id]:
            pass


async def test_a_stream_ends_when_its_person_signs_out(house: House) -> None:
    putri = await second(house)
    async with watching(putri) as stream:
        await stream.next()
        await putri.do("/api/sign-out")
        await stream.closed()


def test_a_slow_watcher_is_told_everything_anew_and_how_much_it_missed(house: House) -> None:
    watcher = Watcher(caller=None)  # type: ignore[arg-type]
    watcher.take("before the first picture")
    assert (list(watcher.frames), watcher.dropped) == ([], 0)
    watcher.needs_whole = False
    for number in range(FRAMES_MAX):
        watcher.take(str(number))
    assert list(watcher.frames) == ["0", "1", "2", "3"]
    watcher.take("4")
    watcher.take("5")
    assert (list(watcher.frames), watcher.needs_whole, watcher.dropped) == ([], True, 6)


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
    assert await olga.refused(f"{desk}/message", {"text": "  "}) == (422, "reason_missing")


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


async def test_public_rooms_wait_for_somebody_on_duty(tmp_path: Path) -> None:
    async with open_house(tmp_path, duty_required=True) as house:
        ada = await house.member("ada")
        for openness, refusal in (("open", True), ("house", True), ("invited", False)):
            made = await ada.do("/api/rooms", {"title": "Evening", "openness": openness})
            path = f"/api/rooms/{made['room']['id']}/open"
            if refusal:
                assert await ada.refused(path) == (409, "nobody_on_duty")
            else:
                await ada.do(path)
        olga = house.operator
        too_long = await olga.refused("/api/desk/duty", {"hours": 12.1}, method="PUT")
        assert too_long == (422, "request_invalid")
        shown = await olga.do("/api/desk/duty", {"hours": 2}, method="PUT")
        assert (shown["required"], [one["name"] for one in shown["people"]]) == (True, ["Olga"])
        room_id = await house.live_room(ada)
        async with ada.events(room_id) as stream:
            await olga.do("/api/desk/duty", {"hours": 0}, method="PUT")
            await stream.until("duty", on_duty=False)
            await olga.do("/api/desk/duty", {"hours": 1}, method="PUT")
            await stream.until("duty", on_duty=True)
            with house.database.transaction() as session:
                session.get_one(duty.Duty, olga.me["id"]).until_at = now() + timedelta(
                    seconds=3
                )
            await stream.until("duty", on_duty=False)
            await olga.do("/api/desk/duty", {"hours": 1}, method="PUT")
        desk = await olga.get("/api/desk")
        assert [one["person_id"] for one in desk["duty"]["people"]] == [olga.me["id"]]


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


async def test_duty_of_somebody_who_left_the_team_counts_no_more(house: House) -> None:
    putri = await second(house)
    await putri.do("/api/desk/duty", {"hours": 2}, method="PUT")
    await putri.ask("DELETE", "/api/me")
    with house.database.reading() as session:
        assert duty.on_duty(session) == []
