"""One room on air with a person at each end: who speaks, who listens, who hosts."""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from rig import listener, visit
from rig.browser import browser, new_page, pull, record
from rig.chirps import render, sequence, write_wav
from rig.compare import lag, lags, said_times
from rig.house import Person, RunningHouse

DELAY_S = 4
# Further behind, the page itself no longer calls it live (player.svelte.ts: LIVE_SLACK_S). How
# near the ear comes on a quiet machine is measured: make bench NAME=latency.
LIVE_SLACK_S = 5


@dataclass
class Evening:
    """A room on air: A speaks chirps, B and B2 listen, C hosts."""

    house: RunningHouse
    room_id: str
    speaker: Page
    plain: Page
    low: Page
    host: Page

    async def aired(self, page: Page) -> tuple[float, list[float]]:
        """Give the lag of what a page heard, and when each chirp it heard was said."""
        said = (await pull(self.speaker, "microphone")).chirps()
        heard = (await pull(page, "programme")).chirps()
        typical = lag(said, heard)
        return typical, said_times(said, heard, typical)


@pytest.fixture
async def evening(house: RunningHouse, tmp_path: Path) -> AsyncIterator[Evening]:
    chirps = write_wav(tmp_path / "chirps.wav", render(sequence(120, seed=5)))
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(chirps))
        others = await stack.enter_async_context(browser())
        host, speaker = await new_page(others), await new_page(speaking)
        await visit.become_operator(host, house)
        room_id = await visit.create_room(host, house, "An evening", delay_s=DELAY_S)
        await visit.join(speaker, await visit.invitation(host), "ada")
        await speaker.goto(f"{house.url}/rooms/{room_id}")
        await speaker.get_by_role("button", name="Raise hand").click()
        await host.get_by_role("button", name="Accept Ada").click()
        await visit.go_on_stage(speaker, house, room_id)
        await record(speaker, "microphone")
        plain, low = await new_page(others), await new_page(others)
        await visit.listen(plain, house, room_id, latency="plain")
        await visit.listen(low, house, room_id, latency="low")
        for page in (plain, low):
            await record(page, "programme")
        yield Evening(house, room_id, speaker, plain, low, host)


async def test_one_room_on_air(evening: Evening) -> None:
    await asyncio.sleep(DELAY_S + 9)  # let the evening go on; nothing is waited for
    said = (await pull(evening.speaker, "microphone")).chirps()
    typical = {}
    for page in (evening.plain, evening.low):
        heard = (await pull(page, "programme")).chirps()
        late = lags(said, heard)
        typical[page] = lag(said, heard)
        aired = said_times(said, heard, typical[page])
        assert len(late) >= 8
        assert aired == sorted(aired)
        assert min(late) >= DELAY_S
        assert max(late) <= DELAY_S + LIVE_SLACK_S
    assert typical[evening.low] < typical[evening.plain]


@dataclass(frozen=True)
class Cut:
    """A stretch that must not air, by what the host saw: confirmed, and how long it lasts."""

    told_at: float
    until_at: float

    def holds(self, said_at: float) -> bool:
        return self.told_at - DELAY_S + 0.4 < said_at < self.until_at - 0.3


async def test_the_host_holds_releases_and_dumps(evening: Evening) -> None:
    host = evening.host
    await asyncio.sleep(2)
    await host.get_by_role("button", name="Hold from air").first.click()
    await expect(host.get_by_role("button", name="Release", exact=True)).to_be_visible()
    told_at = time.time()
    await asyncio.sleep(3)
    held = Cut(told_at, time.time())
    await host.get_by_role("button", name="Release", exact=True).click()
    await expect(host.get_by_role("button", name="Hold from air")).to_be_visible()
    released_at = time.time()
    await asyncio.sleep(DELAY_S + 3)
    asked_at = time.time()
    await host.get_by_role("button", name="Dump", exact=True).click()
    await expect(host.get_by_test_id("done")).to_contain_text("dump", ignore_case=True)
    dumped = Cut(time.time(), asked_at)
    await asyncio.sleep(DELAY_S + 6)
    await end_room(host)
    for who, times in (await everything_heard(evening)).items():
        cut = [at for at in times if held.holds(at) or dumped.holds(at)]
        between = [at for at in times if released_at + 0.2 < at < asked_at - DELAY_S]
        after = [at for at in times if at > dumped.told_at + 0.2]
        assert (who, cut) == (who, [])
        assert len(between) >= 3, who
        assert len(after) >= 3, who
    await the_replay_follows(evening.low)


async def the_replay_follows(page: Page) -> None:
    """A page that heard the room to its end has the whole of it to hear, by its length too."""
    programme = page.get_by_test_id("programme")
    await expect(programme).to_have_attribute("data-player", "off")
    await page.get_by_role("button", name="Listen", exact=True).click()
    await expect(programme).to_have_attribute("data-mode", "replay")
    length = page.get_by_role("slider", name="Moment of the room")
    await expect(length).to_have_attribute("max", re.compile(r"^[2-9]\d$"))


async def everything_heard(evening: Evening) -> dict[str, list[float]]:
    """Tell, for both listeners and the replay, when each chirp they got was said."""
    person = Person(evening.house.url)
    card = (await person.call("GET", f"/api/rooms/{evening.room_id}")).json()["room"]
    said = (await pull(evening.speaker, "microphone")).chirps()
    replay = await listener.chirps_said(person.http, card["replay_url"])
    await person.close()
    return {
        "plain": (await evening.aired(evening.plain))[1],
        "low": (await evening.aired(evening.low))[1],
        "replay": said_times(said, replay, lag(said, replay, most_s=3)),
    }


async def end_room(host: Page) -> None:
    """End the room as the host does: by holding the button."""
    button = host.get_by_role("button", name="End room")
    await button.hover()
    await host.mouse.down()
    await expect(host.locator("[data-room-state=ended]").first).to_be_visible(timeout=20_000)
    await host.mouse.up()
