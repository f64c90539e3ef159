"""The chat at three browsers: written, reported, taken out, contested; on, off and slow."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, Look, faults, page_of, press, tab_to

_PLAIN = Look("light", "en")
_PHONE = Look("dark", "en", is_phone=True)


@pytest.fixture
async def ada(house: RunningHouse, operator: Person) -> AsyncIterator[Person]:
    """Somebody with an account, in the hall."""
    person = Person(house.url)
    await person.join(await operator.invite(), "ada")
    yield person
    await person.close()


async def _room(operator: Person) -> str:
    """An operator's room on air, with its chat still off."""
    made = await operator.call("POST", "/api/rooms", title="The price of rice")
    room_id = str(made.json()["room"]["id"])
    await operator.call("POST", f"/api/rooms/{room_id}/open")
    async with asyncio.timeout(30):
        while True:
            room = (await operator.call("GET", f"/api/rooms/{room_id}")).json()["room"]
            if room["state"] == "live":
                return room_id
            await asyncio.sleep(0.1)


async def _opened(page: Page, house: RunningHouse, room_id: str) -> Page:
    await page.goto(f"{house.url}/rooms/{room_id}")
    await expect(page.locator("[data-room-state=live]")).to_be_visible()
    return page


@pytest.mark.timeout(240)
async def test_a_line_is_written_reported_taken_out_and_contested(
    house: RunningHouse, operator: Person, ada: Person, chromium: Browser
) -> None:
    room_id = await _room(operator)
    host = await _opened(await page_of(chromium, _PLAIN, operator), house, room_id)
    writer = await _opened(await page_of(chromium, _PHONE, ada), house, room_id)
    guest = await _opened(await page_of(chromium, _PHONE), house, room_id)
    await expect(writer.get_by_test_id("chat")).to_have_count(0)
    switch = host.get_by_test_id("chat-tool").get_by_role("checkbox")
    await tab_to(host, switch)
    await host.keyboard.press("Space")
    await expect(switch).to_be_checked()

    chat = writer.get_by_test_id("chat")
    await chat.get_by_role("textbox").fill("Rice is not dear enough")
    await writer.keyboard.press("Enter")
    line = guest.get_by_test_id("chat").locator("[data-line]")
    await expect(line).to_contain_text("Rice is not dear enough")
    await expect(guest.get_by_test_id("chat").get_by_role("textbox")).to_have_count(0)
    await expect(chat.get_by_role("textbox")).to_have_value("")
    for page in (host, writer, guest):
        assert await faults(page) == []

    await _reported(guest, operator)
    await _taken_out(host, writer, guest)
    await switch.click()  # it shows what is, once the room says so
    await expect(chat.get_by_role("textbox")).to_have_count(0)
    await expect(chat).to_contain_text("switched off")


async def _reported(guest: Page, operator: Person) -> None:
    line = guest.get_by_test_id("chat").locator("[data-line]")
    await press(guest, line.get_by_role("button", name="Report this line of Ada"))
    sheet = guest.get_by_test_id("report")
    await expect(sheet.get_by_test_id("reported-line")).to_contain_text("Rice is not dear")
    assert await faults(guest) == []
    await sheet.get_by_role("radio", name="Bullying").check()
    await sheet.get_by_role("button", name="Send report").click()
    receipt = (await guest.get_by_test_id("receipt").inner_text()).replace(" ", "")
    told = (await operator.call("GET", f"/api/reports/{receipt}")).json()
    assert told["subject"] == "line"
    await guest.keyboard.press("Escape")


