"""The safety team's screens in a real house: from a report to a case that is closed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from balai.audio.blocks import RATE_HZ
from rig.house import Person, RunningHouse
from rig.speaker import Speaker, encode
from tests.browser.screens import LOOKS, Look, faults, page_of, press, tab_to

PLAIN: Final = Look("light", "en")
FACTS: Final = "You called a group of people vermin."
_WAIT_MS: Final = 20_000
_LASTS: Final = """audio => new Promise((told, failed) => {
  const was = audio.paused;
  audio.onloadedmetadata = () => told([was, audio.duration]);
  audio.onerror = failed;
  audio.preload = "metadata";
  audio.load();
})"""


@dataclass
class Matter:
    """Ada speaks in her room and was reported; Rita and Rolf are reviewers."""

    url: str
    ada: Person
    rita: Person
    rolf: Person
    listener: Person
    room_id: str
    seat_id: str

    async def report(self, text: str, **more: object) -> None:
        """Report Ada, without an account."""
        told = {"subject": "person", "seat_id": self.seat_id, "concern": "hate", "text": text}
        await self.listener.call(
            "POST", f"/api/rooms/{self.room_id}/reports", **{**told, **more}
        )


@pytest.fixture
async def matter(house: RunningHouse, operator: Person) -> AsyncIterator[Matter]:
    people = {}
    for handle in ("ada", "rita", "rolf"):
        people[handle] = Person(house.url)
        await people[handle].join(await operator.invite(), handle)
    for handle in ("rita", "rolf"):
        await operator.call("POST", "/api/reviewers", handle=handle, languages=[])
    ada = people["ada"]
    room = await ada.open_room(title="Rice")
    t = np.arange(RATE_HZ) / RATE_HZ
    speaker = Speaker(encode((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)))
    await speaker.go_on_stage(ada, room)
    seat = (await ada.call("GET", f"/api/rooms/{room}")).json()["me"]["seat_id"]
    listener = Person(house.url)
    made = Matter(house.url, ada, people["rita"], people["rolf"], listener, room, seat)
    await made.report("She called them vermin")
    yield made
    await speaker.vanish()
    for person in (*people.values(), listener):
        await person.close()


async def at_queue(chromium: Browser, person: Person, look: Look = PLAIN) -> Page:
    page = await page_of(chromium, look, person)
    await page.goto(f"{person.http.base_url}/cases")
    await page.get_by_test_id("queue").wait_for(timeout=_WAIT_MS)
    return page


@pytest.mark.timeout(180)
async def test_a_reviewer_takes_reads_and_decides_with_the_keyboard(
    matter: Matter, chromium: Browser
) -> None:
    page = await at_queue(chromium, matter.rita)
    await expect(page.locator("[data-job]")).to_contain_text("Hate")
    assert await faults(page) == []
    await press(page, page.get_by_role("button", name="Take the next"))
    case = page.locator("[data-case]")
    await expect(case).to_have_attribute("data-state", "open", timeout=_WAIT_MS)
    await press(page, page.get_by_role("link", name="Cases", exact=True))
    await press(page, page.get_by_role("button", name="Give it back"))  # and takes it again
    await expect(page.get_by_role("button", name="Give it back")).to_have_count(0)
    await press(page, page.get_by_role("button", name="Take the next"))
    await expect(case).to_have_attribute("data-state", "open", timeout=_WAIT_MS)
    await expect(page.locator("[data-moment=report]")).to_contain_text("called them vermin")
    await expect(page.locator("audio")).to_have_count(0)
    await found(page)
    assert await faults(page) == []
    await press(page, page.get_by_role("button", name="Decide"))
    await expect(case).to_have_attribute("data-state", "closed", timeout=_WAIT_MS)
    await expect(page.locator("[data-effect=timed_mute]")).to_contain_text("seen to be done")
    assert await faults(page) == []
    (told,) = (await matter.ada.call("GET", "/api/me/statements")).json()
    assert (told["told"]["measure"]["kind"], told["told"]["facts"]) == ("mute", FACTS)
    view = (await matter.ada.call("GET", f"/api/rooms/{told['room_id']}")).json()
    taken = [(one["kind"], one["by_role"]) for one in view["me"]["restrictions"]]
    assert taken == [("mute", "safety")]


@pytest.mark.timeout(180)
async def test_what_joins_a_case_while_it_is_read_is_shown_before_it_is_decided(
    matter: Matter, chromium: Browser
) -> None:
    page = await at_queue(chromium, matter.rita)
    await press(page, page.get_by_role("button", name="Take the next"))
    await expect(page.locator("[data-moment=report]")).to_have_count(1, timeout=_WAIT_MS)
    await found(page)
    await matter.report("And she named my street")
    await press(page, page.get_by_role("button", name="Decide"))
    fresh = page.locator("[data-moment=report]").filter(has_text="my street")
    await expect(fresh).to_contain_text("New", timeout=_WAIT_MS)
    await expect(page.locator("[data-case]")).to_have_attribute("data-state", "open")
    await expect(page.get_by_label("What happened?")).to_have_value(FACTS)
    assert await faults(page) == []
    await press(page, page.get_by_role("button", name="Show what they would read"))
    await press(page, page.get_by_role("button", name="Decide"))
    await expect(page.locator("[data-case]")).to_have_attribute(
        "data-state", "closed", timeout=_WAIT_MS
    )


@pytest.mark.timeout(180)
async def test_a_reviewer_says_what_for_and_hears_one_voice_of_one_piece(
    matter: Matter, chromium: Browser
) -> None:
    await asyncio.sleep(8)  # what is reported has to be said first
    for first, last in ((1, 4), (2, 6)):
        span = {"from_position": first * RATE_HZ, "to_position": last * RATE_HZ}
        await matter.report("Just now", subject="moment", concern="threat", **span)
    page = await at_queue(chromium, matter.rita)
    await press(page, page.get_by_role("button", name="Take the next"))
    sound = page.get_by_test_id("sound")
    await press(page, sound.get_by_role("button", name="Hear it"))
    await expect(page.get_by_label("Which piece?")).to_be_focused()
    await expect(page.get_by_label("Which piece?").locator("option")).to_have_count(2)
    await expect(page.locator("audio")).to_have_count(0)
    assert await faults(page) == []
    await tab_to(page, page.get_by_label("What do you need to hear it for?"))
    await page.keyboard.type("The words are unclear")
    await page.keyboard.press("Enter")
    await expect(sound.locator("audio")).to_be_focused(timeout=_WAIT_MS)
    await expect(sound.locator("#sound-about")).to_contain_text("Ada")
    is_paused, lasts_s = await sound.locator("audio").evaluate(_LASTS)
    assert is_paused  # it never starts by itself
    assert 2 < lasts_s < 7


async def found(page: Page) -> None:
    """Fill the form: a broken rule, its clause, the facts, a mute of fifteen minutes."""
    await tab_to(page, page.get_by_role("radio", name="No rule is broken"))
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("radio", name="A rule is broken")).to_be_checked()
    await tab_to(page, page.get_by_label("Which rule?"))
    await page.get_by_label("Which rule?").select_option("abuse-origin")
    await tab_to(page, page.get_by_label("What happened?"))
    await page.keyboard.type(FACTS)
    await press(page, page.get_by_role("radio", name="A word to them"), "Space")
    await page.keyboard.press("ArrowDown")
    await page.get_by_label("For how long").select_option("15 min")
    await expect(page.get_by_role("button", name="Decide")).to_have_count(0)
    await press(page, page.get_by_role("button", name="Show what they would read"))
    await expect(page.get_by_test_id("preview")).to_contain_text(FACTS, timeout=_WAIT_MS)


@pytest.mark.timeout(180)
async def test_an_appeal_is_answered_by_somebody_who_says_first_what_they_think(
    matter: Matter, chromium: Browser
) -> None:
    job = (await matter.rita.call("POST", "/api/jobs/claim")).json()
    case = (await matter.rita.call("GET", f"/api/cases/{job['case_id']}")).json()
    await matter.rita.call(
        "POST", f"/api/jobs/{job['id']}/decide", revision=case["revision"],
        outcome="violation", clause="abuse-origin", facts=FACTS,
        effects=[{"measure": "timed_mute", "seconds": 900}],
    )  # fmt: skip
    (told,) = (await matter.ada.call("GET", "/api/me/statements")).json()
    await matter.ada.call("POST", f"/api/statements/{told['id']}/appeal", text="A quotation.")
    page = await at_queue(chromium, matter.rolf)
    await page.get_by_role("button", name="Take the next").click()
    await expect(page.locator("[data-appeal]")).to_contain_text("A quotation.")
    await expect(page.locator("[data-case]")).not_to_contain_text(FACTS)
    await page.get_by_role("button", name="No rule is broken").click()
    await expect(page.locator("[data-moment=decision]")).to_contain_text(FACTS)
    await page.get_by_role("radio", name="It was wrong").check()
    await page.get_by_role("textbox", name="Your answer").fill("It was a quotation.")
    await page.get_by_role("radio", name="No rule is broken").check()
    await page.get_by_label("What happened?").fill("She quoted a poem.")
    assert await faults(page) == []
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.locator("[data-effect=timed_mute]")).to_have_attribute(
        "data-state", "undone", timeout=_WAIT_MS
    )
    (told,) = (await matter.ada.call("GET", "/api/me/statements")).json()
    assert told["withdrawn_why"] == "It was a quotation."


@pytest.mark.timeout(180)
async def test_the_screens_are_read_by_everybody_and_shown_to_the_team_only(
    matter: Matter, chromium: Browser
) -> None:
    job = (await matter.rita.call("POST", "/api/jobs/claim")).json()
    for look in LOOKS:
        page = await at_queue(chromium, matter.rita, look)
        assert await faults(page) == []
        await page.goto(f"{matter.url}/cases/{job['case_id']}")
        await page.locator("[data-question=first]").wait_for(timeout=_WAIT_MS)
        assert await faults(page) == []
        await page.context.close()
    page = await page_of(chromium, PLAIN, matter.ada)
    await page.goto(f"{matter.url}/cases/{job['case_id']}")
    await expect(page.locator("main")).to_contain_text("Only the safety team")
    await expect(page.locator("[data-case]")).to_have_count(0)


@pytest.mark.timeout(180)
async def test_figures_and_the_team_are_read_by_everybody_who_leads(
    matter: Matter, operator: Person, chromium: Browser
) -> None:
    job = (await matter.rita.call("POST", "/api/jobs/claim")).json()
    case = (await matter.rita.call("GET", f"/api/cases/{job['case_id']}")).json()
    await matter.rita.call(
        "POST", f"/api/jobs/{job['id']}/decide", revision=case["revision"],
        outcome="violation", clause="abuse-origin", facts=FACTS,
        effects=[{"measure": "nudge"}],
    )  # fmt: skip
    for look in LOOKS:
        page = await page_of(chromium, look, operator)
        await page.goto(f"{matter.url}/cases/quality")
        await page.get_by_test_id("golden").wait_for(timeout=_WAIT_MS)
        await expect(page.locator("[data-plot]")).to_have_count(9)
        assert await faults(page) == []
        await page.goto(f"{matter.url}/cases/team")
        await page.locator("[data-reviewer=rita] [data-spent=false]").wait_for(timeout=_WAIT_MS)
        assert await faults(page) == []
        await page.context.close()


@pytest.mark.timeout(180)
async def test_who_leads_says_with_the_keyboard_what_somebody_is_trained_for(
    matter: Matter, operator: Person, chromium: Browser
) -> None:
    page = await page_of(chromium, PLAIN, operator)
    await page.goto(f"{matter.url}/cases/team")
    rita = page.locator("[data-reviewer=rita]")
    await press(page, rita.locator("summary"))
    await press(page, rita.get_by_role("checkbox", name="Terrorism"), "Space")
    assert await faults(page) == []
    await press(page, rita.get_by_role("button", name="Save", exact=True))
    await expect(rita.locator("[data-skills=terror]")).to_be_visible()
    await expect(rita.get_by_role("checkbox")).to_have_count(0)
    team = (await operator.call("GET", "/api/reviewers")).json()
    assert {one["handle"]: one["skills"] for one in team}["rita"] == ["terror"]


@pytest.mark.timeout(180)
async def test_a_reviewer_says_with_the_keyboard_what_they_will_not_hear(
    matter: Matter, chromium: Browser
) -> None:
    page = await at_queue(chromium, matter.rita)
    await expect(page.locator("[data-job]")).to_have_count(1)
    await press(page, page.get_by_test_id("myself").locator("summary"))
    await press(page, page.get_by_role("checkbox", name="Hate"), "Space")
    assert await faults(page) == []
    await press(page, page.get_by_role("button", name="Save", exact=True))
    await expect(page.locator("[data-job]")).to_have_count(0, timeout=_WAIT_MS)
    team = (await matter.rita.call("GET", "/api/reviewers")).json()
    assert [one["refuses"] for one in team if one["handle"] == "rita"] == [["hate"]]
