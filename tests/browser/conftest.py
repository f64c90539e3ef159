from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from rig.browser import browser
from rig.house import Person, RunningHouse, running_house

expect.set_options(timeout=20_000)  # what comes late on a slow machine has come nevertheless


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[RunningHouse]:
    """A real, empty house, served by its own processes."""
    async with running_house(tmp_path / "var") as running:
        yield running


@pytest.fixture
async def operator(house: RunningHouse) -> AsyncIterator[Person]:
    """The person who runs that house, at the API."""
    person = Person(house.url)
    await person.become_operator(house.operator_link)
    yield person
    await person.close()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser whose microphone, if a page asks for one, plays nothing in particular."""
    async with browser() as running:
        yield running
