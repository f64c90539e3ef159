"""What properties of replays share: a room that was on air, and a copy for each test."""

import shutil
from pathlib import Path

import pytest

from tests.air_replay import fill


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A room of four voices, its ring and its tracks; not to be changed."""
    home = tmp_path_factory.mktemp("room")
    fill(home)
    return home


@pytest.fixture
def copied(home: Path, tmp_path: Path) -> Path:
    """The same, to do with as one likes."""
    return shutil.copytree(home, tmp_path / "room")
