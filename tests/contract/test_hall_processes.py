"""The hall's processes: they end when told, with who started them, and share no port."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from balai.settings import Settings
from balai.web.hall import HallPortTaken, serve_hall
from tests.hall_origin import SERVE, free_port, wait_until_served


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_hall_ends_when_told(tmp_path: Path, workers: int, ending: signal.Signals) -> None:
    port = free_port()
    hall = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(tmp_path), str(port), str(workers)]
    )
    wait_until_served(f"http://127.0.0.1:{port}/healthz", hall)
    family = _family(hall.pid)
    with socket.create_connection(("127.0.0.1", port)):  # an open listener does not keep it
        hall.send_signal(ending)
        assert hall.wait(10) == 0
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_workers_end_with_the_hall_that_is_killed(tmp_path: Path) -> None:
    port = free_port()
    hall = subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path), str(port), "2"])
    wait_until_served(f"http://127.0.0.1:{port}/healthz", hall)
    family = _family(hall.pid)
    hall.kill()
    hall.wait(10)
    assert psutil.wait_procs(family, timeout=10)[1] == []


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    port = free_port()
    hall = subprocess.Popen([sys.executable, "-c", SERVE, str(tmp_path), str(port), "2"])
    wait_until_served(f"http://127.0.0.1:{port}/healthz", hall)
    before = _workers(hall.pid)
    os.kill(min(before), signal.SIGKILL)
    while len(now := _workers(hall.pid)) != len(before) or now == before:
        assert hall.poll() is None
    wait_until_served(f"http://127.0.0.1:{port}/healthz", hall)
    hall.terminate()
    assert hall.wait(10) == 0


def test_a_port_in_use_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings = Settings.model_validate(
            {"data": tmp_path, "hall_port": other.getsockname()[1]}
        )
        with pytest.raises(HallPortTaken):
            serve_hall(settings)


def _family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def _workers(pid: int) -> set[int]:
    found = set()
    for child in psutil.Process(pid).children():
        with contextlib.suppress(psutil.Error):  # it ended while we looked
            if "spawn_main" in " ".join(child.cmdline()):
                found.add(child.pid)
    return found
