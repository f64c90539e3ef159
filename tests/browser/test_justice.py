"""One matter from end to end in real browsers: report, hold, decision, reasons, appeal."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from rig import visit
from rig.browser import browser
from rig.chirps import Heard, render, sequence, write_wav
from rig.house import Person, RunningHouse
from rig.listener import chirps_said
from tests.browser.screens import Look, faults, page_of

PLAIN: Final = Look("light", "en")
DELAY_S: Final = 4
FACTS: Final = "You called a group of people vermin."
WAIT_MS: Final = 30_000


@dataclass
class Evening:
    """Ada speaks in Olga's room; Putri is at the desk, Rita and Rolf are reviewers."""

    house: RunningHouse
    room_id: str
    ada_page: Page
    browser: Browser
    people: dict[str, Person]

    @property
    def url(self) -> str:
        return f"{self.house.url}/rooms/{self.room_id}"

    def published(self) -> dict[str, str]:
        """Give every file that the hall can serve of this house, as a hash."""
        files = sorted((self.house.data / "air").glob("*/*"))
        return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    async def heard(self) -> list[Heard]:
        """Give the chirps of the replay."""
        olga = self.people["olga"]
        card = (await olga.call("GET", f"/api/rooms/{self.room_id}")).json()["room"]
        return await chirps_said(olga.http, card["replay_url"])

    async def page(self, handle: str | None = None) -> Page:
        return await page_of(self.browser, PLAIN, self.people[handle] if handle else None)


@pytest.fixture
async def evening(
    house: RunningHouse, operator: Person, tmp_path: Path
) -> AsyncIterator[Evening]:
    people = {"olga": operator}
    for handle in ("ada", "putri", "rita", "rolf"):
        people[handle] = Person(house.url)
        await people[handle].join(await operator.invite(), handle)
    await operator.call("POST", "/api/people/putri/operator")
    for handle in ("rita", "rolf"):
        await operator.call("POST", "/api/reviewers", handle=handle, languages=[])
    chirps = write_wav(tmp_path / "chirps.wav", render(sequence(240, seed=11)))
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(chirps))
        others = await stack.enter_async_context(browser())
        room_id = await operator.open_room(title="The price of rice", delay_s=DELAY_S)
        await operator.call("POST", f"/api/rooms/{room_id}/stage-invitations", handle="ada")
        ada_page = await page_of(speaking, PLAIN, people["ada"])
        await visit.go_on_stage(ada_page, house, room_id)
        yield Evening(house, room_id, ada_page, others, people)
        for person in people.values():
            if person is not operator:
                await person.close()


@pytest.mark.timeout(600)
async def test_from_a_report_to_a_decision_that_is_overturned(evening: Evening) -> None:
    receipt = await a_listener_reports(evening, "Ada")
    await the_desk_holds(evening)
    await a_reviewer_decides(evening)
    await ada_reads_the_reasons_and_appeals(evening)
    await another_reviewer_overturns(evening)
    await the_seat_is_back(evening)
    told = (await evening.people["olga"].call("GET", f"/api/reports/{receipt}")).json()
    assert told["state"] == "decided"
    await olga_ends_the_room(evening)
    whole, heard = evening.published(), await evening.heard()
    assert len(heard) >= 4
    await a_listener_reports(evening, "I am not sure")
    await words_are_taken_out_of_the_replay(evening)
    abridged = evening.published()
    assert abridged.keys() != whole.keys()
    assert {name: whole[name] for name in whole.keys() & abridged.keys() if segment(name)} == {
        name: abridged[name] for name in whole.keys() & abridged.keys() if segment(name)
    }
    assert len(await evening.heard()) < len(heard) - 2
    await ada_reads_the_reasons_and_appeals(evening)
    await another_reviewer_overturns(evening, "out_of_replay")
    assert evening.published() == whole
    assert await evening.heard() == heard


def segment(name: str) -> bool:
    return name.endswith(".m4s")


async def a_listener_reports(evening: Evening, whom: str) -> str:
    """Without an account, live or from the replay; give the receipt."""
    page = await evening.page()
    await page.goto(evening.url)
    await page.get_by_role("button", name="Listen", exact=True).click(timeout=WAIT_MS)
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    await asyncio.sleep(4)
    await page.get_by_test_id("report-button").click()
    sheet = page.get_by_test_id("report")
    await sheet.get_by_role("radio", name=whom).check()
    await sheet.get_by_role("radio", name="Hate").check()
    await sheet.get_by_role("button", name="Send report").click()
    receipt = page.get_by_test_id("receipt")
    await expect(receipt).to_be_visible(timeout=WAIT_MS)
    given = (await receipt.inner_text()).replace(" ", "")
    await page.context.close()
    return given


