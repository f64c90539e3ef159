"""Words on air: captions made before their sound, phrases kept from it, gaps that are told.

The house is real, its recogniser is scripted (tests/words_scene.py), but for the threat that
Whisper hears.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from balai.detect.speech.scripted import ScriptedRecognizer
from rig import listener
from rig.house import Person, running_house
from rig.speaker import Speaker, encode
from rig.speech_models import WHISPER, with_whisper
from tests.words_scene import (
    DELAY_S,
    LINES,
    SILENT,
    THREAT,
    Scene,
    begin,
    recogniser,
    spoken,
    words_scene,
)

pytestmark = pytest.mark.alone


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with words_scene(tmp_path) as opened:
        yield opened


async def test_a_vetted_threat_is_held_and_the_rest_is_captioned(scene: Scene) -> None:
    with recogniser(scene.house, ScriptedRecognizer(LINES, hold_languages={"en"})):
        await begin(scene)
        told = await scene.host.until(
            scene.room_id, lambda kind, data: kind == "flag" and bool(data["flag"])
        )
        held_s = time.time()
        flag = cast("dict[str, Any]", told["flag"])
        assert (flag["kind"], flag["held"], flag["seat_id"]) == ("words", True, scene.seat_id)
        assert (flag["policy"]["clause"], flag["offset_s"]) == ("threats", None)
        assert THREAT not in str(told)
        begins_s, ends_s = scene.at_s(1)
        assert held_s < begins_s + DELAY_S  # before the first word of it airs
        on_air_s = _timestamp((await scene.room())["on_air_at"])
        span = flag["policy"]["spans"][0]
        assert abs(on_air_s + span["from_position"] / 48_000 - begins_s) < 0.5
        # The script spreads its words over the utterance, and a pause belongs to that.
        assert abs(on_air_s + span["to_position"] / 48_000 - ends_s) < 1.5
        heard = await scene.aired(begins_s - 0.1, ends_s)
        assert np.abs(heard).max(initial=0) < SILENT
        path = f"/api/rooms/{scene.room_id}/flags/{flag['id']}"
        said = (await scene.host.call("GET", f"{path}/words")).json()
        assert THREAT in [one["text"] for one in said]
        assert (await scene.guest.ask("GET", f"{path}/words")).status_code == 403
        await scene.host.call("POST", f"{path}/confirm", reason="it is one")
    first = scene.at_s(0)
    before = await scene.aired(*first)
    assert np.sqrt((before**2).mean()) > 0.01
    cues = await scene.transcript()
    assert " ".join(text for *_, text in cues) == LINES[0]
    assert {name for *_, name, _ in cues} == {"Gus"}


async def test_whisper_hears_a_vetted_threat_before_it_airs(tmp_path: Path) -> None:
    with_whisper(tmp_path / "var" / "models")
    whisper = {
        "BALAI_WORDS_ENGINES": f'{{"en": "whisper:{WHISPER}"}}',
        "BALAI_WORDS_WHISPER_HOLD": '["en"]',
    }
    async with words_scene(tmp_path, whisper) as scene:
        await begin(scene)
        told = await scene.host.until(
            scene.room_id, lambda kind, data: kind == "flag" and bool(data["flag"])
        )
        held_s = time.time()
        flag = cast("dict[str, Any]", told["flag"])
        assert (flag["kind"], flag["held"]) == ("words", True)
        assert flag["policy"]["clause"] == "threats"
        begins_s, ends_s = scene.at_s(1)
        assert held_s < begins_s + DELAY_S
        heard = await scene.aired(begins_s - 0.1, ends_s)
        assert np.abs(heard).max(initial=0) < SILENT
        path = f"/api/rooms/{scene.room_id}/flags/{flag['id']}"
        await scene.host.call("POST", f"{path}/confirm", reason="it is one")
        cues = " ".join(text for *_, text in await scene.transcript()).casefold()
    assert "welcome to our show" in cues
    assert "kill" not in cues


async def test_captions_stand_where_their_sound_is(scene: Scene) -> None:
    harmless = (LINES[0], "we have a caller from the islands", LINES[2])
    with recogniser(scene.house, ScriptedRecognizer(harmless)):
        await begin(scene)
        await scene.aired(*scene.at_s(2))
        await scene.host.call("POST", f"/api/rooms/{scene.room_id}/end")
        await scene.host.until_state(scene.room_id, "ended")
    room = await scene.room()
    cues = await scene.transcript()
    assert " ".join(text for *_, text in cues) == " ".join(harmless)
    playlist = await listener.fetch(scene.host.http, str(room["replay_url"]))
    sound = await listener.hear(scene.host.http, playlist)
    for begin_s, end_s, _, text in cues:
        said = sound[round(begin_s * 48_000) : round(end_s * 48_000)]
        assert np.sqrt((said**2).mean()) > 0.01, text
    captions = (await scene.host.http.get(str(room["captions_url"]))).text
    assert "#EXT-X-ENDLIST" in captions
    master = (await scene.host.http.get(str(room["captioned_url"]))).text
    assert "TYPE=SUBTITLES" in master
    assert 'LANGUAGE="en"' in master


async def test_the_host_switches_captions_off(scene: Scene) -> None:
    with recogniser(scene.house, ScriptedRecognizer(LINES)):
        await scene.host.call("PATCH", f"/api/rooms/{scene.room_id}", captions=False)
        await scene.host.until(
            scene.room_id,
            lambda kind, data: kind == "effect" and data["kind"] == "set_captions",
        )
        await begin(scene)
        told = await scene.host.until(
            scene.room_id, lambda kind, data: kind == "flag" and bool(data["flag"])
        )
        flag = cast("dict[str, Any]", told["flag"])
        await scene.aired(*scene.at_s(2))
    assert flag["held"] is False  # this engine may not hold
    assert flag["policy"]["not_held_because"] == "engine"
    assert (await scene.room())["captions"] is False
    assert await scene.transcript() == []


async def test_a_lost_recogniser_is_told_and_costs_the_programme_nothing(
    scene: Scene,
) -> None:
    with recogniser(scene.house, ScriptedRecognizer(LINES)) as connection:
        await begin(scene)
        await asyncio.sleep(max(0.0, scene.at_s(0)[0] + 1.0 - time.time()))
        connection.close()
        lost = await scene.host.until(
            scene.room_id, lambda kind, data: kind == "watch" and data["state"] == "unheard"
        )
    assert lost["seat_id"] == scene.seat_id
    assert lost["why"] == "detector"
    room = await scene.host.call("GET", f"/api/rooms/{scene.room_id}")
    (seat,) = [one for one in room.json()["seats"] if one["id"] == scene.seat_id]
    assert seat["watch"]["state"] == "unheard"
    assert seat["watch"]["from_position"] == lost["from_position"]
    with recogniser(scene.house, ScriptedRecognizer(LINES)):
        again = await scene.host.until(
            scene.room_id, lambda kind, data: kind == "watch" and data["state"] == "watched"
        )
    assert (again["was"], again["from_position"]) == ("unheard", lost["from_position"])
    assert int(str(again["to_position"])) > int(str(again["from_position"]))
    heard = await scene.aired(*scene.at_s(2))
    assert np.sqrt((heard**2).mean()) > 0.01


def _timestamp(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_houses_own_recogniser_may_die_or_hang_at_any_moment(
    tmp_path: Path, number: signal.Signals
) -> None:
    sound, places = spoken()
    async with running_house(tmp_path / "var") as house:
        host = Person(house.url)
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(delay_s=DELAY_S)
        speaker = Speaker(encode(sound))
        seat_id = (await host.call("GET", f"/api/rooms/{room_id}")).json()["me"]["seat_id"]
        scene = Scene(house, host, host, room_id, seat_id, speaker, places)
        await begin(scene)
        await asyncio.sleep(max(0.0, scene.at_s(0)[0] + 1.5 - time.time()))
        pid = house.part("words").pid
        os.kill(pid, number)
        lost = await host.until(
            room_id, lambda kind, data: kind == "watch" and data["state"] == "unheard"
        )
        if number is signal.SIGSTOP:
            os.kill(pid, signal.SIGCONT)
        again = await host.until(
            room_id, lambda kind, data: kind == "watch" and data["state"] == "watched"
        )
        assert lost["seat_id"] == again["seat_id"] == seat_id
        assert again["from_position"] == lost["from_position"]
        assert int(str(again["to_position"])) > int(str(again["from_position"]))
        for line in (0, 2):
            heard = await scene.aired(*scene.at_s(line))
            assert np.sqrt((heard**2).mean()) > 0.01
        await speaker.vanish()
        await host.close()


async def test_a_room_made_without_captions_has_none(scene: Scene) -> None:
    made = await scene.host.call("POST", "/api/rooms", title="Quiet", captions=False, delay_s=1)
    room_id = made.json()["room"]["id"]
    await scene.host.call("POST", f"/api/rooms/{room_id}/open")
    await scene.host.until_live(room_id)
    with recogniser(scene.house, ScriptedRecognizer(LINES)):
        scene.room_id = room_id
        scene.guest = scene.host
        await begin(scene)
        await scene.aired(*scene.at_s(0))
    assert await scene.transcript() == []
    assert (await scene.room())["captions"] is False


@pytest.mark.parametrize("counts", ["true", "false"])
async def test_a_room_that_nobody_hears_is_delayed_and_closed_if_the_operator_wants_that(
    tmp_path: Path, counts: str
) -> None:
    sound, _ = spoken()
    wanted = {
        "BALAI_WORDS_ENGINES": '{"en": "none"}',
        "BALAI_WORDS_PROCESSES": "0",
        "BALAI_UNHEARD_COUNTS": counts,
        "BALAI_UNWATCHED_DELAY_S": "15",
        "BALAI_UNWATCHED_CLOSE_S": "4",
    }
    async with running_house(tmp_path / "var", environment=wanted) as house:
        host = Person(house.url)
        await host.become_operator(house.operator_link)
        await house.until_counted("detectors")
        room_id = await host.open_room(delay_s=1.0)
        speaker = Speaker(encode(sound))
        await speaker.go_on_stage(host, room_id)
        await host.until(
            room_id, lambda kind, data: kind == "watch" and data["state"] == "unheard"
        )
        if counts == "true":
            done = await host.until(
                room_id, lambda kind, data: kind == "effect" and data["kind"] == "set_delay"
            )
            assert dict(done["observed"])["delay_s"] == 15  # type: ignore[call-overload]
            await host.until_state(room_id, "ended")
            over = await host.until(
                room_id, lambda kind, data: kind == "watch" and data["state"] == "watched"
            )
            assert over["was"] == "unheard"  # as far as the room went
        else:
            await asyncio.sleep(6)
            room = (await host.call("GET", f"/api/rooms/{room_id}")).json()["room"]
            assert (room["state"], room["delay_s"]) == ("live", 1.0)
        await speaker.vanish()
        await host.close()
