"""The stage page when the world is unkind: reloaded, or cut off from the network."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.async_api import Page, expect

from rig import visit
from rig.browser import browser, new_page, pull, record
from rig.chirps import render, sequence, write_wav
from rig.house import RunningHouse

WAIT_MS = 30_000
LOST_S = 8  # longer than a browser calls a gap; the house waits for 12, slow machine or not


@dataclass
class OnStage:
    """Ada on stage with a chirping microphone; the host is on stage too and hears her."""

    room_id: str
    ada: Page
    host: Page


@pytest.fixture
async def scene(house: RunningHouse, tmp_path: Path) -> AsyncIterator[OnStage]:
    chirps = write_wav(tmp_path / "chirps.wav", render(sequence(120, seed=7)))
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(chirps))
        others = await stack.enter_async_context(browser())
        host, ada = await new_page(others), await new_page(speaking)
        await visit.become_operator(host, house)
        room_id = await visit.create_room(host, house, "An evening", delay_s=0)
        await visit.join(ada, await visit.invitation(host), "ada")
        await visit.invite_to_stage(host, room_id, "ada")
        await visit.go_on_stage(host, house, room_id)
        await visit.go_on_stage(ada, house, room_id)
        yield OnStage(room_id, ada, host)


async def chirps_heard(page: Page) -> int:
    """Count what a page hears of the stage in three seconds from now."""
    await record(page, "stage")
    await asyncio.sleep(3)
    return len((await pull(page, "stage")).chirps())


async def test_a_reloaded_page_keeps_its_seat_and_its_shut_microphone(scene: OnStage) -> None:
    await scene.ada.get_by_role("button", name="Mute").click()
    await expect(scene.ada.locator("[data-mic=muted]")).to_be_visible()
    await scene.ada.reload()
    bar = scene.ada.locator("[data-link=connected][data-seat-state=on_stage]")
    await expect(bar).to_be_visible(timeout=WAIT_MS)
    await expect(scene.ada.locator("[data-mic=muted]")).to_be_visible()
    assert await chirps_heard(scene.host) == 0
    await scene.ada.get_by_role("button", name="Mute").click()
    await expect(scene.ada.locator("[data-mic=open]")).to_be_visible()
    assert await chirps_heard(scene.host) >= 3


async def test_a_page_that_lost_the_network_comes_back_by_itself(scene: OnStage) -> None:
    async with no_network(scene.ada):
        lost_at = time.monotonic()
        lost = scene.host.locator("[data-tools-for]").filter(has_text="Ada")
        await expect(lost).to_contain_text("reconnecting", ignore_case=True, timeout=WAIT_MS)
        await asyncio.sleep(max(0.0, lost_at + LOST_S - time.monotonic()))
    bar = scene.ada.locator("[data-link=connected][data-seat-state=on_stage]")
    await expect(bar).to_be_visible(timeout=WAIT_MS)
    assert await chirps_heard(scene.host) >= 3


@contextlib.asynccontextmanager
async def no_network(page: Page) -> AsyncIterator[None]:
    """Stop the browser's process that owns its UDP sockets (and its HTTP) for a while."""
    assert page.context.browser is not None
    devtools = await page.context.browser.new_browser_cdp_session()
    running = (await devtools.send("SystemInfo.getProcessInfo"))["processInfo"]
    processes = [psutil.Process(one["id"]) for one in running]
    network = [one for one in processes if one.net_connections(kind="udp")]
    assert network
    for process in network:
        process.suspend()
    try:
        yield
    finally:
        for process in network:
            process.resume()
