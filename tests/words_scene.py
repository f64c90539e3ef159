"""A room in which a guest says three lines, one of them a threat, and a recogniser is scripted.

The house is real: a test connects to its worker as a recogniser process does, with real voice
activity over speech that a synthesiser says.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
from scipy.signal import resample_poly

from balai.detect.connection import Connection
from balai.detect.speech.scripted import ScriptedRecognizer
from rig import listener
from rig.chirps import Sound
from rig.corpus import RATE_HZ, say
from rig.house import Person, RunningHouse, running_house
from rig.recogniser import recogniser as scripted
from rig.speaker import Speaker, encode

DELAY_S: Final = 8.0
PAUSES_S: Final = (DELAY_S + 2.0, 1.2, 1.2)  # what is held begins where nothing has aired
THREAT: Final = "i will find you and kill you"
LINES: Final = (
    "good evening everybody and welcome to our show",
    THREAT,
    "and now the weather for tomorrow morning",
)
SILENT: Final = 1e-4
_CUE = re.compile(r"([\d:.]+) --> ([\d:.]+)\n(?:<v ([^>]*)>)?(.+)")


def spoken() -> tuple[Sound, list[tuple[float, float]]]:
    """Say the lines with pauses between; give where each begins and ends."""
    parts, places, at = [np.zeros(48_000, np.float32)], [], 1.0
    for text, pause_s in zip(LINES, PAUSES_S, strict=True):
        said = say(text, voice="en-us+f3", words_a_minute=150, pitch=50)
        line = resample_poly(said, 48_000, RATE_HZ).astype(np.float32)
        parts += [line, np.zeros(round(pause_s * 48_000), np.float32)]
        places.append((at, at + len(line) / 48_000))
        at += len(line) / 48_000 + pause_s
    parts.append(np.zeros(60 * 48_000, np.float32))
    return np.concatenate(parts), places


def recogniser(
    house: RunningHouse, engine: ScriptedRecognizer
) -> contextlib.AbstractContextManager[Connection]:
    return scripted(house.data, engine, deadline_s=4.0, length_s=8.0)


@dataclass
class Scene:
    """A room with a host and a guest who says three lines."""

    house: RunningHouse
    host: Person
    guest: Person
    room_id: str
    seat_id: str
    speaker: Speaker
    places: list[tuple[float, float]]

    def at_s(self, line: int) -> tuple[float, float]:
        began_s = self.speaker.script.began_at_s
        return began_s + self.places[line][0], began_s + self.places[line][1]

    async def room(self) -> dict[str, Any]:
        view = (await self.host.call("GET", f"/api/rooms/{self.room_id}")).json()
        return dict(view["room"])

    async def aired(self, from_s: float, to_s: float) -> Sound:
        """Wait until a stretch has aired; give what the hall heard of it."""
        url = str((await self.room())["rewind_url"])
        return await listener.aired(self.host.http, url, from_s, to_s, delay_s=DELAY_S)

    async def transcript(self) -> list[tuple[float, float, str, str]]:
        """Give the cues that were published so far: times, speaker, text."""
        answer = await self.host.http.get(str((await self.room())["transcript_url"]))
        if answer.status_code == httpx.codes.NOT_FOUND:
            return []
        return [
            (seconds_of(begin), seconds_of(end), name, text)
            for begin, end, name, text in _CUE.findall(answer.text)
        ]


def seconds_of(time_: str) -> float:
    hours, minutes, seconds = time_.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


@contextlib.asynccontextmanager
async def words_scene(
    folder: Path, heard_by: dict[str, str] | None = None
) -> AsyncIterator[Scene]:
    """Open a room whose words no process hears yet: `recogniser` brings one.

    Or the house has processes of its own, as settings (`heard_by`) say.
    """
    sound, places = spoken()
    settings = heard_by or {"BALAI_WORDS_PROCESSES": "0"}
    quiet = settings | {"BALAI_EAR_HOLD": "false"}
    async with running_house(folder / "var", environment=quiet) as house:
        host, guest = Person(house.url), Person(house.url)
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(delay_s=DELAY_S)
        await guest.join(await host.invite(), "gus")
        seat_id = await host.bring_on_stage(guest, room_id)
        speaker = Speaker(encode(sound))
        yield Scene(house, host, guest, room_id, seat_id, speaker, places)
        await speaker.vanish()
        await host.close()
        await guest.close()


async def begin(scene: Scene) -> None:
    """Let the guest speak, once the worker has its recogniser."""
    await scene.house.until_counted("recognisers", within_s=20)
    async with asyncio.timeout(20):
        await scene.speaker.go_on_stage(scene.guest, scene.room_id)
        while not scene.speaker.script.began_at_s:
            await asyncio.sleep(0.02)
