"""From the Report button to a receipt; from what was done to somebody to what they can do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from rig import visit
from rig.browser import browser
from rig.chirps import render, sequence, write_wav
from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, Look, faults, page_of, press, tab_to

DELAY_S = 2
RATE_HZ = 48_000
_PLAIN = Look("light", "en")
_PHONE = Look("dark", "en", is_phone=True)
_WAIT_MS = 20_000
FACTS = "You told others to be quiet."


@dataclass
class Evening:
    """A room on air: the host speaks chirps, others listen."""

    house: RunningHouse
    room_id: str
    host: Page
    operator: Person
    others: Browser

    @property
    def url(self) -> str:
        return f"{self.house.url}/rooms/{self.room_id}"

    async def reviewer(self, handle: str) -> Person:
        """Take somebody into the safety team."""
        person = Person(self.house.url)
        await person.join(await self.operator.invite(), handle)
        await self.operator.call("POST", "/api/reviewers", handle=handle, languages=[])
        return person


@pytest.fixture
async def evening(
    house: RunningHouse, operator: Person, tmp_path: Path
) -> AsyncIterator[Evening]:
    chirps = write_wav(tmp_path / "chirps.wav", render(sequence(120, seed=7)))
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(chirps))
        others = await stack.enter_async_context(browser())
        host = await page_of(speaking, _PLAIN, operator)
        room_id = await visit.create_room(host, house, "The price of rice", delay_s=DELAY_S)
        await visit.go_on_stage(host, house, room_id)
        yield Evening(house, room_id, host, operator, others)


async def listening(evening: Evening, look: Look) -> Page:
    """Listen without an account."""
    page = await page_of(evening.others, look)
    await page.goto(evening.url)
    await page.get_by_role("button", name="Listen", exact=True).click(timeout=_WAIT_MS)
    await page.locator(".listener[data-player=playing]").wait_for(timeout=_WAIT_MS)
    return page


async def heard(page: Page, evening: Evening, seconds: float) -> None:
    """Wait until this listener has heard the room's first seconds, however slow the machine."""
    card = (await evening.operator.call("GET", f"/api/rooms/{evening.room_id}")).json()["room"]
    await page.wait_for_function(
        """([since, seconds]) => {
            const at = document.querySelector('[data-testid=programme]')?.dataset.playheadAt;
            return at && Date.parse(at) - Date.parse(since) >= seconds * 1000;
        }""",
        arg=[card["on_air_at"], seconds],
        timeout=_WAIT_MS,
    )


async def sheet_of(page: Page) -> Locator:
    """Press Report."""
    await page.get_by_test_id("report-button").click()
    sheet = page.get_by_test_id("report")
    await expect(sheet).to_be_visible(timeout=_WAIT_MS)
    return sheet


async def sent(page: Page, sheet: Locator, concern: str = "Bullying") -> str:
    """Choose what is wrong and send it; give the receipt."""
    await sheet.get_by_role("radio", name=concern).check()
    await sheet.get_by_role("button", name="Send report").click()
    receipt = page.get_by_test_id("receipt")
    await expect(receipt).to_be_visible(timeout=_WAIT_MS)
    return (await receipt.inner_text()).replace(" ", "")


@pytest.mark.timeout(240)
async def test_a_listener_without_an_account_reports_what_they_heard(evening: Evening) -> None:
    page = await listening(evening, _PHONE)
    await heard(page, evening, 4)
    await page.get_by_role("button", name="Pause").click()
    await asyncio.sleep(5)  # the room goes on; this listener does not
    programme = page.get_by_test_id("programme")
    heard_at = await programme.get_attribute("data-playhead-at")
    sheet = await sheet_of(page)
    moment = sheet.locator(".moment")
    edge = float(await moment.get_attribute("data-edge") or "")
    card = (await evening.operator.call("GET", f"/api/rooms/{evening.room_id}")).json()["room"]
    passed = datetime.fromisoformat(str(heard_at)) - datetime.fromisoformat(card["on_air_at"])
    assert abs(edge - passed.total_seconds()) < 0.5
    waveform = page.get_by_test_id("waveform")
    await expect(waveform).to_have_attribute("data-known", "true", timeout=_WAIT_MS)
    assert await faults(page) == []
    await sheet.get_by_text("Somebody may be hurt now").click()
    await sheet.get_by_role("slider", name="Beginning of the stretch").focus()
    await page.keyboard.press("PageUp")
    begin, end = [
        float(await moment.get_attribute(f"data-{name}") or "") for name in ("from", "to")
    ]
    assert end == edge
    receipt = await sent(page, sheet, "Threats or violence")
    assert await faults(page) == []
    told = (await evening.operator.call("GET", f"/api/reports/{receipt}")).json()
    assert (told["subject"], told["concern"], told["is_urgent"]) == ("moment", "threat", True)
    assert told["from_position"] == pytest.approx(begin * RATE_HZ, abs=RATE_HZ / 50)
    assert told["to_position"] == pytest.approx(end * RATE_HZ, abs=RATE_HZ / 50)
    assert told["is_sealed"] is True
    await seen_elsewhere(evening, receipt)
    await page.goto(f"{evening.house.url}/safety")  # this browser remembers it
    await expect(page.locator(f"[data-report='{told['id']}']")).to_contain_text("Received")
    assert await faults(page) == []


