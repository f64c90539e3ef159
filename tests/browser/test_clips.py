"""A clip is an address in a replay: the right words, for so long, and the way to the rest."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.screens import LOOKS, Look, faults, page_of
from tests.browser.talk import WAIT_MS, Talk, patient_house, spoken, talking

_PLAIN: Final = Look("light", "en")
_CLIP_S: Final = 5  # no longer than a sentence and its pause
_NEAR_S: Final = 1.2  # whole seconds of an address, a frame, two looks at the player
_END_MS: Final = 30_000
# An engine need not hear every word of the second sentence and of the third.
_SECOND: Final = r"\b(?:talk|about|water|village)\b"
_THIRD: Final = r"\b(?:people|waiting|answer|city)\b"
_BOTH: Final = re.compile(f"{_SECOND}.*{_THIRD}", re.IGNORECASE | re.DOTALL)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with patient_house(tmp_path / "var") as house, talking(house, tmp_path) as one:
        yield one


@pytest.mark.timeout(240)
async def test_a_clip_has_the_right_words_and_leads_to_what_was_said_around_it(
    talk: Talk,
) -> None:
    await talk.say(_BOTH)
    early = await page_of(talk.others, _PLAIN)
    await early.goto(f"{talk.url}?clip=5-15")
    await expect(early.get_by_test_id("clip")).to_contain_text("when the room has ended")
    await talk.end()
    page = await page_of(talk.others, _PLAIN)
    await page.goto(talk.url)
    said = page.get_by_test_id("transcript").locator(".phrase")
    await said.first.wait_for(timeout=WAIT_MS)
    texts = await said.all_inner_texts()
    second = next(at for at, text in enumerate(texts) if _says(_SECOND, text))
    third = next(at for at, text in enumerate(texts) if at > second and _says(_THIRD, text))
    third_s = await _heard_from(page, said.nth(third))
    second_s = await _heard_from(page, said.nth(second))
    begins, round_s = spoken()[1:]
    apart_s = (third_s - second_s) % round_s  # the next third one may not have been heard
    assert abs(apart_s - (begins[2] - begins[1])) < _NEAR_S
    link = await _made(page, int(second_s), texts[second])
    assert link == f"{talk.url}?clip={int(second_s)}-{int(second_s) + _CLIP_S}"
    for look in LOOKS:
        other = await page_of(talk.others, look)
        await other.goto(link)
        await expect(other.locator(".phrase.clipped").first).to_be_visible(timeout=WAIT_MS)
        assert await faults(other) == []
        await other.context.close()
    await _is_heard_alone(await page_of(talk.others, _PLAIN), link, second_s)


def _says(words: str, text: str) -> bool:
    return re.search(words, text, re.IGNORECASE) is not None


async def _heard_from(page: Page, phrase: Locator) -> float:
    """Hear the replay from a phrase on; give where that is."""
    await phrase.click(timeout=WAIT_MS)
    await expect(phrase).to_have_attribute("aria-current", "true", timeout=WAIT_MS)
    return await _media_s(page)


async def _made(page: Page, from_s: int, words: str) -> str:
    """Make a clip that begins at a second, as a person does; give its link."""
    await page.get_by_role("button", name="Make a clip").click()
    sheet = page.get_by_test_id("clip-maker")
    await sheet.get_by_role("slider", name="Begins at").fill(str(from_s))
    await sheet.get_by_role("slider", name="Lasts").fill(str(_CLIP_S))
    shown = sheet.get_by_test_id("clip-words")
    await expect(shown).to_contain_text(words.strip())
    await expect(shown).not_to_contain_text(re.compile("rice|morning", re.IGNORECASE))
    assert await faults(page) == []
    link = await sheet.get_by_test_id("clip-link").inner_text()
    await sheet.get_by_role("button", name="Close").click()
    await expect(sheet).to_be_hidden()
    return link


async def _is_heard_alone(page: Page, link: str, begins_s: float) -> None:
    await page.goto(link)
    card = page.get_by_test_id("clip")
    await expect(card).to_contain_text(f"A clip of {_CLIP_S} seconds", timeout=WAIT_MS)
    clipped = page.locator(".phrase.clipped")
    await clipped.first.wait_for(timeout=WAIT_MS)
    assert _says(_SECOND, " ".join(await clipped.all_inner_texts()))
    await card.get_by_role("button", name="Hear the clip").click()
    spoken_now = page.locator(".phrase.clipped[aria-current=true]")
    await expect(spoken_now).to_be_visible(timeout=WAIT_MS)
    assert abs(await _media_s(page) - begins_s) < _CLIP_S
    await page.locator(".listener[data-player=paused]").wait_for(timeout=_END_MS)
    assert abs(await _media_s(page) - (int(begins_s) + _CLIP_S)) < _NEAR_S
    await card.get_by_role("button", name="Hear it in context").click()
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    await expect(card).to_be_hidden()
    assert await _media_s(page) < int(begins_s)
    assert "clip" not in page.url


@pytest.mark.timeout(240)
async def test_a_broken_clip_gives_the_whole_replay(talk: Talk) -> None:
    await talk.say()
    await talk.end()
    page = await page_of(talk.others, _PLAIN)
    for named in (
        "%3Cb%3E",
        "0-4000",
        "9-5",
    ):  # what else is broken: client/src/clip/clip.test.ts
        await page.goto(f"{talk.url}?clip={named}")
        await expect(page.get_by_test_id("clip")).to_contain_text("the whole replay")
    await page.get_by_role("button", name="Listen", exact=True).click()
    await page.locator(".listener[data-player=playing]").wait_for(timeout=WAIT_MS)
    assert await _media_s(page) < _CLIP_S


async def _media_s(page: Page) -> float:
    programme = page.get_by_test_id("programme")
    await expect(programme).to_have_attribute("data-media-s", re.compile(r"\d"))
    return float(await programme.get_attribute("data-media-s") or "nan")
