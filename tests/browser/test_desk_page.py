"""The live desk in a real house: seen, heard, acted upon by keyboard, read by everybody."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from balai.audio.blocks import RATE_HZ
from rig.house import Person, RunningHouse
from rig.speaker import Speaker, encode
from tests.browser.screens import LOOKS, Look, faults, page_of, press

PLAIN = Look("light", "en")
WAIT_MS = 20_000
DELAY_S = 10


@dataclass
class Evening:
    """A room of Ada's on air, in which she speaks; Olga and Putri are the safety team."""

    room: str
    ada: Person
    olga: Person
    putri: Person


@pytest.fixture
async def evening(house: RunningHouse, operator: Person) -> AsyncIterator[Evening]:
    people = {}
    for handle in ("ada", "putri"):
        people[handle] = Person(house.url)
        await people[handle].join(await operator.invite(), handle)
    await operator.call("POST", "/api/people/putri/operator")
    room = await people["ada"].open_room(title="Rice", delay_s=DELAY_S)
    t = np.arange(RATE_HZ) / RATE_HZ
    speaker = Speaker(encode((0.4 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)))
    await speaker.go_on_stage(people["ada"], room)
    yield Evening(room, people["ada"], operator, people["putri"])
    await speaker.vanish()
    for person in people.values():
        await person.close()


async def at_desk(chromium: Browser, person: Person, look: Look = PLAIN) -> Page:
    page = await page_of(chromium, look, person)
    await page.goto(f"{person.http.base_url}/desk")
    await page.locator("[data-rooms='1']").wait_for(timeout=WAIT_MS)
    return page


@pytest.mark.timeout(240)
async def test_the_desk_is_worked_by_keyboard(evening: Evening, chromium: Browser) -> None:
    page = await at_desk(chromium, evening.olga)
    keys = page.keyboard
    await keys.press("1")
    focus = page.get_by_test_id("focus")
    await expect(focus).to_have_attribute("data-focus", evening.room)
    speaking = page.locator("[data-voice]").filter(has_text="speaking")
    await expect(speaking).to_be_visible(timeout=WAIT_MS)
    await expect(page.get_by_test_id("dump")).to_contain_text(
        "erases the last 1", timeout=WAIT_MS
    )
    await keys.press("h")
    voice = page.locator("[data-voice]")
    await expect(voice).to_contain_text("held from air", timeout=WAIT_MS)
    await keys.press("r")
    await expect(voice).not_to_contain_text("held from air", timeout=WAIT_MS)
    await keys.press("d")
    await keys.press("d")
    done = page.locator("[data-act=dump][data-state=carried_out]")
    await expect(done).to_contain_text("observed on air", timeout=WAIT_MS)
    await keys.press("x")
    await keys.press("Enter")  # the first reason has the focus
    await expect(voice).to_contain_text("muted", timeout=WAIT_MS)
    await keys.press("?")
    await expect(page.get_by_role("dialog")).to_contain_text("next flag")
    await keys.press("Escape")
    await keys.press("Escape")
    await expect(focus).to_have_count(0)
    view = (await evening.ada.call("GET", f"/api/rooms/{evening.room}")).json()
    told = {(one["kind"], one["by_role"]) for one in view["me"]["restrictions"]}
    assert told == {("hold", "safety"), ("mute", "safety")}


@pytest.mark.timeout(240)
async def test_two_people_end_a_room_and_the_host_reads_the_team(
    evening: Evening, chromium: Browser
) -> None:
    host = await page_of(chromium, PLAIN, evening.ada)
    await host.goto(f"{evening.ada.http.base_url}/rooms/{evening.room}")
    await host.get_by_test_id("host-panel").wait_for(timeout=WAIT_MS)
    first, second = [await at_desk(chromium, one) for one in (evening.olga, evening.putri)]
    await first.keyboard.press("1")
    await press(first, first.get_by_role("button", name="Message to host"))
    await first.get_by_label("The hosts read this").fill("Please keep to the topic")
    await press(first, first.get_by_role("button", name="Send"))
    await expect(host.get_by_test_id("from-safety")).to_contain_text("keep to the topic")
    await press(first, first.get_by_role("button", name="End, with a second person"))
    await press(first, first.get_by_role("button", name="Threat"))
    await expect(first.get_by_text("You asked to end this room.")).to_be_visible()
    await second.keyboard.press("1")
    await expect(second.get_by_text("Olga asks to end this room: Threat")).to_be_visible()
    await press(second, second.get_by_role("button", name="Confirm the end"))
    await press(second, second.get_by_role("button", name="Threat"))
    await host.locator("[data-room-state=ended]").first.wait_for(timeout=WAIT_MS)


