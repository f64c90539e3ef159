"""What holds for every test: one that measures real time needs a machine that is there."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.stolen_time import Ticks, ticks

STOLEN_MAX: Final = 0.05  # of the processors, by the host of a virtual machine, during a test
RERUNS: Final = 2
PAUSE_S: Final = 20.0
# Their houses, stages and pages run in real time; the others need no clock but their own.
REAL_TIME: Final = frozenset({"browser", "contract", "journeys"})
_BEGAN: Final = pytest.StashKey[Ticks]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a failed test of real time again only if the machine was taken away meanwhile."""
    for item in items:
        if item.path.parent.name in REAL_TIME:
            item.add_marker(
                pytest.mark.flaky(
                    reruns=RERUNS, reruns_delay=PAUSE_S, condition=_was_stolen_from(item)
                )
            )


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[_BEGAN] = ticks()


def _was_stolen_from(item: pytest.Item) -> Callable[[], bool]:
    return lambda: ticks().share_since(item.stash[_BEGAN]) > STOLEN_MAX
