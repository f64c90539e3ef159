"""`make bench NAME=latency`: how long sound takes, and how fast an effect is.

Real Chromium pages on both sides of the stage and in the hall, a room without delay. Prints
medians and 99th percentiles; `effect` is from the request of a hold to the first silent sample
of the programme, read from what was published.
"""

import asyncio
import contextlib
import json
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rig import listener, visit
from rig.browser import browser, new_page, pull, record
from rig.chirps import render, sequence, write_wav
from rig.compare import lags
from rig.house import Person, RunningHouse, running_house
from rig.speaker import Speaker, encode

LISTEN_S: Final = 40
HOLDS: Final = 100
RATE_HZ: Final = 48_000
Row = tuple[str, float, float, int]


async def sound(house: RunningHouse, folder: Path) -> list[Row]:
    """Measure mouth to ear on stage, and mouth to hall both ways."""
    chirps = write_wav(folder / "chirps.wav", render(sequence(200)))
    quiet = write_wav(folder / "quiet.wav", np.zeros(48_000, np.float32))
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(chirps))
        others = await stack.enter_async_context(browser(quiet))
        speaker, ear = await new_page(speaking), await new_page(others)
        await visit.become_operator(speaker, house)
        room_id = await visit.create_room(speaker, house, "Latency", delay_s=0)
        await visit.join(ear, await visit.invitation(speaker), "ear")
        await visit.invite_to_stage(speaker, room_id, "ear")
        await visit.go_on_stage(speaker, house, room_id)
        await visit.go_on_stage(ear, house, room_id)
        await record(speaker, "microphone")
        await record(ear, "stage")
        plain, low = await new_page(others), await new_page(others)
        for page, latency in ((plain, "plain"), (low, "low")):
            await visit.listen(page, house, room_id, latency=latency)
            await record(page, "programme")
        await asyncio.sleep(LISTEN_S)
        said = (await pull(speaker, "microphone")).chirps()
        heard = {
            "stage": (await pull(ear, "stage")).chirps(),
            "hall plain": (await pull(plain, "programme")).chirps(),
            "hall low latency": (await pull(low, "programme")).chirps(),
        }
    return [_row(name, lags(said, chirps_heard)) for name, chirps_heard in heard.items()]


async def effects(house: RunningHouse) -> list[Row]:
    """Hold and release a steady voice again and again; read the silences from the air."""
    host = Person(house.url)
    await host.become_operator(house.operator_link)
    room_id = await host.open_room(delay_s=0)
    t = np.arange(RATE_HZ) / RATE_HZ
    speaker = Speaker(encode((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)))
    await speaker.go_on_stage(host, room_id)
    seat_id = (await host.call("GET", f"/api/rooms/{room_id}")).json()["me"]["seat_id"]
    await asyncio.sleep(2)
    asked, told = [], []
    for _ in range(HOLDS):
        asked.append(time.time())
        await host.effect(room_id, "hold", seat_id=seat_id, reason="measure")
        told.append(time.time() - asked[-1])
        await asyncio.sleep(0.1)
        await host.effect(room_id, "release", seat_id=seat_id, air_held=False)
        await asyncio.sleep(0.3)
    await asyncio.sleep(2)
    card = (await host.call("GET", f"/api/rooms/{room_id}")).json()["room"]
    silences = await _silences(host, card["rewind_url"])
    late = [float(silences[np.abs(silences - ask).argmin()]) - ask for ask in asked]
    await speaker.vanish()
    await host.close()
    return [_row("effect", late), _row("effect told", told)]


async def _silences(host: Person, url: str) -> NDArray[np.float64]:
    """Give the wall-clock seconds at which the programme turned from sound to silence."""
    playlist = await listener.fetch(host.http, url)
    heard = await listener.hear(host.http, playlist)
    blocks = np.abs(heard[: len(heard) // 240 * 240].reshape(-1, 240)).max(axis=1) > 0.02
    starts = np.flatnonzero(blocks[:-1] & ~blocks[1:]) + 1
    return playlist.segments[0].said_at_s + starts * 240 / RATE_HZ


def _row(name: str, seconds: list[float]) -> Row:
    if not seconds:
        return name, float("nan"), float("nan"), 0
    return name, float(np.median(seconds)), float(np.percentile(seconds, 99)), len(seconds)


async def measure() -> dict[str, float]:
    """Run both halves, each in a house of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running_house(folder / "sound") as house:
            rows = await sound(house, folder)
        async with running_house(folder / "effects") as house:
            rows += await effects(house)
    print(f"{'':18}{'median ms':>12}{'p99 ms':>12}{'n':>6}")
    for label, median_s, p99_s, count in rows:
        print(f"{label:18}{median_s * 1000:12.0f}{p99_s * 1000:12.0f}{count:6}")
    by = {label: (median_s, p99_s) for label, median_s, p99_s, _ in rows}
    return {
        "stage_median_ms": round(by["stage"][0] * 1000, 1),
        "stage_p99_ms": round(by["stage"][1] * 1000, 1),
        "hall_plain_s": round(by["hall plain"][0], 2),
        "hall_ll_s": round(by["hall low latency"][0], 2),
        "effect_median_ms": round(by["effect"][0] * 1000, 1),
        "effect_p99_ms": round(by["effect"][1] * 1000, 1),
        "effect_told_p99_ms": round(by["effect told"][1] * 1000, 1),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure())))
