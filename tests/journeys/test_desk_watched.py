"""What the live desk shows of every room, at once and as it changes."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from balai.rooms import seats
from balai.rooms.model import Gap, WatchState
from balai.web import desk_watch
from balai.web.desk_watch import FRAMES_MAX, TURN_S, Watcher
from balai.wire import WorkerAway
from tests.desk_house import second, watching
from tests.journeys.test_flags import raised, seen
from tests.record_house import House, Json

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
            "voices": {"s": {"level": 40, "speaking": True, "held_s": None, "course": None}},
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


async def test_nobody_sees_what_was_reported_of_a_room_of_their_own(house: House) -> None:
    ada, putri, olga = await house.member("ada"), await second(house), house.operator
    rooms = {"hosted": await house.live_room(putri, delay_s=12)}
    rooms["spoken in"] = await house.live_room(ada, delay_s=12)
    rooms["of others"] = await house.live_room(ada, delay_s=12)
    await ada.do(f"/api/rooms/{rooms['spoken in']}/stage-invitations", {"handle": "putri"})
    seat_id = await house.take_stage(putri, rooms["spoken in"])
    reason = {"reason": "The host is gone"}
    await putri.do(f"/api/desk/rooms/{rooms['of others']}/take-over", reason)
    budi = await house.member("budi")

    async def report(room_id: str, **more: object) -> None:
        said: Json = {"concern": "threat", "subject": "room", **more}
        await budi.do(f"/api/rooms/{room_id}/reports", said)

    def seen_of(told: Json) -> dict[str, tuple[object, ...]]:
        names = {room_id: name for name, room_id in rooms.items()}
        return {
            names[room["id"]]: (
                room["record"]["is_own"],
                room["record"]["reports"],
                *[(one["concern"], one["is_urgent"]) for one in room["record"]["reported"]],
                "report" in [cause["kind"] for cause in room["record"]["causes"]],
                room["record"]["risk"] >= 60,
            )
            for room in told["rooms"]
        }

    nothing, reported = (True, 0, False, False), (False, 1, ("threat", True), True, True)
    async with watching(putri) as own, watching(olga) as others:
        first = await own.next()
        assert {one[1] for one in seen_of(first.data).values()} == {0}
        await others.next()
        await report(rooms["hosted"], is_urgent=True)
        subject = {"subject": "person", "seat_id": seat_id}
        await report(rooms["spoken in"], is_urgent=True, **subject)
        await report(rooms["of others"], is_urgent=True)
        await others.record(rooms["of others"], reports=1)
        await own.record(rooms["of others"], reports=1)
        assert seen_of(await putri.get("/api/desk")) == {
            "hosted": nothing, "spoken in": nothing, "of others": reported,
        }  # fmt: skip
        assert set(seen_of(await olga.get("/api/desk")).values()) == {reported}
        for event in own.seen:
            for room in event.data["rooms"]:
                if "record" in room and room["id"] != rooms["of others"]:
                    assert (room["record"]["reports"], room["record"]["is_own"]) == (0, True)


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


async def test_a_slow_look_does_not_put_off_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, pulses, pulse = [0.0], [0], house.worker.pulse

    async def slow_pulse() -> Any:
        pulses[0] += 1
        clock[0] += TURN_S * 0.6
        return await pulse()

    monkeypatch.setattr(house.worker, "pulse", slow_pulse)
    told = SimpleNamespace(monotonic=lambda: clock[0], time=time.time)
    monkeypatch.setattr(desk_watch, "time", told)
    for turn in range(4):
        clock[0] = turn * TURN_S
        await house.operator.get("/api/desk")
    assert pulses[0] == 4
    await house.operator.get("/api/desk")  # at once: half a second is new enough
    assert pulses[0] == 4