async def seen_elsewhere(evening: Evening, receipt: str) -> None:
    """With the receipt, and with nothing else, the report is found."""
    for look in LOOKS:
        page = await page_of(evening.others, look)
        await page.goto(f"{evening.house.url}/receipt/{receipt}")
        await expect(page.locator("[data-report][data-state=received]")).to_be_visible()
        assert await faults(page) == []
        await page.goto(f"{evening.house.url}/receipt/{receipt[::-1]}")
        await expect(page.locator("main h1")).to_be_visible()
        await expect(page.locator("[data-report]")).to_have_count(0)
        await page.goto(f"{evening.house.url}/safety")  # from paper, as it was shown in groups
        form = page.get_by_test_id("find-receipt")
        await form.get_by_role("textbox").fill(f" {receipt[:4]} {receipt[4:].upper()}")
        await form.get_by_role("button").click()
        await expect(page.locator("[data-report][data-state=received]")).to_be_visible()
        await page.context.close()


@pytest.mark.timeout(240)
async def test_a_report_is_made_with_the_keyboard_alone(evening: Evening) -> None:
    page = await listening(evening, _PLAIN)
    await heard(page, evening, 3)
    await press(page, page.get_by_test_id("report-button"))
    sheet = page.get_by_test_id("report")
    await expect(sheet.get_by_role("heading", name="Report something")).to_be_focused()
    await press(page, sheet.get_by_role("button", name="Send report"))
    await expect(sheet.get_by_role("alert")).to_have_text("Choose first what is wrong.")
    await expect(sheet.get_by_role("radio", name="Bullying")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(sheet.get_by_role("radio", name="Hate")).to_be_checked()
    await tab_to(page, sheet.locator("textarea"))
    await page.keyboard.type("He said it twice")
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(page.get_by_test_id("report-button")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(sheet.locator("textarea")).to_have_value("He said it twice")  # nothing is lost
    await press(page, sheet.get_by_role("button", name="Send report"))
    await expect(page.get_by_test_id("receipt")).to_be_visible(timeout=_WAIT_MS)


@pytest.mark.timeout(240)
async def test_a_person_and_a_room_are_reported_from_the_stage_and_after_the_end(
    evening: Evening,
) -> None:
    await asyncio.sleep(DELAY_S + 4)  # before the first sound there is no moment to choose
    listener = await page_of(evening.others, _PLAIN)
    await listener.goto(evening.url)
    seat = listener.locator("[data-seat-id]")
    await seat.get_by_role("button", name="Report Olga").click()
    sheet = listener.get_by_test_id("report")
    await expect(sheet.get_by_role("radio", name="Olga")).to_be_checked()
    await sheet.get_by_role("checkbox", name="It is not about one moment").check()
    await expect(sheet.locator(".moment")).to_have_count(0)
    person = await sent(listener, sheet)
    await listener.context.close()
    on_stage = await sheet_of(evening.host)
    await on_stage.get_by_role("radio", name="The room itself").check()
    room = await sent(evening.host, on_stage, "Something else")
    await evening.host.get_by_test_id("sent").get_by_role("button", name="Close").click()
    await evening.operator.call("POST", f"/api/rooms/{evening.room_id}/end")
    after = await page_of(evening.others, _PLAIN)
    await after.goto(evening.url)
    await after.locator("[data-room-state=ended]").first.wait_for(timeout=_WAIT_MS)
    moment = await sent(after, await sheet_of(after), "Hate")
    subjects = [
        (await evening.operator.call("GET", f"/api/reports/{receipt}")).json()["subject"]
        for receipt in (person, room, moment)
    ]
    assert subjects == ["person", "room", "moment"]


@pytest.mark.timeout(300)
async def test_who_is_told_about_a_decision_appeals_and_so_does_who_reported(
    evening: Evening,
) -> None:
    rita = await evening.reviewer("rita")
    page = await listening(evening, _PLAIN)
    await heard(page, evening, 3)
    receipt = await sent(page, await sheet_of(page))
    await decide(rita, outcome="no_violation", facts="An ordinary remark.")
    await page.goto(evening.house.url)
    await expect(page.get_by_test_id("news")).to_be_visible()
    await page.goto(f"{evening.house.url}/receipt/{receipt}")
    report = page.locator("[data-report][data-state=decided]")
    await expect(report).to_contain_text("found nothing against the rules")
    await appeal(report, "Ask somebody else to look again")
    await expect(report).to_contain_text("You appealed on")
    assert await faults(page) == []
    listener = await listening(evening, _PLAIN)
    await heard(listener, evening, 3)
    await listener.get_by_role("button", name="Report Olga").click()
    sheet = listener.get_by_test_id("report")
    await sheet.get_by_role("checkbox", name="It is not about one moment").check()
    await sent(listener, sheet, "Hate")
    await decide(
        rita, outcome="violation", clause="abuse-origin", facts=FACTS,
        effects=[{"measure": "nudge"}],
    )  # fmt: skip
    await evening.host.goto(f"{evening.house.url}/safety")
    about = evening.host.locator("[data-about]")
    await expect(about).to_contain_text(FACTS)
    await expect(about).to_contain_text("You can appeal until")
    await appeal(about, "Appeal")
    await expect(about).to_contain_text("You appealed on")
    assert await faults(evening.host) == []
    await rita.close()


async def decide(reviewer: Person, **found: object) -> None:
    """Claim the next job, read its case and decide it."""
    job = (await reviewer.call("POST", "/api/jobs/claim")).json()
    case = (await reviewer.call("GET", f"/api/cases/{job['case_id']}")).json()
    read = {"revision": case["revision"]}
    await reviewer.call("POST", f"/api/jobs/{job['id']}/decide", **found, **read)


async def appeal(where: Locator, name: str) -> None:
    """Say why one sees it differently."""
    await where.get_by_role("button", name=name).click()
    await where.get_by_role("textbox").fill("Please listen to what came before.")
    await where.get_by_role("button", name="Send appeal").click()


@pytest.mark.timeout(300)
async def test_whoever_is_cut_finds_the_reasons_and_contests_in_one_tap(
    evening: Evening,
) -> None:
    ada = Person(evening.house.url)
    await ada.join(await evening.operator.invite(), "ada")
    seat = await evening.operator.bring_on_stage(ada, evening.room_id)
    await evening.operator.call(
        "POST", f"/api/rooms/{evening.room_id}/effects/remove",
        seat_id=seat, reason="Insults", ban_s=3_600,
    )  # fmt: skip
    page = await page_of(evening.others, _PLAIN, ada)
    await page.goto(evening.url)
    cut = page.locator("[data-restriction=remove]")
    await expect(cut).to_contain_text("Insults", timeout=_WAIT_MS)
    await expect(page.get_by_test_id("news")).to_be_visible(timeout=_WAIT_MS)
    async with page.context.expect_page() as opened:
        await cut.get_by_role("link", name="Read the reasons").click()
    reasons = await opened.value
    about = reasons.locator("[data-about][data-wanted=true]")
    await expect(about).to_contain_text("Insults", timeout=_WAIT_MS)
    await expect(about.locator("[data-automation=not]")).to_have_text(
        "It was noticed by a person. A person decided."
    )
    assert await faults(reasons) == []
    await about.get_by_role("button", name="Contest", exact=True).click()
    await expect(about).to_contain_text("You contested this")
    await reasons.reload()
    await expect(reasons.locator("[data-about]")).to_contain_text("You contested this")
    await expect(reasons.locator("[data-statement][data-read=true]")).to_have_count(1)
    for look in LOOKS:
        other = await page_of(evening.others, look, ada)
        await other.goto(f"{evening.house.url}/safety")
        await other.locator("summary").first.click()
        assert await faults(other) == []
        await expect(other.get_by_test_id("news")).to_have_count(0)
        await other.context.close()
    rita = await evening.reviewer("rita")
    (job,) = (await rita.call("GET", "/api/cases/queue")).json()["jobs"]
    assert job["case_kind"] == "contest"
    await rita.close()
    await ada.close()


@pytest.mark.timeout(120)
async def test_before_the_first_sound_the_room_itself_can_be_reported(
    house: RunningHouse, operator: Person, chromium: Browser
) -> None:
    room_id = await operator.open_room(title="Where she lives", delay_s=30)
    page = await page_of(chromium, _PLAIN)
    await page.goto(f"{house.url}/rooms/{room_id}")
    sheet = await sheet_of(page)
    await expect(sheet.get_by_role("radio", name="The room itself")).to_be_checked()
    await expect(sheet.get_by_role("radio", name="not sure")).to_have_count(0)
    receipt = await sent(page, sheet)
    told = (await operator.call("GET", f"/api/reports/{receipt}")).json()
    assert (told["subject"], told["is_sealed"]) == ("room", False)
    await page.context.close()