async def _taken_out(host: Page, writer: Page, guest: Page) -> None:
    written = host.get_by_test_id("chat").locator("[data-line]")
    await press(host, written.get_by_role("button", name="Take out this line of Ada"))
    await press(host, written.get_by_role("button", name="Off topic"))
    for page in (host, writer, guest):
        shown = page.get_by_test_id("chat").locator("[data-line]")
        await expect(shown).to_have_attribute("data-taken", "host")
        await expect(shown).not_to_contain_text("Rice is not dear")
    told_her = writer.locator("[data-restriction=take_line]")
    await expect(told_her).to_contain_text("took a line of yours out of the chat: Off topic")
    assert await faults(writer) == []
    await told_her.get_by_role("button", name="Contest", exact=True).click()
    await expect(told_her).to_contain_text("contested")


@pytest.mark.timeout(240)
async def test_it_is_whole_in_every_look_and_holds_what_does_not_fit(
    house: RunningHouse, operator: Person, ada: Person, chromium: Browser
) -> None:
    room_id = await _room(operator)
    await operator.call("PATCH", f"/api/rooms/{room_id}", chat=True)
    await operator.call("POST", f"/api/rooms/{room_id}/chat", text="Good evening")
    await ada.call("POST", f"/api/rooms/{room_id}/chat", text="م" * 150 + "w" * 150)
    await operator.call("PATCH", f"/api/rooms/{room_id}", slow_s=60)
    for look in LOOKS:
        page = await _opened(await page_of(chromium, look, ada), house, room_id)
        chat = page.get_by_test_id("chat")
        await expect(chat.locator("[data-line]")).to_have_count(2)
        assert await faults(page) == []
        wide = "document.scrollingElement.scrollWidth > innerWidth"
        assert not await page.evaluate(wide)
        await chat.get_by_role("textbox").fill("Once more")
        await page.keyboard.press("Enter")
        await expect(chat.get_by_role("alert")).to_be_visible()  # the room is slow
        await expect(chat.get_by_role("textbox")).to_have_value("Once more")
        await page.context.close()


@pytest.mark.timeout(240)
async def test_a_reviewer_takes_a_reported_line_out_and_nothing_else(
    house: RunningHouse, operator: Person, ada: Person, chromium: Browser
) -> None:
    rita = Person(house.url)
    await rita.join(await operator.invite(), "rita")
    await operator.call("POST", "/api/reviewers", handle="rita", languages=[])
    room_id = await _room(operator)
    await operator.call("PATCH", f"/api/rooms/{room_id}", chat=True)
    await operator.call("POST", f"/api/rooms/{room_id}/chat", text="Good evening")
    written = await ada.call("POST", f"/api/rooms/{room_id}/chat", text="They are vermin")
    report = {"subject": "line", "line_id": written.json()["id"], "concern": "hate"}
    await operator.call("POST", f"/api/rooms/{room_id}/reports", **report)
    guest = await _opened(await page_of(chromium, _PHONE), house, room_id)
    page = await page_of(chromium, _PLAIN, rita)
    await page.goto(f"{house.url}/cases")
    await press(page, page.get_by_role("button", name="Take the next"))
    line = page.locator("[data-moment=chat][data-stretch=true]")
    await expect(line).to_contain_text("They are vermin")
    await press(page, page.get_by_role("radio", name="No rule is broken"), key="Space")
    await page.keyboard.press("ArrowDown")
    await page.get_by_label("Which rule?").select_option(index=1)
    await page.get_by_label("What happened?").fill("You called a people vermin.")
    await press(page, page.get_by_test_id("take-line"), key="Space")
    await page.get_by_role("radio", name="Only that").check()
    assert await faults(page) == []
    await press(page, page.get_by_role("button", name="Show what they would read"))
    await expect(page.get_by_test_id("preview")).to_contain_text("A line of yours was taken")
    await press(page, page.get_by_role("button", name="Decide"))
    await expect(page.locator("[data-case]")).to_have_attribute("data-state", "closed")
    await expect(page.locator("[data-effect=take_line]")).to_contain_text("Out of the chat")
    shown = guest.locator(f"[data-line='{report['line_id']}']")
    await expect(shown).to_have_attribute("data-taken", "safety")
    await expect(shown).not_to_contain_text("vermin")
    assert await faults(guest) == []
    await rita.close()
