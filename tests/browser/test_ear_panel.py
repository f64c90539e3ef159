"""The demonstration's operator lets the jingle be played, sees the flag, and decides."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from rig.house import Person, RunningHouse, running_house
from tests.browser.screens import LOOKS, faults, page_of, tab_to

_WAIT_MS = 60_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    async with running_house(tmp_path / "var", "--demo") as running:
        yield running


async def _room_of(operator: Person) -> str:
    while not (rooms := (await operator.call("GET", "/api/rooms?state=live")).json()):
        await asyncio.sleep(0.3)  # as a newcomer does: nobody tells of a house's first room
    return str(rooms[0]["id"])


async def _flagged(page: Page) -> None:
    await expect(page.locator("article.held")).to_be_visible(timeout=_WAIT_MS)


@pytest.mark.timeout(240)
async def test_an_operator_lets_the_jingle_be_played_and_decides_by_keyboard(
    house: RunningHouse, chromium: Browser
) -> None:
    operator = Person(house.url)
    await operator.become_operator(house.operator_link)
    room_id = await _room_of(operator)
    url = f"{house.url}/rooms/{room_id}"
    page = await page_of(chromium, LOOKS[0], operator)
    await page.goto(url)
    play = page.get_by_role("button", name="Let the guest play the jingle")
    await tab_to(page, play)
    await page.keyboard.press("Enter")
    await _flagged(page)
    flags = page.get_by_test_id("flags")
    await expect(flags.get_by_text("The demonstration's jingle")).to_be_visible()
    await expect(flags.get_by_text("is held from air. The hall hears nothing")).to_be_visible()
    await expect(page.get_by_test_id("assertive")).to_contain_text("Your decision is needed")
    for look in LOOKS:
        other = await page_of(chromium, look, operator)
        await other.goto(url)
        await _flagged(other)
        assert await faults(other) == []
        await other.context.close()
    confirm = page.get_by_role("button", name="Confirm")
    await tab_to(page, confirm)
    await page.keyboard.press("Enter")
    await expect(flags.get_by_text("Olga confirmed")).to_be_visible(timeout=_WAIT_MS)
    again = page.get_by_role("button", name="be heard again")
    await tab_to(page, again)
    await page.keyboard.press("Enter")
    await expect(again).to_be_hidden(timeout=_WAIT_MS)
    stranger = await page_of(chromium, LOOKS[0])
    await stranger.goto(url)
    await expect(stranger.get_by_role("heading", level=1)).to_be_visible()
    await expect(stranger.get_by_test_id("flags")).to_have_count(0)
    await operator.close()
