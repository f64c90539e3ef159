"""A page that was open while the house was upgraded goes on working."""

from playwright.async_api import Browser, Page, Route, expect

from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, page_of

_WAIT_MS = 20_000


def _loads(page: Page) -> list[str]:
    """Note the addresses it loads anew, before the new document asks for any part.

    The event `load` comes too late: a new document may have asked for its parts by then.
    """
    loads: list[str] = []
    page.on(
        "request",
        lambda asked: loads.append(asked.url) if asked.is_navigation_request() else None,
    )
    return loads


async def test_a_part_that_an_upgrade_took_away_is_had_by_loading_the_page_anew(
    house: RunningHouse, operator: Person, chromium: Browser
) -> None:
    page = await page_of(chromium, LOOKS[0], operator)
    await page.goto(house.url)
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    loads = _loads(page)
    gone: list[str] = []

    async def lose(route: Route) -> None:
        """Answer as a house whose parts have other names than an old page knows."""
        if loads:
            await route.continue_()
        else:
            gone.append(route.request.url)
            await route.fulfill(status=404)

    await page.route("**/assets/QueuePage-*.js", lose)
    await page.get_by_role("link", name="Cases").click()
    await expect(page.get_by_test_id("queue")).to_be_visible(timeout=_WAIT_MS)
    assert (len(set(gone)), loads) == (1, [f"{house.url}/cases"])


async def test_a_part_that_is_missing_for_good_is_tried_once(
    house: RunningHouse, operator: Person, chromium: Browser
) -> None:
    page = await page_of(chromium, LOOKS[0], operator)
    await page.goto(house.url)
    loads = _loads(page)
    await page.route("**/assets/QueuePage-*.js", lambda route: route.fulfill(status=404))
    async with page.expect_event("load", timeout=_WAIT_MS):
        await page.get_by_role("link", name="Cases").click()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=_WAIT_MS)
    assert loads == [f"{house.url}/cases"]