async def the_desk_holds(evening: Evening) -> None:
    page = await evening.page("putri")
    await page.goto(f"{evening.house.url}/desk")
    await page.locator("[data-rooms='1']").wait_for(timeout=WAIT_MS)
    await page.keyboard.press("1")
    voice = page.locator("[data-voice]")
    await expect(voice).to_be_visible(timeout=WAIT_MS)
    await page.keyboard.press("h")
    await expect(voice).to_contain_text("held from air", timeout=WAIT_MS)
    await page.context.close()


async def a_reviewer_decides(evening: Evening) -> None:
    page = await evening.page("rita")
    await page.goto(f"{evening.house.url}/cases")
    await page.get_by_role("button", name="Take the next").click(timeout=WAIT_MS)
    await page.get_by_role("radio", name="A rule is broken").check(timeout=WAIT_MS)
    await page.get_by_label("Which rule?").select_option("abuse-origin")
    await page.get_by_label("What happened?").fill(FACTS)
    await page.get_by_role("radio", name="Off the stage").check()
    await page.get_by_role("button", name="Show what they would read").click()
    await expect(page.get_by_test_id("preview")).to_contain_text(FACTS, timeout=WAIT_MS)
    await page.get_by_role("button", name="Decide").click()
    effect = page.locator("[data-effect=off_stage]")
    await expect(effect).to_contain_text("seen to be done", timeout=WAIT_MS)
    await expect(page.locator("[data-case]")).to_have_attribute("data-state", "closed")
    await page.context.close()


async def ada_reads_the_reasons_and_appeals(evening: Evening) -> None:
    page = evening.ada_page
    await page.goto(f"{evening.house.url}/safety")
    about = page.locator("[data-about]").filter(has_text=FACTS).first
    await expect(about).to_be_visible(timeout=WAIT_MS)
    await about.get_by_role("button", name="Appeal").click()
    await about.get_by_role("textbox").fill("I quoted a poem.")
    await about.get_by_role("button", name="Send appeal").click()
    await expect(about).to_contain_text("You appealed on")
    assert await faults(page) == []


async def olga_ends_the_room(evening: Evening) -> None:
    olga = evening.people["olga"]
    await olga.call("POST", f"/api/rooms/{evening.room_id}/end")
    await olga.until_state(evening.room_id, "ended")


async def words_are_taken_out_of_the_replay(evening: Evening) -> None:
    page = await evening.page("rita")
    await page.goto(f"{evening.house.url}/cases")
    await page.get_by_role("button", name="Take the next").click(timeout=WAIT_MS)
    await page.get_by_label("Whose voice was it?").select_option("Ada", timeout=WAIT_MS)
    await page.get_by_role("button", name="It was this voice").click()
    await page.get_by_role("radio", name="A rule is broken").check(timeout=WAIT_MS)
    await page.get_by_label("Which rule?").select_option("abuse-origin")
    await page.get_by_label("What happened?").fill(FACTS)
    await page.get_by_role("checkbox", name="Take this out of the replay").check()
    await page.get_by_role("radio", name="Only that").check()
    await page.get_by_role("button", name="Show what they would read").click()
    await expect(page.get_by_test_id("preview")).to_contain_text("replay", timeout=WAIT_MS)
    await page.get_by_role("button", name="Decide").click()
    effect = page.locator("[data-effect=out_of_replay]")
    await expect(effect).to_contain_text("seen to be done", timeout=WAIT_MS)
    await page.goto(evening.url)
    await expect(page.get_by_test_id("abridged")).to_be_visible(timeout=WAIT_MS)
    assert await faults(page) == []
    await page.context.close()


async def another_reviewer_overturns(evening: Evening, measure: str = "off_stage") -> None:
    offered = await evening.people["rita"].call("POST", "/api/jobs/claim")
    assert offered.json() is None, "who decided is not asked whether it was right"
    page = await evening.page("rolf")
    await page.goto(f"{evening.house.url}/cases")
    await page.get_by_role("button", name="Take the next").click(timeout=WAIT_MS)
    await page.get_by_role("button", name="No rule is broken").click(timeout=WAIT_MS)
    await page.get_by_role("radio", name="It was wrong").check()
    await page.get_by_role("textbox", name="Your answer").fill("It was a quotation.")
    await page.get_by_role("radio", name="No rule is broken").check()
    await page.get_by_label("What happened?").fill("She quoted a poem.")
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.locator(f"[data-effect={measure}]")).to_have_attribute(
        "data-state", "undone", timeout=WAIT_MS
    )
    await page.context.close()


async def the_seat_is_back(evening: Evening) -> None:
    """Ada is asked onto the stage again, goes, and is heard."""
    await visit.go_on_stage(evening.ada_page, evening.house, evening.room_id)
    await asyncio.sleep(DELAY_S + 6)
