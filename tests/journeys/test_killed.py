"""A server killed on air comes back whole: what had aired is there, and nothing else is."""

import asyncio
import os
import random
import re
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rig import listener
from rig.chirps import render, sequence
from rig.house import Person, RunningHouse, start_house
from rig.speaker import Speaker, encode

pytestmark = pytest.mark.alone

KILLS = int(os.environ.get("BALAI_TEST_KILLS", "50"))
DELAY_S = 1.0
PLAYLISTS = {
    *("live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8"),
    *("captions-live.m3u8", "captions.m3u8"),
    *("room-live.m3u8", "room-low.m3u8", "room-rewind.m3u8", "room-replay.m3u8"),
}


@dataclass(frozen=True)
class Killed:
    """What could be seen of a room just before its server was killed."""

    room_id: str
    folder: Path
    published: listener.Playlist
    seen_at_s: float
    killed_at_s: float


async def on_air_then_killed(house: RunningHouse, host: Person, moment_s: float) -> Killed:
    """Open a room, speak in it, and kill the server some time later."""
    room_id = await host.open_room(delay_s=DELAY_S)
    speaker = Speaker(encode(render(sequence(30))))
    await speaker.go_on_stage(host, room_id)
    await asyncio.sleep(moment_s)
    card = (await host.call("GET", f"/api/rooms/{room_id}")).json()["room"]
    published = await listener.fetch(host.http, card["rewind_url"])
    seen_at_s = time.time()
    await house.kill()
    killed_at_s = time.time()
    await speaker.vanish()
    folder = house.data / "air" / card["rewind_url"].split("/")[-2]
    return Killed(room_id, folder, published, seen_at_s, killed_at_s)


async def check(house: RunningHouse, host: Person, killed: Killed) -> None:
    """Hold what came back against what had been published."""
    card = (await host.call("GET", f"/api/rooms/{killed.room_id}")).json()["room"]
    assert card["state"] == "interrupted"
    replay = await listener.fetch(host.http, card["replay_url"])
    assert replay.has_ended
    names = {segment.url.rsplit("/", 1)[1] for segment in replay.segments}
    was_published = {segment.url.rsplit("/", 1)[1] for segment in killed.published.segments}
    assert was_published <= names
    ends = [segment.said_at_s + segment.duration_s for segment in replay.segments]
    assert ends[-1] + DELAY_S <= killed.killed_at_s + 0.05
    assert ends[-1] + DELAY_S >= killed.seen_at_s - 2
    captions = set(re.findall("c.*vtt", (killed.folder / "captions.m3u8").read_text()))
    on_disk = {path.name for path in killed.folder.iterdir()} - captions
    assert on_disk == names | PLAYLISTS | {replay.init_url.rsplit("/", 1)[1]}
    sound = await listener.hear(host.http, replay)
    length_s = sum(segment.duration_s for segment in replay.segments)
    assert abs(len(sound) / 48_000 - length_s) < 0.001


def check_records(path: Path) -> None:
    """Look for half-written rows."""
    with sqlite3.connect(path) as records:
        assert records.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert records.execute("PRAGMA foreign_key_check").fetchall() == []
        states = records.execute("SELECT DISTINCT state FROM room").fetchall()
        pending = records.execute("SELECT count(*) FROM wish WHERE state='pending'").fetchall()
    records.close()
    assert states == [("interrupted",)]
    assert pending == [(0,)]


@pytest.mark.timeout(60 + 15 * KILLS)
async def test_killed_at_random_moments_it_comes_back_with_all_that_had_aired(
    tmp_path: Path,
) -> None:
    moments = random.Random(2)
    killed: Killed | None = None
    cookies = httpx.Cookies()
    for _ in range(KILLS):
        house = await start_house(tmp_path / "var")
        host = Person(house.url)
        host.http.cookies.update(cookies)
        if killed is None:
            await host.become_operator(house.operator_link)
            cookies = host.http.cookies
        else:
            await check(house, host, killed)
        killed = await on_air_then_killed(house, host, moments.uniform(0.2, 3.0))
        await host.close()
    house = await start_house(tmp_path / "var")
    host = Person(house.url)
    host.http.cookies.update(cookies)
    assert killed is not None
    await check(house, host, killed)
    check_records(house.data / "balai.sqlite3")
    await host.close()
    await house.stop()
