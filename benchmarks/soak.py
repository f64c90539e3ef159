"""`make bench NAME=soak ARGS=10`: one room, 10 speakers, 200 listeners, for some minutes.

Prints what a listener would notice (gaps), how the mixer kept time (late ticks, drift), whether
memory grows. Goal: 0 gaps, less than 1 MB an hour.
"""

import argparse
import asyncio
import json
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import numpy as np
import psutil

from balai.wire import StagePortClient
from rig.chirps import render, sequence
from rig.house import Person, RunningHouse, running_house
from rig.listener import parse
from rig.speaker import Speaker, encode

SPEAKERS: Final = 10
LISTENERS: Final = 200
WARM_UP_SHARE: Final = 0.25  # caches fill before growth is measured


@dataclass
class Noticed:
    """What all listeners together noticed."""

    segments: int = 0
    gaps: int = 0
    errors: int = 0


@dataclass
class Listener:
    """Plays the live playlist as a player does: playlist, new segments, wait."""

    url: str
    noticed: Noticed
    next_segment: int = -1
    ends_at_s: float = 0.0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    async def play(self) -> None:
        """Listen until cancelled."""
        while True:
            began = time.monotonic()
            try:
                await self._once()
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self.noticed.errors += 1
                self._streams = None
            await asyncio.sleep(max(0.05, 1.024 - (time.monotonic() - began)))

    async def _once(self) -> None:
        playlist = parse((await self._get(self.url)).decode(), self.url)
        for number, segment in enumerate(playlist.segments, playlist.media_sequence):
            if self.next_segment < 0:
                self.next_segment = number + max(0, len(playlist.segments) - 3)
            if number < self.next_segment:
                continue
            jumped = self.ends_at_s and abs(segment.said_at_s - self.ends_at_s) > 0.01
            if number > self.next_segment or jumped:
                self.noticed.gaps += 1
            await self._get(segment.url)
            self.noticed.segments += 1
            self.next_segment = number + 1
            self.ends_at_s = segment.said_at_s + segment.duration_s

    async def _get(self, url: str) -> bytes:
        parts = urlsplit(url)
        if self._streams is None:
            self._streams = await asyncio.open_connection(parts.hostname, parts.port)
        reader, writer = self._streams
        writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        body = await reader.readexactly(length)
        if " 200 " not in head.split("\r\n")[0]:
            raise ValueError(head.split("\r\n")[0])
        return body


async def fill_stage(house: RunningHouse, host: Person, room_id: str) -> list[Speaker]:
    """Bring ten speakers on stage: the host and nine invited ones."""
    packets = encode(render(sequence(60)))
    token = await host.invite(uses=SPEAKERS)
    speakers = []
    for number in range(SPEAKERS):
        person = host if number == 0 else Person(house.url)
        if number:
            await person.join(token, f"guest{number}")
            await host.call(
                "POST", f"/api/rooms/{room_id}/stage-invitations", handle=f"guest{number}"
            )
        speaker = Speaker(packets[number * 25 :] + packets[: number * 25])
        await speaker.go_on_stage(person, room_id)
        speakers.append(speaker)
    return speakers


def memory_mb(house: RunningHouse) -> dict[str, float]:
    """Read the resident memory of each of the house's processes."""
    return {
        process.cmdline()[-1]: process.memory_info().rss / 2**20
        for process in psutil.Process(house.process.pid).children(recursive=True)
    }


async def soak(minutes: float) -> dict[str, float]:
    """Run and measure."""
    with tempfile.TemporaryDirectory() as folder:
        async with running_house(Path(folder) / "var") as house:
            host = Person(house.url)
            await host.become_operator(house.operator_link)
            room_id = await host.open_room(delay_s=4)
            speakers = await fill_stage(house, host, room_id)
            result = await _listen(house, host, room_id, minutes)
            for speaker in speakers:
                await speaker.vanish()
            await host.close()
            return result


async def _listen(
    house: RunningHouse, host: Person, room_id: str, minutes: float
) -> dict[str, float]:
    url = (await host.call("GET", f"/api/rooms/{room_id}")).json()["room"]["playlist_url"]
    noticed, port = Noticed(), StagePortClient(house.data / "run")
    players = [asyncio.create_task(Listener(url, noticed).play()) for _ in range(LISTENERS)]
    before, began = await port.health(), time.monotonic()
    memory: list[tuple[float, float]] = []
    while (elapsed := time.monotonic() - began) < minutes * 60:
        parts = memory_mb(house)
        memory.append((elapsed / 3600, sum(parts.values())))
        shown = "  ".join(f"{role} {mb:6.1f} MB" for role, mb in sorted(parts.items()))
        print(f"{elapsed:6.0f} s  {shown}  {noticed}", flush=True)
        await asyncio.sleep(min(10, minutes * 60 - elapsed + 0.01))
    after, elapsed = await port.health(), time.monotonic() - began
    for player in players:
        player.cancel()
    steady = np.array(memory[int(len(memory) * WARM_UP_SHARE) :])
    slope = float(np.polyfit(steady[:, 0], steady[:, 1], 1)[0]) if len(steady) > 2 else 0.0
    moved = after["rooms"][room_id]["position"] - before["rooms"][room_id]["position"]
    return {
        "minutes": minutes,
        "segments": noticed.segments,
        "gaps": noticed.gaps,
        "errors": noticed.errors,
        "late_ticks": after["late"] - before["late"],
        "skipped_ticks": after["skipped"] - before["skipped"],
        "worst_late_ms": round(after["worst_late_ms"], 1),
        "drift_ms": round((moved / 48_000 - elapsed) * 1000, 1),
        "mixer_busy_pct": round(
            (after["busy_ms"] - before["busy_ms"]) / (elapsed * 1000) * 100, 1
        ),
        "mb_per_hour": round(slope, 2),
    }


def main() -> None:
    """Run with the minutes given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=3.0)
    result = asyncio.run(soak(parser.parse_args().minutes))
    for name, value in result.items():
        print(f"{name:16} {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
