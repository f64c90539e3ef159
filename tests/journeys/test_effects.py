"""Every effect through the worker: real records, real air, a scripted stage."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from balai.audio.blocks import RATE_HZ, Pcm
from balai.bell import Bell
from balai.broadcast.worker import Worker
from balai.clock import now
from balai.database import Database, open_database
from balai.feed import FeedEntry
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms import opening, requests
from balai.rooms.announce import seat_of
from balai.rooms.model import Restriction, Room, RoomState, Seat, SeatState, Wish, WishKind
from balai.settings import Settings
from balai.stage.fake import OFFER, FakeEngine
from balai.wire import StagePortClient
from rig.listener import decode

BY = {"by_name": "Olga", "by_role": "host", "reason": "a reason"}


def tone(hz: float, seconds: float) -> Pcm:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (8_000 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


@dataclass
class Studio:
    """A worker with one room on air; Ada has a seat and may be made to say things."""

    settings: Settings
    database: Database
    bell: Bell
    engine: FakeEngine
    room: Room
    seat: Seat
    host_id: str

    def ask(self, kind: WishKind, **args: object) -> int:
        with self.database.transaction() as session:
            about = (
                {"seat_id": self.seat.id} if kind not in (WishKind.DUMP, WishKind.END) else {}
            )
            wish = requests.request(
                session, self.room.id, kind, {**BY, **about, **args}, by_person_id=self.host_id
            )
            number = wish.id
        self.bell.ring()
        return number

    async def done(self, number: int) -> Wish:
        ear = self.bell.listen()
        async with asyncio.timeout(10):
            while True:
                with self.database.reading() as session:
                    wish = session.get_one(Wish, number)
                if wish.done_at is not None:
                    return wish
                await ear.heard()

    async def effect(self, kind: WishKind, **args: object) -> dict[str, object]:
        wish = await self.done(self.ask(kind, **args))
        assert wish.error is None
        assert wish.observed is not None
        return wish.observed

    def say(self, seconds: float) -> None:
        self.engine.stages[self.room.id].say(self.seat.id, tone(440, seconds))

    async def position(self) -> int:
        health = await StagePortClient(self.settings.run_path).health()
        return int(health["rooms"][self.room.id]["position"])

    async def until(self, position: int) -> None:
        async with asyncio.timeout(15):
            while await self.position() < position:
                await asyncio.sleep(0.02)

    def aired_loud(self) -> list[bool]:
        """Tell for each 20 ms of the programme since on air whether a voice is in it."""
        folder = self.settings.air_path / self.room.air_token
        names = [
            line
            for line in (folder / "replay.m3u8").read_text().splitlines()
            if line and not line.startswith("#")
        ]
        init = next(folder.glob("init-*")).read_bytes()
        sound = decode(init + b"".join((folder / name).read_bytes() for name in names))
        blocks = sound[: len(sound) // 960 * 960].reshape(-1, 960)
        return [bool(loud) for loud in np.abs(blocks).max(axis=1) > 0.05]

    def feed(self, kind: str) -> list[dict[str, object]]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(FeedEntry).where(FeedEntry.kind == kind).order_by(FeedEntry.id)
            )
            return [row.data for row in rows]


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    settings = Settings(data=tmp_path)
    database = open_database(settings)
    bell = await Bell(settings.run_path / "bells").open()
    engine = FakeEngine()
    with database.transaction() as session:
        host = Person(id=new_id(), handle="olga", display_name="Olga", created_at=now())
        session.add(host)
        session.flush()
        room = opening.create(session, opening.Plan(title="Try"), host=host)
        opening.open_room(session, room, by=host, rooms_max=8)
        seat = seat_of(session, room.id, host.id)
        assert seat is not None
        seat.state = SeatState.GREEN_ROOM
        number = session.scalars(select(Wish.id)).one()
    working = asyncio.create_task(Worker(settings, database, bell, engine).run())
    studio = Studio(settings, database, bell, engine, room, seat, host.id)
    await studio.done(number)
    await StagePortClient(settings.run_path).connect(room.id, seat.id, OFFER)
    yield studio
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await bell.close()
    database.close()


def loud_between(loud: list[bool], first: int, last: int) -> list[bool]:
    return loud[first // 960 : last // 960]


async def test_hold_and_release_are_carried_out_and_observed(studio: Studio) -> None:
    studio.say(30)
    await studio.until(await studio.position() + RATE_HZ)
    asked_at = await studio.position()
    held = await studio.effect(WishKind.HOLD)
    await studio.until(await studio.position() + RATE_HZ)
    released = await studio.effect(WishKind.RELEASE, air_held=False)
    await studio.until(await studio.position() + RATE_HZ)
    end = await studio.position()
    await studio.effect(WishKind.END)
    loud = studio.aired_loud()
    silent_from, back_at = int(str(held["silent_from"])), int(str(released["position"]))
    offset = 2_048  # the programme begins the least delay before position 0
    assert asked_at - RATE_HZ // 2 < silent_from < asked_at + RATE_HZ // 10
    assert not any(loud_between(loud, silent_from + offset + 2_048, back_at + offset - 1_024))
    assert all(
        loud_between(loud, silent_from + offset - RATE_HZ // 2, silent_from + offset - 960)
    )
    assert all(loud_between(loud, back_at + offset + 4_096, end - RATE_HZ // 2))
    assert [e["kind"] for e in studio.feed("effect")] == ["open", "hold", "release", "end"]
    with studio.database.reading() as session:
        restriction = session.scalars(select(Restriction)).one()
    assert (restriction.kind, restriction.reason) == ("hold", "a reason")
    assert restriction.lifted_at is not None


async def test_a_dump_reaches_back_to_the_first_unaired_sample(studio: Studio) -> None:
    await studio.effect(WishKind.SET_DELAY, delay_s=2.0)
    studio.say(30)
    await studio.until(await studio.position() + 3 * RATE_HZ)
    dumped = await studio.effect(WishKind.DUMP, seconds=None)
    first, last = int(str(dumped["from_position"])), int(str(dumped["to_position"]))
    await studio.until(last + 4 * RATE_HZ)
    await studio.effect(WishKind.END)
    loud = studio.aired_loud()
    silent = longest_silence(loud[len(loud) // 3 :])
    assert abs((last - first) / RATE_HZ - 2.0) < 0.4
    assert abs(silent * 0.02 - (last - first) / RATE_HZ) < 0.1


def longest_silence(loud: list[bool]) -> int:
    longest = run = 0
    for is_loud in loud:
        run = 0 if is_loud else run + 1
        longest = max(longest, run)
    return longest


async def test_a_timed_mute_is_lifted_by_the_worker_itself(studio: Studio) -> None:
    studio.say(30)
    await studio.until(await studio.position() + RATE_HZ // 2)
    muted = await studio.effect(WishKind.MUTE, seconds=0.6)
    ear = studio.bell.listen()
    async with asyncio.timeout(10):
        while not any(e["kind"] == "unmute" for e in studio.feed("effect")):
            await ear.heard()
    await studio.until(await studio.position() + RATE_HZ)
    await studio.effect(WishKind.END)
    loud = studio.aired_loud()
    silent_from = int(str(muted["silent_from"])) + 2_048
    assert not any(loud_between(loud, silent_from + 960, silent_from + RATE_HZ // 2))
    assert loud[-10]


async def test_moving_and_removing_end_the_connection(studio: Studio) -> None:
    studio.say(30)
    await studio.until(await studio.position() + RATE_HZ // 2)
    moved = await studio.effect(WishKind.MOVE_TO_HALL)
    again = await studio.effect(WishKind.REMOVE)
    assert "silent_from" in moved
    assert "silent_from" in again
    with studio.database.reading() as session:
        assert session.get_one(Seat, studio.seat.id).state is SeatState.LEFT


async def test_ending_a_room_ends_it_everywhere(studio: Studio) -> None:
    await studio.effect(WishKind.END)
    assert studio.engine.stages == {}
    with studio.database.reading() as session:
        assert session.get_one(Room, studio.room.id).state is RoomState.ENDED
    wish = await studio.done(studio.ask(WishKind.DUMP, seconds=None))
    assert wish.error == "room_not_on_air"


@pytest.mark.parametrize(
    ("kind", "args", "error"),
    [
        (WishKind.SET_DELAY, {"delay_s": 31}, "effect_arguments_invalid"),
        (WishKind.SET_DELAY, {"delay_s": "long"}, "effect_arguments_invalid"),
        (WishKind.DUMP, {"seconds": -1}, "effect_arguments_invalid"),
        (WishKind.HOLD, {"seat_id": 7}, "effect_arguments_invalid"),
    ],
)
async def test_what_cannot_be_done_fails_by_name_and_the_room_stays_on_air(
    studio: Studio, kind: WishKind, args: dict[str, object], error: str
) -> None:
    wish = await studio.done(studio.ask(kind, **args))
    assert wish.error == error
    before = await studio.position()
    await studio.until(before + RATE_HZ // 10)


async def test_a_worker_that_stops_leaves_the_room_interrupted_with_its_replay(
    tmp_path: Path,
) -> None:
    """The same happens at the next start after a crash; see test_killed.py."""
    settings = Settings(data=tmp_path)
    database = open_database(settings)
    bell = await Bell(settings.run_path / "bells").open()
    with database.transaction() as session:
        host = Person(id=new_id(), handle="olga", display_name="Olga", created_at=now())
        session.add(host)
        session.flush()
        room = opening.create(session, opening.Plan(title="Try"), host=host)
        opening.open_room(session, room, by=host, rooms_max=8)
    working = asyncio.create_task(Worker(settings, database, bell, FakeEngine()).run())
    ear = bell.listen()
    async with asyncio.timeout(10):
        while room.state is not RoomState.LIVE:
            await ear.heard()
            with database.reading() as session:
                room = session.get_one(Room, room.id)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    with database.reading() as session:
        assert session.get_one(Room, room.id).state is RoomState.INTERRUPTED
    assert (settings.air_path / room.air_token / "replay.m3u8").exists()
    await bell.close()
    database.close()


async def test_records_that_refuse_for_a_while_lose_nothing_and_stop_no_room(
    studio: Studio,
) -> None:
    before = await studio.position()
    with studio.database.transaction():  # nobody else can write
        studio.say(20)
        await studio.until(before + 6 * RATE_HZ)  # longer than a writer waits for its turn
        assert studio.feed("speaking") == []
    ear = studio.bell.listen()
    async with asyncio.timeout(10):
        while not studio.feed("speaking"):
            await ear.heard()
    assert studio.feed("speaking")[0]["seats"] == [studio.seat.id]
    assert "silent_from" in await studio.effect(WishKind.HOLD)


async def test_a_held_voice_is_not_said_to_speak(studio: Studio) -> None:
    """The hall hears nothing of it; a lit name beside silence would be a riddle."""
    studio.say(30)
    ear = studio.bell.listen()

    async def until_seats(seats: list[str]) -> None:
        async with asyncio.timeout(10):
            while (studio.feed("speaking") or [{"seats": None}])[-1]["seats"] != seats:
                await ear.heard()

    await until_seats([studio.seat.id])
    await studio.effect(WishKind.HOLD)
    await until_seats([])
    await studio.effect(WishKind.RELEASE)
    await until_seats([studio.seat.id])


async def test_a_release_that_a_host_asked_before_the_team_held_undoes_nothing(
    studio: Studio,
) -> None:
    await studio.effect(WishKind.HOLD)
    seat_id = studio.seat.id
    team: dict[str, object] = {
        "seat_id": seat_id,
        "by_role": "safety",
        "by_name": "Team",
        "reason": "Threats",
    }
    host: dict[str, object] = {**BY, "seat_id": seat_id, "air_held": True}
    with studio.database.transaction() as session:  # both wait when the worker looks
        _, late = [
            requests.request(session, studio.room.id, kind, args, by_person_id=studio.host_id)
            for kind, args in ((WishKind.HOLD, team), (WishKind.RELEASE, host))
        ]
        late_id = late.id
    studio.bell.ring()
    assert (await studio.done(late_id)).error == "done_by_safety"
    with studio.database.reading() as session:
        assert session.get_one(Seat, seat_id).held
