"""Who lost their browser comes back by a link that an operator makes on the settings page."""

from playwright.async_api import Browser, expect

from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, faults, page_of, press, tab_to


async def test_an_operator_lets_somebody_back_in(
    house: RunningHouse, operator: Person, chromium: Browser
) -> None:
    ada = Person(house.url)
    await ada.join(await operator.invite(), "ada")
    for look in LOOKS[:4]:
        page = await page_of(chromium, look, operator)
        await page.goto(f"{house.url}/settings")
        ways = page.get_by_test_id("way-back")
        await tab_to(page, ways.get_by_role("textbox"))
        await page.keyboard.type("nobody")
        await press(page, ways.get_by_role("button").first)
        await expect(ways.get_by_role("alert")).to_be_visible()
        await ways.get_by_role("textbox").fill("@ada")
        await press(page, ways.get_by_role("button").first)
        await expect(ways.get_by_test_id("way-back-url")).to_contain_text("/join/")
        assert await faults(page) == []
    link = await ways.get_by_test_id("way-back-url").inner_text()
    phone = await page_of(chromium, LOOKS[1])
    await phone.goto(link)
    await phone.get_by_role("button", name="Come in").click()
    await phone.wait_for_url(f"{house.url}/")
    await phone.goto(f"{house.url}/settings")
    await expect(phone.get_by_text("@ada")).to_be_visible()
    told = phone.get_by_test_id("sign-in-links")
    await expect(told.get_by_role("listitem").first).to_contain_text("It was used.")
    await ada.close()