@pytest.mark.timeout(240)
async def test_axe_finds_nothing_on_the_desk(evening: Evening, chromium: Browser) -> None:
    for look in LOOKS:
        page = await at_desk(chromium, evening.olga, look)
        overview = await faults(page)
        await page.keyboard.press("1")
        await page.get_by_test_id("focus").wait_for()
        await page.keyboard.press("x")
        await page.get_by_test_id("reason").wait_for()
        assert (look, overview, await faults(page)) == (look, [], [])
        await page.context.close()
    stranger = await page_of(chromium, PLAIN, evening.ada)
    await stranger.goto(f"{evening.ada.http.base_url}/desk")
    await expect(stranger.get_by_text("for the safety team of this house")).to_be_visible()
    assert await faults(stranger) == []


@pytest.mark.timeout(240)
async def test_rooms_stay_where_they_are_under_a_pointer(
    house: RunningHouse, evening: Evening, chromium: Browser
) -> None:
    page = await at_desk(chromium, evening.olga)
    await page.get_by_test_id("desk-grid").hover()
    await expect(page.get_by_text("The order rests")).to_be_visible()
    reported = await evening.ada.open_room(title="A room that comes first", delay_s=0)
    said = {"subject": "room", "concern": "threat"}
    await evening.putri.call("POST", f"/api/rooms/{reported}/reports", **said)
    rooms = page.locator("[data-room]")
    await expect(rooms).to_have_count(2, timeout=WAIT_MS)
    assert await rooms.first.get_attribute("data-room") == evening.room
    await page.mouse.move(5, 5)
    await expect(rooms.last).to_have_attribute("data-room", evening.room, timeout=WAIT_MS)


LOUDNESS = """async (audio) => {
    const context = new AudioContext();
    const meter = context.createAnalyser();
    context.createMediaStreamSource(audio.srcObject).connect(meter);
    const wave = new Float32Array(meter.fftSize);
    let loudest = 0;
    for (let n = 0; n < 20; n += 1) {
        await new Promise((done) => setTimeout(done, 50));
        meter.getFloatTimeDomainData(wave);
        loudest = Math.max(loudest, ...wave);
    }
    await context.close();
    return loudest;
}"""


@pytest.mark.timeout(240)
async def test_the_team_hears_the_stage_before_it_airs(
    evening: Evening, chromium: Browser
) -> None:
    page = await at_desk(chromium, evening.olga)
    await page.keyboard.press("1")
    await page.keyboard.press("l")
    await page.keyboard.press("Enter")  # the first reason has the focus
    hearing = page.get_by_test_id("hearing")
    await expect(hearing).to_have_attribute("data-monitor", "on", timeout=WAIT_MS)
    await expect(hearing).to_contain_text("10 s before the hall")
    monitor = page.get_by_test_id("monitor")
    assert await monitor.evaluate(LOUDNESS) > 0.1  # Ada's tone
    await page.keyboard.press("h")
    voice = page.locator("[data-voice]")
    await expect(voice).to_contain_text("held from air", timeout=WAIT_MS)
    assert await monitor.evaluate(LOUDNESS) > 0.1  # what is held is what is to be judged
    await hearing.get_by_label("As the hall hears it").check()
    await expect(hearing).to_have_attribute("data-monitor", "off")
    await expect(hearing).to_have_attribute("data-player", "playing", timeout=WAIT_MS)
    await hearing.get_by_label("Now, before it airs").check()
    await expect(hearing).to_have_attribute("data-monitor", "on", timeout=WAIT_MS)
    await press(page, hearing.get_by_role("button", name="Stop listening"))
    await expect(hearing).to_have_count(0)
    gone = await evening.olga.http.delete(f"/api/desk/rooms/{evening.room}/monitor")
    assert gone.status_code in (403, 404)


@pytest.mark.timeout(240)
async def test_a_shift_leaves_a_note(evening: Evening, chromium: Browser) -> None:
    first, second = [await at_desk(chromium, one) for one in (evening.olga, evening.putri)]
    await press(first, first.get_by_text("Notes between shifts: 0"))
    await first.get_by_label("What the next shift should know").fill("Rice: hosts are new")
    await press(first, first.get_by_role("button", name="Leave the note"))
    await press(second, second.get_by_text("Notes between shifts: 1"))
    await expect(second.get_by_test_id("notes")).to_contain_text("Rice: hosts are new")
    await press(second, second.get_by_role("button", name="Done with"))
    await expect(first.get_by_text("Notes between shifts: 0")).to_be_visible(timeout=WAIT_MS)
