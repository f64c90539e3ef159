"""The replay without a voice: consent withdrawn for good, words taken out and given back."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import av
import httpx
import numpy as np
import pytest

from balai.detect.speech.scripted import ScriptedRecognizer
from rig import listener
from rig.chirps import Sound
from rig.house import Person, RunningHouse, running_house, start_house
from rig.recogniser import recogniser
from rig.speaker import Speaker, encode

pytestmark = pytest.mark.alone

RATE_HZ: Final = 48_000
TONE_HZ: Final = 5_000  # the host's voice; the guest's is speech, and has next to nothing there
NEAR_HZ: Final = 100
SPEECH_HZ: Final = 3_500
LOUD, QUIET = 0.01, 1e-3
SPOKEN: Final = Path(__file__).parents[2] / "src/balai/demo/recordings/01.opus"
LINE: Final = "good evening everybody"
_CUE = re.compile(r"<v ([^>]*)>(.+)")
Json = dict[str, Any]


def speech(seconds: int) -> Sound:
    resampler = av.AudioResampler("flt", "mono", RATE_HZ)
    with av.open(str(SPOKEN)) as file:
        parts = [
            piece.to_ndarray()[0]
            for frame in file.decode(audio=0)
            for piece in resampler.resample(frame)
        ]
    return np.asarray(np.resize(np.concatenate(parts), seconds * RATE_HZ), np.float32)


def tone(seconds: int) -> Sound:
    t = np.arange(seconds * RATE_HZ) / RATE_HZ
    return (0.1 * np.sin(2 * np.pi * TONE_HZ * t)).astype(np.float32)


def loudness(sound: Sound, from_hz: float, to_hz: float) -> float:
    """Give the RMS of what lies in a band."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    kept = np.abs(spectrum[(hz >= from_hz) & (hz < to_hz)]) ** 2
    return float(np.sqrt(2 * kept.sum())) / max(len(sound), 1)


def guest_in(sound: Sound) -> float:
    return loudness(sound, 100, SPEECH_HZ)


def host_in(sound: Sound) -> float:
    return loudness(sound, TONE_HZ - NEAR_HZ, TONE_HZ + NEAR_HZ)


def seconds_of(sound: Sound) -> list[Sound]:
    return [sound[at : at + RATE_HZ] for at in range(0, len(sound) - RATE_HZ + 1, RATE_HZ)]


@dataclass
class Scene:
    """A recorded room: Hana's voice is a tone, Ada speaks, and a recogniser writes it down."""

    house: RunningHouse
    people: dict[str, Person]
    room_id: str
    seat_id: str
    speakers: dict[str, Speaker]

    @property
    def path(self) -> str:
        return f"/api/rooms/{self.room_id}"

    async def view(self, who: str = "hana") -> Json:
        return dict((await self.people[who].call("GET", self.path)).json())

    async def card(self) -> Json:
        return dict((await self.view())["room"])

    def folder(self) -> Path:
        (folder,) = (self.house.data / "air").iterdir()
        return folder

    async def replay(self) -> Sound:
        """Decode the whole replay; every segment that it lists is there."""
        hana = self.people["hana"]
        playlist = await listener.fetch(hana.http, str((await self.card())["replay_url"]))
        assert playlist.has_ended
        return await listener.hear(hana.http, playlist)

    async def cues(self) -> list[tuple[str, str]]:
        url = str((await self.card())["transcript_url"])
        answer = await self.people["hana"].http.get(url)
        return [(name, text) for name, text in _CUE.findall(answer.text)]

    async def until_spoken(self, seconds: float) -> None:
        """Wait until so much of what the guest said has aired, and was written down."""
        hana, url = self.people["hana"], str((await self.card())["rewind_url"])
        began_s = self.speakers["ada"].script.began_at_s
        async with asyncio.timeout(60):
            while True:
                playlist = await listener.fetch(hana.http, url)
                last = playlist.segments[-1]
                if last.said_at_s + last.duration_s > began_s + seconds and await self.cues():
                    return
                await asyncio.sleep(0.2)

    async def position_of_guest(self, seconds: float) -> int:
        """Give the position at which the guest said what comes so late in their speech."""
        on_air = datetime.fromisoformat(str((await self.card())["on_air_at"])).timestamp()
        began_s = self.speakers["ada"].script.began_at_s
        return round((began_s + seconds - on_air) * RATE_HZ)

    async def end(self) -> None:
        await self.people["hana"].call("POST", f"{self.path}/end")
        await self.people["hana"].until_state(self.room_id, "ended")

    async def until_replay(self, state: str, *, times: int = 1) -> None:
        seen = 0

        def is_it(kind: str, data: dict[str, object]) -> bool:
            nonlocal seen
            seen += kind == "replay" and data == {"state": state}
            return seen == times

        await self.people["hana"].until(self.room_id, is_it)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    quiet = {"BALAI_WORDS_PROCESSES": "0", "BALAI_EAR_HOLD": "false"}
    async with running_house(tmp_path / "var", environment=quiet) as house:
        yield house


