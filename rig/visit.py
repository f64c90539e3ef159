"""People at real browsers, using the pages as people do: by the names on the buttons."""

from playwright.async_api import Page, expect

from rig.house import RunningHouse

WAIT_MS = 20_000


async def become_operator(page: Page, house: RunningHouse, handle: str = "olga") -> None:
    """Open the one-time link and choose a name."""
    await page.goto(house.operator_link)
    await _choose_name(page, handle)


async def join(page: Page, link: str, handle: str) -> None:
    """Accept an invitation and choose a name."""
    await page.goto(link)
    await _choose_name(page, handle)


async def _choose_name(page: Page, handle: str) -> None:
    await page.get_by_label("Handle").fill(handle)
    await page.get_by_label("Display name").fill(handle.title())
    await page.locator("form button[type=submit], form button.primary").first.click()
    await page.wait_for_url(lambda url: "/operator/" not in url and "/join/" not in url)


async def create_room(page: Page, house: RunningHouse, title: str, *, delay_s: int) -> str:
    """Create a room on its screen and open it; give its id."""
    await page.goto(f"{house.url}/rooms/new")
    await page.locator("textarea").first.fill(title)
    await page.locator("#delay").fill(str(delay_s))
    await page.get_by_role("button", name="Open now").click()
    await page.wait_for_url(lambda url: "/rooms/" in url and not url.endswith("/new"))
    room_id = page.url.rsplit("/rooms/", 1)[1].split("/")[0].split("?")[0]
    await page.goto(f"{house.url}/rooms/{room_id}")
    return room_id


async def go_on_stage(page: Page, house: RunningHouse, room_id: str) -> None:
    """Pass the green room: consent, take the place, wait until the microphone is open."""
    await page.goto(f"{house.url}/rooms/{room_id}/green-room")
    await page.get_by_role("checkbox").first.check()
    await page.get_by_role("button", name="Take my place on stage").click()
    await expect(page.locator("[data-mic=open]").first).to_be_visible(timeout=WAIT_MS)


async def listen(
    page: Page, house: RunningHouse, room_id: str, *, latency: str = "plain"
) -> None:
    """Open the room as a listener and wait until it plays."""
    await page.goto(f"{house.url}/rooms/{room_id}?latency={latency}")
    button = page.get_by_role("button", name="Listen", exact=True)
    await button.click(timeout=WAIT_MS)
    await page.wait_for_function(
        "() => document.querySelector('audio[data-testid=programme]')?.currentTime > 0.5",
        timeout=WAIT_MS,
    )


async def call(page: Page, path: str, body: dict[str, object]) -> dict[str, object]:
    """Make one state-changing call with the page's own session."""
    reply = await page.evaluate(
        """async ([path, body]) => {
          const me = await (await fetch('/api/me')).json();
          const reply = await fetch(path, { method: 'POST', body: JSON.stringify(body),
            headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': me.csrf_token } });
          return await reply.json();
        }""",
        [path, body],
    )
    return dict(reply)


async def invitation(page: Page) -> str:
    """Make an invitation; give its link."""
    return str((await call(page, "/api/invitations", {"uses": 1, "hours": 1}))["url"])


async def invite_to_stage(page: Page, room_id: str, handle: str) -> None:
    """Ask somebody of the house onto the stage."""
    await call(page, f"/api/rooms/{room_id}/stage-invitations", {"handle": handle})
