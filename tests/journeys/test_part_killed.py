"""One process of the house is killed on air: the others go on, and it comes back by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rig import listener
from rig.chirps import render, sequence
from rig.house import Person, RunningHouse, running_house
from rig.speaker import Speaker, encode

pytestmark = pytest.mark.alone


@dataclass
class OnAir:
    """A room in which the host speaks."""

    house: RunningHouse
    host: Person
    room_id: str

    async def card(self) -> dict[str, str]:
        reply = await self.host.call("GET", f"/api/rooms/{self.room_id}")
        return dict(reply.json()["room"])


@pytest.fixture
async def on_air(tmp_path: Path) -> AsyncIterator[OnAir]:
    async with running_house(tmp_path / "var") as house:
        host = Person(house.url)
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(delay_s=1)
        speaker = Speaker(encode(render(sequence(60))))
        await speaker.go_on_stage(host, room_id)
        yield OnAir(house, host, room_id)
        await speaker.vanish()
        await host.close()


async def back(url: str) -> None:
    """Wait until something was away and answers again."""
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as http:
        was_away = False
        while True:
            is_up = False
            with contextlib.suppress(httpx.HTTPError):
                is_up = (await http.get(f"{url}/healthz")).is_success
            if is_up and was_away:
                return
            was_away = was_away or not is_up
            await asyncio.sleep(0.02)


async def whole_replay(on_air: OnAir) -> list[float]:
    """End the room; give its segments' starts, which must follow each other without a gap."""
    await on_air.host.call("POST", f"/api/rooms/{on_air.room_id}/end")
    await on_air.host.until_state(on_air.room_id, "ended")
    replay = await listener.fetch(on_air.host.http, (await on_air.card())["replay_url"])
    starts = [segment.said_at_s for segment in replay.segments]
    lengths = [segment.duration_s for segment in replay.segments]
    for start, length, following in zip(starts, lengths, starts[1:], strict=False):
        assert following - start == pytest.approx(length, abs=0.002)
    heard = await listener.chirps_said(on_air.host.http, (await on_air.card())["replay_url"])
    assert len(heard) >= 4
    return starts


async def test_pages_killed_on_air_cost_the_programme_nothing(on_air: OnAir) -> None:
    before = await on_air.card()
    on_air.house.part("web").kill()
    await back(on_air.house.url)
    after = await on_air.card()  # with the session of before
    assert (after["state"], after["playlist_url"]) == ("live", before["playlist_url"])
    await on_air.host.effect(on_air.room_id, "dump", seconds=None)
    await asyncio.sleep(3)
    assert len(await whole_replay(on_air)) >= 4


async def test_the_hall_killed_on_air_serves_on_what_was_aired_meanwhile(
    on_air: OnAir,
) -> None:
    url = (await on_air.card())["rewind_url"]
    first = await listener.fetch(on_air.host.http, url)
    on_air.house.part("hall").kill()
    await back(on_air.house.hall_url)
    await asyncio.sleep(3)
    now = await listener.fetch(on_air.host.http, url)
    names = [segment.url for segment in now.segments]
    assert names[: len(first.segments)] == [segment.url for segment in first.segments]
    assert len(names) > len(first.segments)
    assert len(await whole_replay(on_air)) >= 4


async def test_the_worker_killed_on_air_interrupts_its_room_and_the_house_goes_on(
    on_air: OnAir,
) -> None:
    await asyncio.sleep(3)
    on_air.house.part("worker").kill()
    await on_air.host.until_state(on_air.room_id, "interrupted")
    replay = await listener.fetch(on_air.host.http, (await on_air.card())["replay_url"])
    assert replay.has_ended
    assert replay.segments
    again = await on_air.host.open_room(delay_s=0)
    assert again != on_air.room_id
