"""What the tests of screens share: pages of signed-in people, axe, and hands on a keyboard."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, Locator, Page, expect

from rig.house import Person

AXE: Final = Path(__file__).parents[2] / "client/node_modules/axe-core/axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_TABS_MAX: Final = 80
_WAIT_MS: Final = 20_000
_RUN: Final = """
async (rules) => {
  const { violations } = await window.axe.run(document, { runOnly: rules });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target}`));
}
"""


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    scheme: Literal["light", "dark"]
    language: Literal["en", "id"]
    is_forced: bool = False
    is_phone: bool = False


LOOKS: Final = (
    Look("light", "en"),
    Look("dark", "en", is_phone=True),
    Look("light", "id", is_phone=True),
    Look("dark", "id"),
    Look("light", "en", is_forced=True),
    Look("dark", "id", is_forced=True),
)


async def page_of(chromium: Browser, look: Look, person: Person | None = None) -> Page:
    """Open a page as somebody who is signed in at the API, or as a guest."""
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844}
        if look.is_phone
        else {"width": 1280, "height": 800},
        color_scheme=look.scheme,
        forced_colors="active" if look.is_forced else "none",
        reduced_motion="reduce",
        locale="id-ID" if look.language == "id" else "en-GB",
        permissions=["microphone"],
    )
    if person is not None:
        await context.add_cookies(
            [
                {"name": name, "value": value, "url": str(person.http.base_url)}
                for name, value in person.http.cookies.items()
            ]
        )
    return await context.new_page()


async def faults(page: Page) -> list[str]:
    """Give what axe finds wrong with the page as it stands."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(_RUN, _RULES)
    return [str(fault) for fault in found]


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until a control has the focus; a control that Tab never reaches is a fault."""
    await expect(target).to_be_enabled(timeout=_WAIT_MS)  # Tab passes what is disabled
    for _ in range(_TABS_MAX):
        if await target.evaluate("(node) => node === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {target}")


async def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Reach a control with Tab and press a key on it."""
    await tab_to(page, target)
    await page.keyboard.press(key)
