"""What is said can be read: live beside the sound, without any sound, and in the replay."""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from balai.policy.pack import default_folder
from balai.policy.store import put
from rig.browser import browser
from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, Look, faults, page_of, press, tab_to
from tests.browser.talk import HEARD_MS, WAIT_MS, Talk, patient_house, talking

_TRIAL_MS = 90_000
_PLAIN = Look("light", "en")
_READER_BYTES_PER_S_MAX = 2_000
_LABELLED = Path(__file__).parents[2] / "benchmarks/rooms"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    async with patient_house(tmp_path / "var", BALAI_POLICY_LABELLED=str(_LABELLED)) as one:
        yield one


@pytest.fixture
async def talk(house: RunningHouse, tmp_path: Path) -> AsyncIterator[Talk]:
    async with talking(house, tmp_path) as one:
        yield one


async def first_phrase(page: Page) -> str:
    """Wait until a phrase is shown; give it."""
    phrase = page.locator("[data-testid=captions] .phrase").first
    await expect(phrase).to_be_visible(timeout=HEARD_MS)
    return (await phrase.inner_text()).strip()


@pytest.mark.timeout(240)
async def test_captions_are_read_beside_the_sound_and_end_when_the_host_says_so(
    talk: Talk,
) -> None:
    page = await page_of(talk.others, _PLAIN)
    await page.goto(talk.url)
    await page.get_by_role("button", name="Listen", exact=True).click()
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    await page.keyboard.press("c")
    pane = page.get_by_test_id("captions")
    assert re.search(r"\w", await first_phrase(page))
    assert await pane.locator(".name").first.inner_text() == "Olga"
    assert await pane.locator("[role=log]").get_attribute("aria-live") == "off"
    await pane.get_by_role("button", name="Let a screen reader say each phrase").click()
    assert await pane.locator("[role=log]").get_attribute("aria-live") == "polite"
    await pane.get_by_role("button", name="Large letters").click()
    await pane.get_by_role("button", name="Strong contrast").click()
    assert await faults(page) == []
    await page.reload()
    await expect(page.locator(".captions.large.strong")).to_be_visible()  # kept on this device
    await page.keyboard.press("c")
    await expect(pane).to_be_hidden()
    await page.keyboard.press("c")
    await talk.host.get_by_role("checkbox", name="Show captions").click()
    await expect(pane).to_have_attribute("data-captions", "off", timeout=WAIT_MS)
    await expect(pane).to_contain_text("The host has switched captions off.")


async def test_a_phrase_never_changes_once_it_is_shown(talk: Talk) -> None:
    page = await page_of(talk.others, Look("dark", "en", is_phone=True))
    await page.goto(f"{talk.url}?text=1")
    await first_phrase(page)
    seen: list[tuple[str, str]] = []
    for _ in range(8):
        now = await phrases_of(page)
        assert now[: len(seen)] == seen
        seen = now
        await asyncio.sleep(1)
    assert len(seen) >= 2


async def phrases_of(page: Page) -> list[tuple[str, str]]:
    """Read what is shown: each phrase's key and text, in the order of the page."""
    found = await page.locator("[data-phrase]").evaluate_all(
        "(all) => all.map((one) => [one.dataset.phrase, one.textContent])"
    )
    return [(str(key), str(text)) for key, text in found]


