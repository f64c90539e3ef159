"""What holds for every test: one that measures real time needs a machine that is there."""

import gc
import sys
import warnings
from collections.abc import Callable, Generator
from typing import Final

import pytest

from tests.stolen_time import Ticks, ticks

STOLEN_MAX: Final = 0.05  # of the processors, by the host of a virtual machine, during a test
RERUNS: Final = 2
PAUSE_S: Final = 20.0
# Their houses, stages and pages run in real time; the others need no clock but their own.
REAL_TIME: Final = frozenset({"browser", "contract", "journeys"})
_BEGAN: Final = pytest.StashKey[Ticks]()
_FAILED: Final = pytest.StashKey[bool]()  # the run before this one


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a failed test of real time again only if the machine was taken away meanwhile."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker(pytest.mark.alone)
        if item.path.parent.name in REAL_TIME:
            item.add_marker(
                pytest.mark.flaky(
                    reruns=RERUNS, reruns_delay=PAUSE_S, condition=_was_stolen_from(item)
                )
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.config.stash[_FAILED] = report.failed or item.config.stash.get(_FAILED, False)
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.config.stash.get(_FAILED, False):
        _forget_what_is_left()
        item.config.stash[_FAILED] = False
    item.stash[_BEGAN] = ticks()


@pytest.fixture(autouse=True)
def _found_garbage() -> Generator[None]:
    """Let what a test leaves behind be found, also by a test that ran a command within."""
    yield
    gc.unfreeze()


def _forget_what_is_left() -> None:
    """Let go of what a failed test left open, or it would fail whichever test comes next."""
    for name in ("last_type", "last_value", "last_traceback"):
        if hasattr(sys, name):
            delattr(sys, name)
    heard, sys.unraisablehook = sys.unraisablehook, lambda _: None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()
    sys.unraisablehook = heard


def _was_stolen_from(item: pytest.Item) -> Callable[[], bool]:
    return lambda: ticks().share_since(item.stash[_BEGAN]) > STOLEN_MAX
