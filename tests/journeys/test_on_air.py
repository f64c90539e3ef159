"""One room on air with real media: WebRTC in, HLS out, in a real house of real processes."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from rig import listener
from rig.chirps import CHIRP_S, SPACING_S, Heard, render, sequence
from rig.compare import lag, said_times
from rig.house import Person, RunningHouse, running_house
from rig.speaker import Speaker, encode

pytestmark = pytest.mark.alone

SYMBOLS = sequence(120)
DELAY_S = 3.0
MARGIN_S = 0.35  # a chirp is 0.16 s long, the way through WebRTC takes up to 0.15 s


@dataclass
class Scene:
    """A room on air in which the host says the chirps."""

    house: RunningHouse
    host: Person
    room_id: str
    seat_id: str
    speaker: Speaker

    @property
    def said(self) -> list[Heard]:
        """Every chirp said so far, with its wall-clock time."""
        began = self.speaker.script.began_at_s
        count = int((time.time() - began) / SPACING_S)
        return [
            Heard(SYMBOLS[i % len(SYMBOLS)], began + i * SPACING_S + CHIRP_S / 2, 1.0)
            for i in range(count)
        ]

    async def card(self) -> dict[str, object]:
        """Read the room's facts and addresses."""
        view = (await self.host.call("GET", f"/api/rooms/{self.room_id}")).json()
        return dict(view["room"])

    async def aired(self, name: str = "rewind_url") -> list[float]:
        """Give the times at which those chirps were said that a listener can hear now."""
        heard = await listener.chirps_said(self.host.http, str((await self.card())[name]))
        return said_times(self.said, heard, lag(self.said, heard, most_s=2))

    async def until_aired(self, moment_s: float) -> None:
        """Wait until what was said at a wall-clock second has aired."""
        url = str((await self.card())["rewind_url"])
        async with asyncio.timeout(DELAY_S + 20):
            while True:
                last = (await listener.fetch(self.host.http, url)).segments[-1]
                if last.said_at_s + last.duration_s > moment_s:
                    return
                await asyncio.sleep(0.2)  # as a player does: the playlist changes by itself

    async def end(self) -> None:
        """End the room and wait until it is over."""
        await self.host.call("POST", f"/api/rooms/{self.room_id}/end")
        await self.host.until(
            self.room_id,
            lambda kind, data: kind == "room" and dict(data["room"])["state"] == "ended",  # type: ignore[call-overload]
        )


OpenScene = Callable[..., Awaitable[Scene]]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def open_scene(house: RunningHouse) -> AsyncIterator[OpenScene]:
    host, speaker = Person(house.url), Speaker(encode(render(SYMBOLS)))

    async def set_up(**room: object) -> Scene:
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(**{"delay_s": DELAY_S, **room})
        await speaker.go_on_stage(host, room_id)
        view = (await host.call("GET", f"/api/rooms/{room_id}")).json()
        return Scene(house, host, room_id, view["me"]["seat_id"], speaker)

    yield set_up
    await speaker.vanish()
    await host.close()


async def test_the_hall_hears_all_in_order_and_never_before_the_delay(
    open_scene: OpenScene,
) -> None:
    scene = await open_scene()
    url = str((await scene.card())["playlist_url"])
    first_said = (scene.said or [Heard(0, time.time(), 1)])[-1].at_s
    while time.time() < first_said + 10:
        fetched_at = time.time()
        for segment in (await listener.fetch(scene.host.http, url)).segments:
            assert segment.said_at_s + segment.duration_s + DELAY_S <= fetched_at + 0.02
        await asyncio.sleep(0.3)
    aired = await scene.aired()
    said = [heard.at_s for heard in scene.said]
    known = [at for at in said if min(aired) <= at <= max(aired)]
    assert aired == sorted(aired)
    assert aired == known
    assert len(aired) >= 8


async def test_a_held_voice_is_silent_from_the_first_unaired_sample_until_released(
    open_scene: OpenScene,
) -> None:
    scene = await open_scene()
    await scene.until_aired(scene.speaker.script.began_at_s + 2)
    asked_at = time.time()
    told = await scene.host.effect(
        scene.room_id, "hold", seat_id=scene.seat_id, reason="wait a moment"
    )
    assert "silent_from" in dict(told["observed"])  # type: ignore[call-overload]
    await asyncio.sleep(2)
    await scene.host.effect(scene.room_id, "release", seat_id=scene.seat_id, air_held=False)
    released_at = time.time()
    await scene.until_aired(released_at + 3)
    aired = await scene.aired()
    silent_from = asked_at - DELAY_S + MARGIN_S
    assert [at for at in aired if silent_from < at < released_at - MARGIN_S] == []
    assert len([at for at in aired if at < silent_from]) >= 3
    assert len([at for at in aired if at > released_at]) >= 4


async def test_what_was_held_airs_when_asked(open_scene: OpenScene) -> None:
    scene = await open_scene()
    await scene.until_aired(scene.speaker.script.began_at_s + 2)
    await scene.host.effect(
        scene.room_id, "hold", seat_id=scene.seat_id, reason="wait a moment"
    )
    held_at = time.time()
    await asyncio.sleep(2)
    await scene.host.effect(scene.room_id, "release", seat_id=scene.seat_id, air_held=True)
    await scene.until_aired(held_at + 4)
    heard = await listener.chirps_said(scene.host.http, str((await scene.card())["rewind_url"]))
    said = [h.symbol for h in scene.said if held_at - DELAY_S + 1 < h.at_s < held_at]
    symbols = [h.symbol for h in heard]
    assert any(symbols[i : i + len(said)] == said for i in range(len(symbols)))