@pytest.mark.timeout(240)
async def test_a_reader_loads_no_sound_and_less_than_two_kilobytes_a_second(talk: Talk) -> None:
    page = await page_of(talk.others, _PLAIN)
    await page.goto(talk.url)
    await press(page, page.get_by_role("button", name="Read instead of listening"))
    await expect(page).to_have_url(re.compile(r"\?text=1$"))
    await first_phrase(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    log = await page.context.new_cdp_session(page)
    await log.send("Network.enable")
    bytes_of: Counter[str] = Counter()
    log.on("Network.dataReceived", lambda told: bytes_of.update(_size(told)))
    log.on("Network.loadingFinished", lambda told: bytes_of.update(_size(told) - bytes_of))
    seconds = 20
    await asyncio.sleep(seconds)
    assert [url for url in asked if url.endswith((".m4s", ".mp4", "live.m3u8"))] == [
        url for url in asked if url.endswith("captions-live.m3u8")
    ]
    assert len(asked) > 0
    assert sum(bytes_of.values()) / seconds < _READER_BYTES_PER_S_MAX
    for look in LOOKS:
        other = await page_of(talk.others, look)
        await other.goto(f"{talk.url}?text=1")
        await first_phrase(other)
        assert await faults(other) == []
        await other.context.close()
    await page.get_by_role("button", name="Listen instead").click()
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    await expect(page).to_have_url(re.compile(r"/rooms/[0-9a-z]+$"))


def _size(told: dict[str, Any]) -> Counter[str]:
    """Read how many bytes of which request have come; at its end that counts its head, too."""
    return Counter({str(told["requestId"]): int(told["encodedDataLength"])})


@pytest.mark.timeout(300)
async def test_a_transcript_is_searched_and_heard_from_any_phrase(talk: Talk) -> None:
    await talk.say(phrases=4)
    await talk.end()
    for look in LOOKS:
        page = await page_of(talk.others, look)
        await page.goto(talk.url)
        await page.locator("[data-testid=transcript] .phrase").first.wait_for(timeout=WAIT_MS)
        assert await faults(page) == []
        await page.context.close()
    page = await page_of(talk.others, _PLAIN)
    await page.goto(talk.url)
    phrases = page.locator("[data-testid=transcript] .phrase")
    await phrases.first.wait_for(timeout=WAIT_MS)
    count = await phrases.count()
    assert count >= 3
    await hear_from(page, count - 1)
    word = max(re.findall(r"\w+", await phrases.nth(1).inner_text()), key=len)
    await page.get_by_role("searchbox").fill(word.upper())
    marks = page.locator("[data-testid=transcript] mark")
    await expect(marks.first).to_be_visible()
    assert (await marks.first.inner_text()).lower() == word.lower()
    await expect(page.get_by_role("status").filter(has_text="of")).to_contain_text("1 of")
    follow = page.get_by_role("button", name="Follow the sound")
    await expect(follow).to_have_attribute("aria-pressed", "false")


async def hear_from(page: Page, index: int) -> None:
    """Reach a phrase with the keyboard alone, and hear the replay from there on."""
    phrase = page.locator(f"[data-index='{index}']")
    first = page.locator("[data-index='0']")
    await tab_to(page, first)
    for _ in range(index):
        await page.keyboard.press("ArrowDown")
    await expect(phrase).to_be_focused()
    await page.keyboard.press("Enter")
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    await expect(page.locator("[aria-current=true]").first).to_be_visible(timeout=WAIT_MS)
    at = await page.locator("[aria-current=true]").first.get_attribute("data-index")
    assert at is not None
    assert int(at) >= index
    await first.click()
    await expect(first).to_have_attribute("aria-current", "true", timeout=WAIT_MS)


async def test_everybody_reads_the_rules_and_an_operator_tries_them(
    house: RunningHouse, operator: Person
) -> None:
    async with browser() as chromium:
        for look in LOOKS:
            page = await page_of(chromium, look, operator)
            await page.goto(f"{house.url}/policy")
            await page.get_by_test_id("packs").locator("article").first.wait_for()
            await page.locator("summary").first.click()
            assert await faults(page) == []
            await page.context.close()
        guest = await page_of(chromium, _PLAIN)
        await guest.goto(house.url)
        await press(guest, guest.get_by_role("link", name="Rules"))
        title = guest.get_by_role("heading", name="What may not be said here")
        await expect(title).to_be_visible()
        await expect(guest.locator(".clause").first).to_contain_text("Threats")
        await expect(guest.get_by_test_id("packs")).to_have_count(0)


@pytest.mark.timeout(240)
async def test_two_operators_put_a_policy_in_force_and_one_goes_back(
    house: RunningHouse, operator: Person, tmp_path: Path
) -> None:
    pack_hash = put(house.data / "policy", another_pack(tmp_path / "pack"))
    ada = Person(house.url)
    await ada.join(await operator.invite(), "ada")
    await operator.call("POST", "/api/people/ada/operator")
    async with browser() as chromium:
        first = await page_of(chromium, _PLAIN, operator)
        await first.goto(f"{house.url}/policy")
        pack = first.locator(f"[data-pack='{pack_hash}']")
        await expect(pack).to_contain_text("Not tried yet")
        await pack.get_by_role("button", name="Try it").click()
        await expect(pack.get_by_test_id("trial")).to_be_visible(timeout=_TRIAL_MS)
        await pack.get_by_label("Why?").fill("Milder")
        await pack.get_by_role("button", name="Propose").click()
        await expect(pack).to_contain_text("It waits for another operator")
        assert await faults(first) == []
        second = await page_of(chromium, Look("dark", "en", is_phone=True), ada)
        await second.goto(f"{house.url}/policy")
        proposed = second.locator(f"[data-pack='{pack_hash}'][data-state=proposed]")
        await expect(proposed).to_contain_text("Proposed by Olga")
        await expect(proposed).to_contain_text("Milder")
        assert await faults(second) == []
        await hold(second, proposed.get_by_role("button", name="Put in force"))
        await expect(second.locator(f"[data-policy='{pack_hash}']")).to_be_visible()
        assert await faults(second) == []
        await hold(second, second.get_by_role("button", name="Go back to the one before"))
        await expect(second.locator(f"[data-policy='{pack_hash}']")).to_have_count(0)
        await expect(second.locator("[data-state=in_force]")).to_contain_text("1.0.0")
    await ada.close()


def another_pack(folder: Path) -> Path:
    """Make a pack that differs from the one that came with Balai by its version."""
    shutil.copytree(default_folder(), folder)
    heading = folder / "pack.yaml"
    text = heading.read_text(encoding="utf-8").replace("1.0.0", "1.0.1")
    heading.write_text(text, encoding="utf-8")
    return folder


async def hold(page: Page, button: Locator) -> None:
    """Hold a button down with the keyboard for as long as it wants."""
    await tab_to(page, button)
    await page.keyboard.down("Enter")
    await asyncio.sleep(2)
    await page.keyboard.up("Enter")


async def test_an_operator_appoints_another(house: RunningHouse, operator: Person) -> None:
    ada = Person(house.url)
    await ada.join(await operator.invite(), "ada")
    async with browser() as chromium:
        page = await page_of(chromium, _PLAIN, operator)
        await page.goto(f"{house.url}/settings")
        keys = page.get_by_test_id("operators")
        await keys.get_by_label("Handle").fill("ada")
        await hold(page, keys.get_by_role("button", name="Make operator"))
        await expect(page.get_by_text("ada is an operator now.")).to_be_visible()
    me = (await ada.call("GET", "/api/me")).json()
    await ada.close()
    assert me["person"]["is_operator"] is True