@pytest.fixture
async def scene(house: RunningHouse) -> AsyncIterator[Scene]:
    people = {
        name: Person(house.url) for name in ("olga", "hana", "ada", "bob", "rita", "rolf")
    }
    await people["olga"].become_operator(house.operator_link)
    for name in ("hana", "ada", "bob", "rita", "rolf"):
        await people[name].join(await people["olga"].invite(), name)
    for name in ("rita", "rolf"):
        await people["olga"].call("POST", "/api/reviewers", handle=name, languages=[])
    room_id = await people["hana"].open_room(delay_s=1.0, captions=True)
    seat_id = await people["hana"].bring_on_stage(people["ada"], room_id)
    speakers = {"hana": Speaker(encode(tone(60))), "ada": Speaker(encode(speech(60)))}
    with recogniser(house.data, ScriptedRecognizer([LINE]), deadline_s=4.0, length_s=2.0):
        await house.until_counted("recognisers", within_s=20)
        for name, speaker in speakers.items():
            await speaker.go_on_stage(people[name], room_id)
        yield Scene(house, people, room_id, seat_id, speakers)
    for speaker in speakers.values():
        await speaker.vanish()
    for person in people.values():
        await person.close()


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file()
    }


async def test_whoever_withdraws_their_consent_is_in_no_replay(scene: Scene) -> None:
    await scene.until_spoken(6)
    ada = scene.people["ada"]
    assert (await scene.view("ada"))["me"]["recording"] == "agreed"
    told = (await ada.call("DELETE", f"{scene.path}/seat/recording")).json()
    assert told["state"] == "withdrawn"
    await scene.people["hana"].until(
        scene.room_id, lambda kind, data: kind == "replay" and data["state"] == "being_made"
    )
    me = (await scene.view("ada"))["me"]
    assert (me["seat_id"], me["recording"]) == (None, "withdrawn")
    await asyncio.sleep(2)  # the host goes on
    assert {name for name, _ in await scene.cues()} >= {"Ada"}
    await scene.end()
    await scene.until_replay("made_without")
    sound = await scene.replay()
    heard = seconds_of(sound)
    assert max(guest_in(one) for one in heard) < QUIET
    assert sum(host_in(one) > LOUD for one in heard) >= 7
    assert "Ada" not in {name for name, _ in await scene.cues()}
    assert (await scene.card())["abridged"] is True
    (mine,) = (await ada.call("GET", "/api/me/recordings")).json()
    assert (mine["room_id"], mine["state"]) == (scene.room_id, "left_out")
    stranger = Person(scene.house.url)
    assert (await stranger.ask("DELETE", f"{scene.path}/seat/recording")).status_code == 403
    bob = await scene.people["bob"].ask("DELETE", f"{scene.path}/seat/recording")
    assert bob.json()["error"]["code"] == "seat_missing"
    await stranger.close()


async def test_a_killed_house_goes_on_with_what_was_wanted(scene: Scene) -> None:
    await scene.until_spoken(5)
    await scene.people["ada"].call("DELETE", f"{scene.path}/seat/recording")
    await scene.house.kill()
    again = await start_house(
        scene.house.data, environment={"BALAI_WORDS_PROCESSES": "0", "BALAI_EAR_HOLD": "false"}
    )
    try:
        hana = scene.people["hana"]
        hana.http.base_url = httpx.URL(again.url)
        await scene.until_replay("made_without")
        assert (await scene.card())["state"] == "interrupted"
        heard = seconds_of(await scene.replay())
        assert len(heard) >= 3
        assert max(guest_in(one) for one in heard) < QUIET
        assert max(host_in(one) for one in heard) > LOUD
    finally:
        await again.stop()


