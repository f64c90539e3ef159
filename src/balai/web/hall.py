"""The hall workers: processes that serve the published ring to listeners and know nothing else.

`serve_hall` is started by the house in a process of its own. Each worker has its own listening
socket on the same port, so the kernel spreads the listeners among them.
"""

import asyncio
import ctypes
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

import uvloop

from balai.errors import Unavailable
from balai.settings import Settings
from balai.web.hall_http import Hall, HallConnection

log = logging.getLogger(__name__)

BACKLOG = 4_096
STOP_S = 2.0
RESTARTS_MAX = 20  # of the workers of one hall, before it gives up and the house hears of it
_PR_SET_PDEATHSIG = 1


class HallPortTaken(Unavailable):
    """The hall's port is in use by another program; set BALAI_HALL_PORT or end that program."""


class HallLost(Unavailable):
    """The hall's workers end again and again; their last words are in the log above."""


class _Place(NamedTuple):
    """Where a hall worker listens and what it serves."""

    host: str
    port: int
    air: Path
    log_level: str


def serve_hall(settings: Settings) -> None:
    """Serve the hall until SIGTERM or SIGINT.

    Raises:
        HallPortTaken: another program listens on the port.
        HallLost: the workers end again and again.
    """
    place = _Place(
        settings.host,
        settings.hall_port_used,
        settings.air_path.resolve(),
        settings.log_level,
    )
    with _listen(place, is_shared=False):
        pass  # another program's socket shows here; ours would share the port silently
    _open_more_files()
    if settings.hall_workers == 1:
        _run(place)
    else:
        _supervise(place, workers=settings.hall_workers)


def _listen(place: _Place, *, is_shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listening.bind((place.host, place.port))
        if is_shared:
            listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise HallPortTaken from error
    listening.settimeout(0)
    return listening


def _work(place: _Place, parent_pid: int) -> None:
    _end_with(parent_pid)
    logging.basicConfig(level=place.log_level.upper())
    _run(place)


def _run(place: _Place) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(place))


async def _serve(place: _Place) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stopped.set)
    hall = Hall(place.air, loop=loop)
    server = await loop.create_server(
        partial(HallConnection, hall),
        sock=_listen(place, is_shared=True),
        backlog=BACKLOG,
    )
    await stopped.wait()
    server.close()
    hall.close()


def _supervise(place: _Place, *, workers: int) -> None:
    """Keep that many workers going; each ends with this process, however it ends."""
    spawn = multiprocessing.get_context("spawn")

    def start() -> BaseProcess:
        worker = spawn.Process(target=_work, args=(place, os.getpid()), name="hall")
        worker.start()
        return worker

    reading, writing = os.pipe()

    def stop(_signal: int, _frame: object) -> None:
        os.write(writing, b".")

    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, stop)
    running = [start() for _ in range(workers)]
    restarts_left = RESTARTS_MAX
    while reading not in wait([reading, *(worker.sentinel for worker in running)]):
        running, ended = _sort(running)
        for worker in ended:
            log.error("a hall worker ended", extra={"exit_code": worker.exitcode})
            restarts_left -= 1
            if restarts_left < 0:
                _stop(running)
                raise HallLost
            running.append(start())
    _stop(running)


def _sort(workers: list[BaseProcess]) -> tuple[list[BaseProcess], list[BaseProcess]]:
    running = [worker for worker in workers if worker.is_alive()]
    return running, [worker for worker in workers if worker not in running]


def _stop(workers: list[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(STOP_S)
        if worker.is_alive():
            worker.kill()
            worker.join()


def _open_more_files() -> None:
    """Take as many open files as the system grants: each listener is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _end_with(parent_pid: int) -> None:
    """Be killed when the thread that started this process ends; no goodbye is needed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before we asked
        sys.exit(1)
