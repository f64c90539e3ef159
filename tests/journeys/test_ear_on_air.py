"""Known recordings on air: recognised, held before the hall hears them, decided by people."""

import asyncio
import contextlib
import itertools
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from balai.catalogue import queries
from balai.catalogue.folder import Catalogue
from balai.detect.wire import EAR_SOCKET, HEAD, Head, Heard, Recognised, line
from balai.wire import short_path
from rig import listener
from rig.chirps import Sound, render, sequence
from rig.house import Person, RunningHouse, running_house, start_house
from rig.speaker import Speaker, encode
from tests.ear_sound import tune, write

pytestmark = pytest.mark.alone

DELAY_S = 8.0
BEFORE_S, KNOWN_S = 14.0, 12.0
SEED = 11
SILENT = 1e-4
MARGIN_S = 0.4


async def ear(house: RunningHouse, *arguments: str) -> None:
    """Run `balai ear …` on the house's own catalogue."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "balai", "ear", arguments[0], "--catalogue",
        str(house.data / "catalogue"), *arguments[1:],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told = (await process.communicate())[0].decode()
    assert process.returncode == 0, told


def programme() -> Sound:
    """Give fourteen seconds of chirps, twelve of a listed tune from its fifth on, chirps."""
    known = tune(SEED, 30)[5 * 48_000 : round((5 + KNOWN_S) * 48_000)]
    before = render(sequence(60))[: round(BEFORE_S * 48_000)]
    after = render(sequence(200, seed=3))[: 60 * 48_000]
    return np.concatenate((before, known * 0.8, after)).astype(np.float32)


@dataclass
class Scene:
    """A room with a host and a guest who plays a listed tune."""

    house: RunningHouse
    host: Person
    guest: Person
    room_id: str
    seat_id: str
    speaker: Speaker

    @property
    def known_from_s(self) -> float:
        return self.speaker.script.began_at_s + BEFORE_S

    async def flag(self, **wanted: object) -> dict[str, Any]:
        """Wait for a flag with these values."""
        told = await self.host.until(
            self.room_id,
            lambda kind, data: kind == "flag" and _has(data["flag"], wanted),
        )
        flag = told["flag"]
        assert isinstance(flag, dict)
        return flag

    async def aired(self, from_s: float, to_s: float) -> Sound:
        """Wait until a stretch has aired; give what the hall heard of it."""
        view = (await self.host.call("GET", f"/api/rooms/{self.room_id}")).json()
        url = str(view["room"]["rewind_url"])
        return await listener.aired(self.host.http, url, from_s, to_s, delay_s=DELAY_S)


def _has(flag: object, wanted: dict[str, object]) -> bool:
    return isinstance(flag, dict) and all(flag[name] == value for name, value in wanted.items())


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene_in(tmp_path, is_listed=True) as found:
        yield found


def recording_in(folder: Path) -> str:
    return str(write(folder / "known" / "tune.wav", tune(SEED, 30)))


@contextlib.asynccontextmanager
async def scene_in(folder: Path, *, is_listed: bool) -> AsyncIterator[Scene]:
    """Let a guest begin to speak; the tune comes after fourteen seconds."""
    async with running_house(folder / "var") as house:
        if is_listed:
            await ear(house, "index", "--action", "hold", recording_in(folder))
        host, guest = Person(house.url), Person(house.url)
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(delay_s=DELAY_S)
        await guest.join(await host.invite(), "gus")
        seat_id = await host.bring_on_stage(guest, room_id)
        await house.until_counted("detectors")
        speaker = Speaker(encode(programme()))
        await speaker.go_on_stage(guest, room_id)
        yield Scene(house, host, guest, room_id, seat_id, speaker)
        await speaker.vanish()
        await host.close()
        await guest.close()


async def test_a_listed_recording_never_airs_and_the_host_confirms(scene: Scene) -> None:
    flag = await scene.flag(stage="confirmed", held=True)
    assert flag["title"] == "tune"
    assert flag["seat_id"] == scene.seat_id
    begins_s = scene.known_from_s
    view = (await scene.host.call("GET", f"/api/rooms/{scene.room_id}")).json()
    on_air_s = datetime.fromisoformat(view["room"]["on_air_at"]).timestamp()
    seen_s = on_air_s + flag["from_position"] / 48_000
    assert abs(seen_s - begins_s + 5 - flag["offset_s"]) < 0.6
    assert flag["from_position"] < flag["to_position"]
    assert flag["detector"] == "balai-ear/2"
    heard = await scene.aired(begins_s - 0.2, begins_s + KNOWN_S)
    before = await scene.aired(begins_s - BEFORE_S + 0.5, begins_s - DELAY_S - 1)
    assert np.abs(heard).max(initial=0) < SILENT
    assert np.sqrt((before**2).mean()) > 0.01
    view = (await scene.guest.call("GET", f"/api/rooms/{scene.room_id}")).json()
    (restriction,) = view["me"]["restrictions"]
    assert (restriction["kind"], restriction["by_name"]) == ("hold", "Balai")
    assert restriction["by_role"] is None
    assert "tune" in restriction["reason"]
    own = await scene.guest.ask("GET", f"/api/rooms/{scene.room_id}/flags")
    assert own.status_code == 403
    path = f"/api/rooms/{scene.room_id}/flags/{flag['id']}"
    decided = (await scene.host.call("POST", f"{path}/confirm", reason="it is that")).json()
    assert (decided["state"], decided["decided_by_name"]) == ("confirmed", "Olga")
    airing = await scene.host.ask("POST", f"{path}/release", air_held=True)
    assert airing.status_code == 409
    refused = await scene.host.ask(
        "POST",
        f"/api/rooms/{scene.room_id}/effects/release",
        seat_id=scene.seat_id,
        air_held=True,
    )
    assert refused.json()["error"]["code"] == "held_is_confirmed"
    await scene.host.call("POST", f"{path}/release")
    released_s = time.time()
    again = await scene.aired(released_s + 1, released_s + 4)
    assert np.sqrt((again**2).mean()) > 0.01
    assert np.abs(await scene.aired(begins_s, begins_s + KNOWN_S)).max(initial=0) < SILENT


async def test_the_host_releases_and_what_was_held_airs_late(scene: Scene) -> None:
    flag = await scene.flag(stage="confirmed", held=True)
    path = f"/api/rooms/{scene.room_id}/flags/{flag['id']}"
    await scene.host.call("POST", f"{path}/release", reason="ours", air_held=True)
    await scene.host.until(
        scene.room_id, lambda kind, data: kind == "effect" and data["kind"] == "release"
    )
    released_s = time.time()
    heard = await scene.aired(released_s, released_s + 4)
    assert np.sqrt((heard**2).mean()) > 0.01
    listed = (await scene.host.call("GET", f"/api/rooms/{scene.room_id}/flags")).json()
    assert [(one["state"], one["reason"]) for one in listed] == [("released", "ours")]


async def test_a_recording_is_added_while_the_room_is_on_air(tmp_path: Path) -> None:
    async with scene_in(tmp_path, is_listed=False) as scene:
        await ear(scene.house, "index", "--action", "hold", recording_in(tmp_path))
        flag = await scene.flag(stage="confirmed", held=True)
        assert (flag["title"], flag["seat_id"]) == ("tune", scene.seat_id)


async def test_a_withdrawn_recording_matches_no_more(scene: Scene) -> None:
    await ear(scene.house, "withdraw", "tune.wav")
    heard = await scene.aired(scene.known_from_s, scene.known_from_s + KNOWN_S)
    listed = (await scene.host.call("GET", f"/api/rooms/{scene.room_id}/flags")).json()
    assert listed == []
    assert np.sqrt((heard**2).mean()) > 0.01


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_lost_detector_is_told_and_costs_the_programme_nothing(
    scene: Scene, number: signal.Signals
) -> None:
    began_s = scene.speaker.script.began_at_s
    await asyncio.sleep(max(0.0, began_s + 3 - time.time()))
    pid = scene.house.part("detector").pid
    os.kill(pid, number)
    lost = await scene.host.until(
        scene.room_id, lambda kind, data: kind == "watch" and data["state"] == "unwatched"
    )
    seat = await scene.host.until(
        scene.room_id,
        lambda kind, data: kind == "seat" and _watch(data) == "unwatched",
    )
    if number is signal.SIGSTOP:
        os.kill(pid, signal.SIGCONT)
    again = await scene.host.until(
        scene.room_id, lambda kind, data: kind == "watch" and data["state"] == "watched"
    )
    assert lost["seat_id"] == again["seat_id"] == scene.seat_id
    assert dict(seat["seat"])["id"] == scene.seat_id  # type: ignore[call-overload]
    assert again["from_position"] == lost["from_position"]
    assert int(str(again["to_position"])) > int(str(again["from_position"]))
    spoken = await scene.aired(began_s + 0.5, began_s + BEFORE_S - DELAY_S)
    loud = np.abs(spoken[: len(spoken) // 24_000 * 24_000]).reshape(-1, 24_000).max(axis=1)
    assert len(loud) >= 8
    assert loud.min() > 0.05


def _watch(data: dict[str, object]) -> object:
    seat = data.get("seat")
    return seat["watch"]["state"] if isinstance(seat, dict) else None


async def suspect(house: RunningHouse, recording_id: str) -> None:
    """Be a detector that suspects a recording in the sixth chunk it hears."""
    with short_path(house.data / "run") as folder:
        reader, writer = await asyncio.open_unix_connection(f"{folder}/{EAR_SOCKET}")
    with contextlib.closing(writer):
        for number in itertools.count():
            head = Head.read(await reader.readexactly(HEAD.size))
            chunk = head.chunk(await reader.readexactly(head.rest))
            if number == 5:
                seen = Recognised(
                    chunk.room_id, chunk.seat_id, "suspected", recording_id,
                    chunk.position, chunk.end, 5.0, 4.0, 50.0, 1.0, 0.0, (), "scripted/1",
                )  # fmt: skip
                writer.write(line(seen))
            writer.write(line(Heard(chunk.room_id, chunk.seat_id, chunk.position, chunk.end)))
            await writer.drain()


async def test_a_suspicion_lengthens_the_delay_if_the_operator_wants_that(
    tmp_path: Path,
) -> None:
    recording = write(tmp_path / "known" / "tune.wav", tune(SEED, 30))
    longer = {"BALAI_EAR_SUSPECTED_DELAY_S": "12"}
    house = await start_house(tmp_path / "var", environment=longer)
    await ear(house, "index", "--action", "hold", str(recording))
    with Catalogue(house.data / "catalogue") as records, records.reading() as session:
        recording_id = queries.find(session, "tune.wav").id
    host = Person(house.url)
    await host.become_operator(house.operator_link)
    room_id = await host.open_room(delay_s=DELAY_S)
    await house.until_counted("detectors")
    real = house.part("detector").pid
    os.kill(real, signal.SIGSTOP)  # its voices go to the scripted one
    scripted = asyncio.create_task(suspect(house, recording_id))
    speaker = Speaker(encode(render(sequence(60))))
    await speaker.go_on_stage(host, room_id)
    told = await host.until(room_id, lambda kind, data: kind == "flag" and bool(data["flag"]))
    flag = dict(told["flag"])  # type: ignore[call-overload]
    assert (flag["stage"], flag["held"], flag["detector"]) == ("suspected", False, "scripted/1")
    room = (await host.call("GET", f"/api/rooms/{room_id}")).json()["room"]
    assert room["delay_s"] == 12
    scripted.cancel()
    await asyncio.gather(scripted, return_exceptions=True)
    os.kill(real, signal.SIGCONT)
    await speaker.vanish()
    await host.close()
    await house.stop()
