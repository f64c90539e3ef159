"""A threat is heard: the host sees it held, reads the words on demand, and decides."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from balai.detect.speech.scripted import ScriptedRecognizer
from tests.browser.screens import LOOKS, faults, page_of
from tests.words_scene import LINES, SILENT, THREAT, Scene, begin, recogniser, words_scene

_WAIT_MS = 60_000


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with words_scene(tmp_path) as opened:
        yield opened


async def read_captions(page: Page) -> None:
    await page.get_by_role("button", name="Listen", exact=True).click()
    await page.locator(".listener[data-player=playing]").wait_for(timeout=_WAIT_MS)
    await page.keyboard.press("c")


@pytest.mark.timeout(240)
async def test_a_host_sees_a_threat_held_reads_it_on_demand_and_confirms(
    scene: Scene, chromium: Browser
) -> None:
    url = f"{scene.house.url}/rooms/{scene.room_id}"
    host = await page_of(chromium, LOOKS[0], scene.host)
    await host.goto(url)
    hall = await page_of(chromium, LOOKS[0])
    await hall.goto(url)
    with recogniser(scene.house, ScriptedRecognizer(LINES, hold_languages={"en"})):
        await begin(scene)
        await read_captions(hall)
        flags = host.get_by_test_id("flags")
        await expect(host.locator("article.held")).to_be_visible(timeout=_WAIT_MS)
        await expect(flags.get_by_text("Gus\u2019s words are against a rule")).to_be_visible()
        await expect(host.get_by_test_id("assertive")).to_contain_text("decision is needed")
        assert THREAT not in await host.inner_text("body")
        for look in LOOKS[:4]:
            other = await page_of(chromium, look, scene.host)
            await other.goto(url)
            await expect(other.locator("article.held")).to_be_visible(timeout=_WAIT_MS)
            assert await faults(other) == []
            await other.context.close()
        guest = await page_of(chromium, LOOKS[0], scene.guest)
        await guest.goto(url)
        await expect(guest.get_by_text("held your voice from air by itself")).to_be_visible()
        assert THREAT not in await guest.inner_text("body")
        await flags.get_by_role("button", name="Show what was said").click()
        await expect(flags.get_by_text(THREAT)).to_be_visible()
        await host.get_by_role("button", name="Confirm").click()
        await expect(flags.get_by_text("Olga confirmed")).to_be_visible(timeout=_WAIT_MS)
        heard = await scene.aired(*scene.at_s(1))
        assert np.abs(heard).max(initial=0) < SILENT
        captions = hall.get_by_test_id("captions")
        await expect(captions.locator(".phrase").first).to_be_visible(timeout=_WAIT_MS)
        assert THREAT not in await hall.inner_text("body")
    await expect(hall.get_by_test_id("flags")).to_have_count(0)
