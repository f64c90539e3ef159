"""Every screen can be read and used by everybody: axe finds nothing, a keyboard suffices."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, Look, faults, page_of, press, tab_to

PLAIN = Look("light", "en")
WAIT_MS = 20_000


@dataclass
class Evening:
    """A house with a room on air, its host, and somebody who was removed from it."""

    room: str
    draft: str
    invitation: str
    host: Person
    removed: Person


@pytest.fixture
async def evening(house: RunningHouse, operator: Person) -> AsyncIterator[Evening]:
    room, draft = [await new_room(operator, title) for title in ("Rice", "Later")]
    await operator.call("POST", f"/api/rooms/{room}/open")
    await operator.until_live(room)  # the hallway lists what can be heard
    removed = Person(house.url)
    await removed.join(await operator.invite(), "ada")
    await operator.call("POST", f"/api/rooms/{room}/stage-invitations", handle="ada")
    view = (await operator.call("GET", f"/api/rooms/{room}")).json()
    seat = next(seat["id"] for seat in view["seats"] if seat["name"] == "Ada")
    await operator.call(
        "POST", f"/api/rooms/{room}/effects/remove", seat_id=seat, reason="Insults", ban_s=3600
    )
    yield Evening(room, draft, await operator.invite(), operator, removed)
    await removed.close()


async def new_room(host: Person, title: str) -> str:
    made = await host.call(
        "POST", "/api/rooms", title=title, language="en", openness="open", delay_s=2,
        description="A plate and its price.", recording=True,
    )  # fmt: skip
    return str(made.json()["room"]["id"])


@pytest.mark.timeout(300)  # 90 pages
async def test_axe_finds_nothing_on_any_screen(
    house: RunningHouse, evening: Evening, chromium: Browser
) -> None:
    host, removed = evening.host, evening.removed
    room = f"/rooms/{evening.room}"
    screens: list[tuple[str, Person | None, str]] = [
        ("/", None, "h3"),
        ("/", host, "h3"),
        (room, None, ".listen"),
        (room, removed, "[data-restriction=remove]"),
        (room, host, "[data-testid=people]"),
        (f"/rooms/{evening.draft}", host, "[data-testid=host-panel] .primary"),
        (f"{room}/green-room", host, "select"),
        ("/rooms/new", host, "#delay"),
        ("/settings", None, "h2"),
        ("/safety", None, "h2"),
        ("/safety", removed, "[data-about]"),
        ("/settings", host, "[aria-labelledby=sessions-title] li"),
        (f"/join/{evening.invitation}", None, "form"),
        ("/operator/used", None, "form"),
        ("/nowhere", None, "main h1"),
    ]
    found = []
    for look in LOOKS:
        for person in (None, host, removed):
            page = await page_of(chromium, look, person)
            for path, _, ready in (screen for screen in screens if screen[1] is person):
                await page.goto(house.url + path)
                await page.locator(ready).first.wait_for()
                found += [(look, path, fault) for fault in await faults(page)]
            await page.context.close()
    assert found == []


async def test_axe_finds_nothing_while_it_plays_and_in_open_drawers(
    house: RunningHouse, evening: Evening, chromium: Browser
) -> None:
    for look in (PLAIN, Look("dark", "en", is_phone=True)):
        page = await page_of(chromium, look)
        await page.goto(f"{house.url}/rooms/{evening.room}")
        await page.get_by_role("button", name="Listen", exact=True).click()
        await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
        playing = await faults(page)
        await page.keyboard.press("?")
        helping = await faults(page)
        await page.context.close()
        removed = await page_of(chromium, look, evening.removed)
        await removed.goto(f"{house.url}/rooms/{evening.room}")
        await removed.get_by_role("button", name="Contest and say why").click()
        contesting = await faults(removed)
        await removed.context.close()
        assert (playing, helping, contesting) == ([], [], [])


async def test_a_newcomer_opens_speaks_dumps_and_ends_with_the_keyboard(
    house: RunningHouse, chromium: Browser
) -> None:
    page = await page_of(chromium, PLAIN)
    await page.goto(house.operator_link)
    await tab_to(page, page.get_by_label("Display name"))
    await page.keyboard.type("Rani")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{house.url}/")
    await press(page, page.get_by_role("link", name="New room").first)
    await tab_to(page, page.locator("textarea").first)
    await page.keyboard.type("The price of rice")
    await press(page, page.get_by_role("button", name="Open now"))
    await page.wait_for_url("**/green-room")  # the screen before has a box of its own
    await press(page, page.get_by_role("checkbox"), "Space")
    await press(page, page.get_by_role("button", name="Take my place on stage"))
    mic = page.locator("[data-mic]")
    await expect(mic).to_have_attribute("data-mic", "open", timeout=WAIT_MS)
    assert await faults(page) == []
    await switch_the_microphone(page)
    await page.keyboard.press("d")
    await page.keyboard.press("d")
    await expect(page.locator("[data-effect=dump]")).to_be_visible()
    await tab_to(page, page.get_by_role("button", name="End room"))
    await page.keyboard.down("Enter")
    await page.locator("[data-room-state=ended]").first.wait_for(timeout=WAIT_MS)
    await page.keyboard.up("Enter")


async def switch_the_microphone(page: Page) -> None:
    """M switches it; Space opens it for as long as it is held."""
    mic = page.locator("[data-mic]")
    await page.locator("#main").focus()
    await page.keyboard.press("m")
    await expect(mic).to_have_attribute("data-mic", "muted")
    await page.keyboard.down(" ")
    await expect(mic).to_have_attribute("data-mic", "open")
    await page.keyboard.up(" ")
    await expect(mic).to_have_attribute("data-mic", "muted")


async def test_a_listener_listens_and_raises_a_hand_with_the_keyboard(
    house: RunningHouse, evening: Evening, operator: Person, chromium: Browser
) -> None:
    guest = Person(house.url)
    await guest.join(evening.invitation, "budi")
    page = await page_of(chromium, PLAIN, guest)
    await guest.close()
    await page.goto(house.url)
    await press(page, page.get_by_role("link", name="Rice"))
    programme = page.get_by_test_id("programme")
    await expect(programme).to_have_attribute("data-player", "playing", timeout=WAIT_MS)
    await page.keyboard.press("k")
    await expect(programme).to_have_attribute("data-player", "paused")
    await page.keyboard.press("k")
    await expect(programme).to_have_attribute("data-player", "playing", timeout=WAIT_MS)
    await page.keyboard.press("h")
    await expect(page.get_by_role("button", name="Lower hand")).to_be_visible()
    hands = (await operator.call("GET", f"/api/rooms/{evening.room}")).json()["hands"]
    assert [(hand["name"], hand["state"]) for hand in hands] == [("Budi", "raised")]
    await press(page, page.get_by_role("button", name="Lower hand"))
    await expect(page.get_by_role("button", name="Raise hand")).to_be_visible()
    await press(page, page.get_by_role("link", name="Leave quietly"))
    await expect(page).to_have_url(f"{house.url}/")


async def test_keys_rest_while_somebody_types_and_when_turned_off(
    house: RunningHouse, evening: Evening, chromium: Browser
) -> None:
    page = await page_of(chromium, PLAIN, evening.host)
    await page.goto(f"{house.url}/rooms/new")
    await page.locator("textarea").first.fill("")
    await page.locator("textarea").first.press("?")
    assert await page.locator("dialog").count() == 0
    await page.locator("#main").focus()
    await page.keyboard.press("?")
    await expect(page.locator("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("dialog")).to_have_count(0)
    await page.goto(f"{house.url}/settings")
    await page.get_by_role("checkbox").uncheck()
    await page.locator("#main").focus()
    await page.keyboard.press("?")
    assert await page.locator("dialog").count() == 0


async def test_the_language_is_the_devices_until_somebody_chooses(
    house: RunningHouse, evening: Evening, chromium: Browser
) -> None:
    page = await page_of(chromium, Look("light", "id"))
    await page.goto(f"{house.url}/rooms/{evening.room}")
    await expect(page.get_by_role("button", name="Dengarkan")).to_be_visible()
    await page.goto(f"{house.url}/settings")
    await page.get_by_label("English").check()
    await page.goto(f"{house.url}/rooms/{evening.room}")
    await expect(page.get_by_role("button", name="Listen", exact=True)).to_be_visible()
    assert await page.locator("html").get_attribute("lang") == "en"
