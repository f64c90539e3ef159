"""An operator brings a policy by the page: what is wrong is listed, what is right is there."""

from pathlib import Path

from playwright.async_api import expect

from rig.browser import browser
from rig.house import Person, RunningHouse
from tests.browser.screens import LOOKS, faults, page_of, press
from tests.policy_packs import ENGLISH, RULES, encoded, written
from tests.zipped_packs import zipped

_WAIT_MS = 30_000


def mistaken(folder: Path) -> Path:
    """Write the zip of a pack with two mistakes."""
    said = RULES.replace("id: Kata yang mengancam.", "id: Bunuh mereka disebut.")
    english = ENGLISH.replace("frames: [he said, ", "frames: [")
    path = folder / "mistaken.zip"
    path.write_bytes(zipped(encoded(rules=said, en=english)))
    return path


async def test_a_folder_is_brought_and_a_zip_with_mistakes_is_not(
    house: RunningHouse, operator: Person, tmp_path: Path
) -> None:
    wrong, right = mistaken(tmp_path), written(tmp_path / "pack")
    async with browser() as chromium:
        for look in LOOKS[:2]:
            page = await page_of(chromium, look, operator)
            await page.goto(f"{house.url}/policy")
            bring = page.get_by_test_id("bring")
            by_zip = bring.get_by_role("button", name="Choose a .zip")
            async with page.expect_file_chooser() as chosen:
                await press(page, by_zip)
            await (await chosen.value).set_files(wrong)
            found = bring.get_by_role("alert").get_by_role("listitem")
            await expect(found).to_have_count(2, timeout=_WAIT_MS)
            await expect(found.first).to_contain_text("clauses.yaml, line 12")
            assert await faults(page) == []
            async with page.expect_file_chooser() as chosen:
                await bring.get_by_role("button", name="Choose a folder").click()
            await (await chosen.value).set_files(right)
            kept = page.locator("[data-pack][data-state=kept]")
            await expect(kept.first).to_contain_text("small 1.0.0", timeout=_WAIT_MS)
            await expect(bring.get_by_role("alert")).to_have_count(0)
            assert await faults(page) == []
            await page.context.close()
    kept_packs = [one.name for one in (house.data / "policy").iterdir() if len(one.name) == 64]
    assert len(kept_packs) <= 2  # it, and the one that came with Balai