async def test_dumped_sound_reaches_neither_listener_nor_replay(open_scene: OpenScene) -> None:
    scene = await open_scene()
    await scene.until_aired(scene.speaker.script.began_at_s + 2)
    asked_at = time.time()
    await scene.host.effect(scene.room_id, "dump")
    dumped_at = time.time()
    await scene.until_aired(dumped_at + 2)
    live = await scene.aired("rewind_url")
    await scene.end()
    replay = await scene.aired("replay_url")
    first, last = asked_at - DELAY_S + MARGIN_S, asked_at - MARGIN_S
    for aired in (live, replay):
        assert [at for at in aired if first < at < last] == []
        assert len([at for at in aired if at < first]) >= 3
        assert len([at for at in aired if at > dumped_at]) >= 2
    assert (await scene.card())["state"] == "ended"


async def test_a_dump_of_the_last_second_leaves_what_came_before(
    open_scene: OpenScene,
) -> None:
    scene = await open_scene()
    await scene.until_aired(scene.speaker.script.began_at_s + 1)
    asked_at = time.time()
    await scene.host.effect(scene.room_id, "dump", seconds=1.2)
    await scene.until_aired(asked_at + 2)
    aired = await scene.aired()
    assert [at for at in aired if asked_at - 1.2 + MARGIN_S < at < asked_at - 0.1] == []
    before = [at for at in aired if asked_at - DELAY_S + MARGIN_S < at < asked_at - 1.5]
    assert len(before) >= 2


async def test_a_muted_speaker_is_cut_and_told_who_why_and_how_long(
    open_scene: OpenScene,
) -> None:
    scene = await open_scene()
    await scene.until_aired(scene.speaker.script.began_at_s + 1)
    await scene.host.effect(
        scene.room_id, "mute", seat_id=scene.seat_id, reason="echo", seconds=2
    )
    muted_at = time.time()
    await scene.host.until(
        scene.room_id,
        lambda kind, data: kind == "effect" and data["kind"] == "unmute",
    )
    open_at = time.time()
    await scene.until_aired(open_at + 2)
    aired = await scene.aired()
    assert open_at - muted_at > 1.5  # and it ended by itself
    assert [at for at in aired if muted_at + 0.1 < at < open_at - MARGIN_S] == []
    assert len([at for at in aired if at > open_at]) >= 2


async def test_a_removed_speaker_is_off_stage_off_air_and_banned(
    house: RunningHouse, open_scene: OpenScene
) -> None:
    scene = await open_scene()
    guest = Person(house.url)
    await guest.join(await scene.host.invite(), "gus")
    await guest.call("POST", f"/api/rooms/{scene.room_id}/hand")
    hands = (await scene.host.call("GET", f"/api/rooms/{scene.room_id}")).json()["hands"]
    await scene.host.call("POST", f"/api/rooms/{scene.room_id}/hands/{hands[0]['id']}/accept")
    speaker = Speaker(encode(render(sequence(40, seed=9))), keep_heard=True)
    await speaker.go_on_stage(guest, scene.room_id)
    seat_id = (await guest.call("GET", f"/api/rooms/{scene.room_id}")).json()["me"]["seat_id"]
    await scene.host.effect(
        scene.room_id, "remove", seat_id=seat_id, reason="shouting", ban_s=3600
    )
    refused = await guest.ask("POST", f"/api/rooms/{scene.room_id}/hand")
    view = (await guest.call("GET", f"/api/rooms/{scene.room_id}")).json()
    await speaker.vanish()
    await guest.close()
    assert refused.status_code == 403
    assert view["me"]["banned_until"] is not None
    assert [r["reason"] for r in view["me"]["restrictions"]] == ["shouting"]


async def test_a_room_without_recording_is_gone_when_it_ends(open_scene: OpenScene) -> None:
    scene = await open_scene(recording=False, delay_s=0)
    await scene.until_aired(time.time())
    card = await scene.card()
    playlist = await listener.fetch(scene.host.http, str(card["rewind_url"]))
    gone = [playlist.init_url, *(e.url for e in playlist.entries), str(card["rewind_url"])]
    assert (await scene.host.http.get(gone[1])).status_code == 200
    await scene.end()
    statuses = {(await scene.host.http.get(url)).status_code for url in gone}
    assert statuses == {404}
    assert (await scene.card())["replay_url"] is None
    assert list((scene.house.data / "air").iterdir()) == []


async def test_a_room_that_ended_can_be_replayed_to_its_last_aired_sample(
    open_scene: OpenScene,
) -> None:
    scene = await open_scene(delay_s=0)
    await scene.until_aired(scene.speaker.script.began_at_s + 3)
    before = await scene.aired()
    await scene.end()
    card = await scene.card()
    replay = await listener.fetch(scene.host.http, str(card["replay_url"]))
    assert replay.has_ended
    assert (await scene.aired("replay_url"))[: len(before)] == before


async def test_an_unknown_room_has_no_media(house: RunningHouse) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        reply = await http.get(f"{house.hall_url}/hall/{'0' * 26}/live.m3u8")
    assert reply.status_code == 404
    assert reply.headers["cache-control"] == "no-store"
