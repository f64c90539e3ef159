"""Whoever is in a room reads that nobody listens for known recordings, until somebody does."""

import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from rig.chirps import render, sequence
from rig.house import Person, running_house
from rig.speaker import Speaker, encode
from tests.browser.screens import LOOKS, faults, page_of

_WAIT_MS = 60_000


@pytest.mark.timeout(240)
async def test_a_room_says_that_it_is_unwatched_until_it_is_watched_again(
    tmp_path: Path, chromium: Browser
) -> None:
    async with running_house(tmp_path / "var") as house:
        host = Person(house.url)
        await host.become_operator(house.operator_link)
        room_id = await host.open_room(delay_s=2)
        await house.until_counted("detectors")
        speaker = Speaker(encode(render(sequence(200))))
        await speaker.go_on_stage(host, room_id)
        url = f"{house.url}/rooms/{room_id}"
        pages = [await page_of(chromium, LOOKS[0], host), await page_of(chromium, LOOKS[3])]
        for page in pages:
            await page.goto(url)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
            await expect(page.get_by_test_id("unwatched")).to_have_count(0)
        house.part("detector").send_signal(signal.SIGSTOP)
        for page in pages:
            await expect(page.get_by_test_id("unwatched")).to_contain_text(
                "Olga", timeout=_WAIT_MS
            )
            assert await faults(page) == []
        house.part("detector").send_signal(signal.SIGCONT)
        for page in pages:
            await expect(page.get_by_test_id("unwatched")).to_have_count(0, timeout=_WAIT_MS)
        await speaker.vanish()
        await host.close()