async def test_words_that_were_taken_out_wrongly_come_back_byte_for_byte(scene: Scene) -> None:
    await scene.until_spoken(9)
    begin = await scene.position_of_guest(2)
    said = {"from_position": begin, "to_position": begin + 2 * RATE_HZ, "concern": "threat"}
    await scene.people["bob"].call(
        "POST", f"{scene.path}/reports", subject="moment", seat_id=scene.seat_id, **said
    )
    await scene.end()
    rita, before = scene.people["rita"], digests(scene.folder())
    aired = [guest_in(one) for one in seconds_of(await scene.replay())]
    case_id = await take_out(scene)
    lines = await lines_of(rita, case_id)
    await scene.until_replay("made_without")
    await until_closed(rita, case_id)
    left = [guest_in(one) for one in seconds_of(await scene.replay())]
    gone = [was > LOUD and now < QUIET for was, now in zip(aired, left, strict=True)]
    assert sum(gone) in {1, 2, 3}  # of two seconds, wherever they lie on the grid
    assert sum(now > LOUD for now in left) >= 4
    assert (await scene.card())["abridged"] is True
    assert digests(scene.folder()) != before
    assert await lines_of(rita, case_id) == lines  # who judges them can read them

    await overturn(scene)
    await scene.until_replay("restored")
    await until_closed(rita, case_id)
    assert digests(scene.folder()) == before
    assert (await scene.card())["abridged"] is False
    told = await scene.people["hana"].until(scene.room_id, lambda kind, _: kind == "repair")
    assert (told["name"], told["what"]) == ("Ada", ["replay"])


async def take_out(scene: Scene) -> str:
    """Let Rita decide the one case; give it."""
    rita = scene.people["rita"]
    (job,) = (await rita.call("GET", "/api/cases/queue")).json()["jobs"]
    await rita.call("POST", f"/api/jobs/{job['id']}/claim")
    case = (await rita.call("GET", f"/api/cases/{job['case_id']}")).json()
    judged = {name: case[name] for name in ("from_position", "to_position")}
    finding = {
        "outcome": "violation",
        "clause": "threats",
        "facts": "The speaker threatens somebody.",
        "effects": [{"measure": "out_of_replay", **judged}],
    }
    unsaid = {**finding, "effects": [{"measure": "out_of_replay"}]}
    read = {"revision": case["revision"]}
    for path, more in (("preview", {}), ("decide", read)):
        refused = await rita.ask("POST", f"/api/jobs/{job['id']}/{path}", **unsaid, **more)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "finding_invalid"
    told = (await rita.call("POST", f"/api/jobs/{job['id']}/preview", **finding)).json()
    assert [one["measure"]["kind"] for one in told["statements"]] == ["content_removed"]
    made = (await rita.call("POST", f"/api/jobs/{job['id']}/decide", **finding, **read)).json()
    return str(made["case_id"])


async def overturn(scene: Scene) -> None:
    """Let Ada appeal, and Rolf find that nothing was wrong."""
    ada, rolf = scene.people["ada"], scene.people["rolf"]
    (decision,) = (await ada.call("GET", "/api/me/decisions")).json()
    assert [one["state"] for one in decision["effects"]] == ["carried_out"]
    path = f"/api/decisions/{decision['id']}/appeal"
    await ada.call("POST", path, text="It was a play.")
    jobs = (await rolf.call("GET", "/api/cases/queue")).json()["jobs"]
    (found,) = (one for one in jobs if one["kind"] == "appeal")
    job = f"/api/jobs/{found['id']}"
    await rolf.call("POST", f"{job}/claim")
    case = (await rolf.call("GET", f"/api/cases/{found['case_id']}")).json()
    read = {"revision": case["revision"]}
    await rolf.call("POST", f"{job}/first-view", outcome="no_violation", **read)
    instead = {"outcome": "no_violation", "facts": "It is a play.", "effects": []}
    await rolf.call("POST", f"{job}/answer", answer="You are right.", instead=instead, **read)


async def lines_of(reviewer: Person, case_id: str) -> list[str]:
    case = (await reviewer.call("GET", f"/api/cases/{case_id}")).json()
    lines = [one["line"]["text"] for one in case["timeline"] if one["kind"] == "line"]
    assert lines
    return lines


async def until_closed(reviewer: Person, case_id: str) -> None:
    async with asyncio.timeout(20):
        while (await reviewer.call("GET", f"/api/cases/{case_id}")).json()["state"] != "closed":
            await asyncio.sleep(0.2)  # a page that looks again
