"""A failed test of real time is run again if the machine was taken away, and only then."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stolen_time import Ticks, ticks

ROOT = Path(__file__).parents[2]
RULES = """
import itertools
import tests.conftest as rules
from tests.conftest import (
    pytest_collection_modifyitems, pytest_runtest_makereport, pytest_runtest_setup
)
from tests.stolen_time import Ticks

passed = itertools.count()

def ticks():
    now = next(passed)
    return Ticks(stolen=now * {percent}, all=now * 100)

rules.PAUSE_S, rules.ticks = 0.0, ticks
"""
FAILS_ONCE = """
from pathlib import Path

def test_late():
    with Path("runs").open("a") as runs:
        runs.write("x")
    assert Path("runs").read_text() == "x" * {right}
"""
LEAVES_OPEN = """
import socket
from pathlib import Path

class Held:
    def __init__(self):
        self.me, self.connection = self, socket.socket()

def test_leaves_a_connection():
    runs = Path("runs")
    with runs.open("a") as file:
        file.write("x")
    if runs.read_text() == "{leaves}":
        held = Held()
    assert runs.read_text() == "xx"
"""
COMES_AFTER = """
import gc

def test_comes_after_it():
    gc.collect()
"""


def suite(folder: Path, percent: int, **tests: str) -> tuple[int, str]:
    """Run one file of tests a folder; give pytest's exit code and what it printed."""
    (folder / "conftest.py").write_text(RULES.format(percent=percent))
    for kind, text in tests.items():
        (folder / kind).mkdir(parents=True)
        (folder / kind / f"test_{kind}.py").write_text(text)
    asked = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    settings = ["-c", "/dev/null", "--rootdir", str(folder), "-o", f"pythonpath={ROOT}"]
    strict = ["-o", "filterwarnings=error", "-o", "asyncio_default_fixture_loop_scope=function"]
    strict += ["-o", "markers=alone"]
    done = subprocess.run(
        [*asked, *settings, *strict], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def late(folder: Path, kind: str, *, percent: int, right: int = 2) -> tuple[int, str]:
    """Run one test that passes the second time; give pytest's exit code and its runs."""
    code, _ = suite(folder, percent, **{kind: FAILS_ONCE.format(right=right)})
    return code, (folder / "runs").read_text()


@pytest.mark.parametrize("kind", ["journeys", "contract", "browser"])
def test_what_failed_while_the_machine_was_away_is_run_again(tmp_path: Path, kind: str) -> None:
    assert late(tmp_path, kind, percent=30) == (0, "xx")


def test_what_failed_on_a_machine_that_was_there_has_failed(tmp_path: Path) -> None:
    assert late(tmp_path, "journeys", percent=1) == (1, "x")


def test_what_needs_no_clock_is_never_run_again(tmp_path: Path) -> None:
    assert late(tmp_path, "unit", percent=30) == (1, "x")


def test_it_is_run_three_times_and_no_more(tmp_path: Path) -> None:
    assert late(tmp_path, "journeys", percent=30, right=9) == (1, "xxx")


@pytest.mark.parametrize(("leaves", "wanted"), [("x", 0), ("xx", 1)])
def test_what_a_failed_run_leaves_open_fails_no_other_test(
    tmp_path: Path, leaves: str, wanted: int
) -> None:
    leaving = LEAVES_OPEN.format(leaves=leaves)  # by the failed first run, or the good second
    code, printed = suite(tmp_path, 30, journeys=leaving, unit=COMES_AFTER)
    assert (code, "ResourceWarning" in printed) == (wanted, bool(wanted)), printed


def test_the_kernel_tells_what_was_stolen(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  10 1 5 80 1 1 2 100 9 1\ncpu0 0 0 0 0 0 0 0 0 0 0\n")
    assert ticks(tmp_path / "stat") == Ticks(stolen=100, all=200)
    assert ticks(tmp_path / "none") == Ticks(0, 0)
    assert Ticks(150, 400).share_since(Ticks(100, 200)) == 0.25
    assert ticks().all > 0
