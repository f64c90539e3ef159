"""What tests of cases share: one house on paper for each test."""

from collections.abc import Iterator

import pytest

from tests.cases_world import World


@pytest.fixture
def world() -> Iterator[World]:
    """A house with a safety team, made anew for each test."""
    made = World()
    yield made
    made.close()
