"""A room in which one person says three sentences again and again, heard by Whisper."""

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from playwright.async_api import Browser, Page, expect

from rig import visit
from rig.browser import browser, new_page
from rig.chirps import Sound, write_wav
from rig.corpus import RATE_HZ, say
from rig.house import RunningHouse, running_house
from rig.speech_models import with_whisper

DELAY_S: Final = 2
PAUSE_S: Final = 3
SENTENCES: Final = (
    "The price of rice is higher this morning.",
    "We will talk about the water in the village.",
    "People are waiting for an answer from the city.",
)
HEARD_MS: Final = 60_000  # start the engine, hear, delay, air, load
WAIT_MS: Final = 20_000
_MIC_HZ: Final = 48_000
_PATIENCE_S: Final = 25


@dataclass
class Talk:
    """A room on air in which the host speaks the sentences again and again."""

    house: RunningHouse
    room_id: str
    host: Page
    others: Browser

    @property
    def url(self) -> str:
        return f"{self.house.url}/rooms/{self.room_id}"

    async def say(self, words: re.Pattern[str] | None = None, phrases: int = 1) -> None:
        """Wait until these words have been shown to the hall, in so many phrases at least."""
        button = self.host.get_by_role("button", name="Captions", exact=True)
        await expect(button).to_be_visible(timeout=WAIT_MS)  # before that, C does nothing
        await self.host.keyboard.press("c")
        some = self.host.locator("[data-testid=captions] .phrase")
        await expect(some.nth(phrases - 1)).to_be_visible(timeout=HEARD_MS)
        if words is not None:
            pane = self.host.get_by_test_id("captions")
            await expect(pane).to_contain_text(words, timeout=HEARD_MS)

    async def end(self) -> None:
        """End the room as the host does: by holding the button."""
        await self.host.get_by_role("button", name="End room").hover()
        await self.host.mouse.down()
        ended = self.host.locator("[data-room-state=ended]").first
        await expect(ended).to_be_visible(timeout=WAIT_MS)
        await self.host.mouse.up()


def spoken() -> tuple[Sound, list[float], float]:
    """Let a machine say the sentences, with pauses.

    Shapes:
        returns: (n,) at 48 kHz; where each begins and how long all last, in seconds
    """
    pause = np.zeros(PAUSE_S * RATE_HZ, np.float32)
    said = [say(one, voice="en-us", words_a_minute=140, pitch=50) for one in SENTENCES]
    lengths = [len(one) + len(pause) for one in said]
    begins = [sum(lengths[:number]) / RATE_HZ for number in range(len(said))]
    sound = np.concatenate([part for one in said for part in (one, pause)])
    at = np.arange(0, len(sound) - 1, RATE_HZ / _MIC_HZ)
    resampled = np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)
    return resampled, begins, sum(lengths) / RATE_HZ


@contextlib.asynccontextmanager
async def patient_house(folder: Path, **environment: str) -> AsyncIterator[RunningHouse]:
    """Run a house that is patient: these tests are about screens, not about speed."""
    with_whisper(folder / "models")
    patient = {"BALAI_WORDS_DEADLINE_S": str(_PATIENCE_S)}
    async with running_house(folder, environment=patient | environment) as running:
        yield running


@contextlib.asynccontextmanager
async def talking(house: RunningHouse, folder: Path) -> AsyncIterator[Talk]:
    """Put the sentences on air in a house."""
    microphone = write_wav(folder / "sentences.wav", spoken()[0], _MIC_HZ)
    async with contextlib.AsyncExitStack() as stack:
        speaking = await stack.enter_async_context(browser(microphone))
        others = await stack.enter_async_context(browser())
        host = await new_page(speaking)
        await visit.become_operator(host, house)
        room_id = await visit.create_room(host, house, "The price of rice", delay_s=DELAY_S)
        await visit.go_on_stage(host, house, room_id)
        yield Talk(house, room_id, host, others)
