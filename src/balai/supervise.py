"""`balai serve`: start the house's processes, keep them alive, end them together.

The roles are `web`, `worker`, `hall`, `detector` and `words`, each its own process; a
demonstration's guests are one more when asked for. A role that dies is started again; one that
keeps dying ends the house with a sentence, except those that listen: rooms go on and say that
nobody watches. When this process dies, the kernel ends the others with it.
"""

import asyncio
import contextlib
import ctypes
import fcntl
import functools
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import httpx

from balai.errors import BalaiError, Conflict, Unavailable
from balai.settings import Settings
from balai.wire import StagePortClient

ROLES: Final = ("worker", "web", "hall")
DETECTOR: Final = "detector"
WORDS: Final = "words"
STOP_S_MAX: Final = 10.0
START_S_MAX: Final = 60.0
RESTARTS_MAX: Final = 5
RESTARTS_WINDOW_S: Final = 60.0
_PR_SET_PDEATHSIG: Final = 1

log = logging.getLogger(__name__)


class Care(NamedTuple):
    """What to do when a process ends."""

    is_endless: bool = False  # start it again however often it ends
    may_finish: bool = False  # leave it when it ends well


NEEDED: Final = Care()  # the house cannot do without
WANTED: Final = Care(is_endless=True)  # without it the house goes on, and says so
GUEST: Final = Care(may_finish=True)


class PortTaken(Conflict):
    """This port is used by another program; set PORT to a free one."""


class HouseInUse(Conflict):
    """Another Balai already serves this data folder; stop it first or set BALAI_DATA."""


class DataUnwritable(Unavailable):
    """The data folder cannot be written; make room or set BALAI_DATA to another folder."""


class RoleKeepsFailing(Unavailable):
    """A part of the house fails again and again; its last words are in the log above."""


class StartTooSlow(Unavailable):
    """The house did not begin to serve in time; see the log above."""


@contextlib.contextmanager
def house_lock(settings: Settings) -> Iterator[None]:
    """Make sure that one supervisor, and no other, serves this data folder.

    Raises:
        HouseInUse: another one does.
        DataUnwritable: the folder cannot be used.
    """
    try:
        settings.run_path.mkdir(parents=True, exist_ok=True)
        lock = (settings.run_path / "house.lock").open("w")
    except OSError as cause:
        raise DataUnwritable(
            f"The data folder {settings.data} cannot be written ({cause.strerror}); "
            "make room or set BALAI_DATA to another folder."
        ) from cause
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            raise HouseInUse from cause
        yield


def require_ports(settings: Settings) -> None:
    """Check that both ports are free before anything starts.

    Raises:
        PortTaken: one is not.
    """
    for port in (settings.port, settings.hall_port_used):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as cause:
                raise PortTaken(
                    f"Port {port} on {settings.host} is used by another program; "
                    "set PORT to a free one."
                ) from cause


@dataclass
class House:
    """The processes of one house."""

    settings: Settings
    _processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, extra: Sequence[str] = (), *, announce: str = "") -> None:
        """Serve until told to stop by SIGINT or SIGTERM.

        Raises:
            RoleKeepsFailing: one of the processes cannot stay up.
            StartTooSlow: they are up but do not answer.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        keepers = [asyncio.create_task(self._keep(role, role, NEEDED)) for role in ROLES]
        detectors = [
            asyncio.create_task(self._keep(DETECTOR, f"{DETECTOR}-{number}", WANTED))
            for number in range(self.settings.ear_processes)
        ]
        detectors += [
            asyncio.create_task(self._keep(WORDS, f"{WORDS}-{number}", WANTED))
            for number in range(self.settings.words_processes)
        ]
        guests: list[asyncio.Task[None]] = []
        try:
            stopping = asyncio.create_task(self._stopping.wait())
            await self._first(*keepers, stopping, asyncio.create_task(self._answering()))
            if not self._stopping.is_set():
                print(announce, flush=True)  # noqa: T201 - the newcomer reads this
                guests = [asyncio.create_task(self._keep(role, role, GUEST)) for role in extra]
            await self._first(*keepers, stopping)
        finally:
            self._stopping.set()
            await self._stop()
            await asyncio.gather(*keepers, *detectors, *guests, return_exceptions=True)

    async def _first(self, *tasks: "asyncio.Task[None] | asyncio.Task[bool]") -> None:
        """Wait for the first task that ends, and raise what it raises."""
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def _keep(self, role: str, name: str, care: Care) -> None:
        """Keep one process of a role alive until the house stops."""
        loop = asyncio.get_running_loop()
        ends: list[float] = []
        while not self._stopping.is_set():
            process = await _start(role)
            self._processes[name] = process
            status = await process.wait()
            if self._stopping.is_set() or (care.may_finish and status == 0):
                return
            log.error("a part of the house ended", extra={"role": role, "status": status})
            ends = [at for at in ends if at > loop.time() - RESTARTS_WINDOW_S] + [loop.time()]
            if len(ends) > RESTARTS_MAX and not care.is_endless:
                raise RoleKeepsFailing(f"{role}: {RoleKeepsFailing.sentence()}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._stopping.wait(), 0.2 * 2 ** min(len(ends), RESTARTS_MAX)
                )

    async def _answering(self) -> None:
        """Wait until the worker has put its rooms in order and pages and hall answer."""
        urls = [
            f"http://{self.settings.host}:{port}/healthz"
            for port in (self.settings.port, self.settings.hall_port_used)
        ]
        worker = StagePortClient(self.settings.run_path)
        try:
            async with (
                asyncio.timeout(START_S_MAX),
                httpx.AsyncClient(trust_env=False) as client,
            ):
                for is_ready in (
                    functools.partial(_is_well, worker),
                    *(functools.partial(_answers, client, url) for url in urls),
                ):
                    while not await is_ready():  # noqa: ASYNC110
                        await asyncio.sleep(0.05)  # another process's port tells no event
        except TimeoutError as cause:
            raise StartTooSlow from cause

    async def _stop(self) -> None:
        """Ask every process to end, and end those that do not."""
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        waits = [asyncio.create_task(process.wait()) for process in self._processes.values()]
        if waits:
            await asyncio.wait(waits, timeout=STOP_S_MAX)
        for process in self._processes.values():
            if process.returncode is None:
                process.kill()


async def _start(role: str) -> asyncio.subprocess.Process:
    # A session of its own: Ctrl-C reaches the supervisor alone, which ends the others in order.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "balai",
        role,
        start_new_session=True,
        preexec_fn=functools.partial(_die_with, os.getpid()),
    )


async def _is_well(worker: StagePortClient) -> bool:
    try:
        await worker.health()
    except BalaiError:
        return False
    return True


async def _answers(client: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await client.get(url)).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def _die_with(parent: int) -> None:
    """Ask the kernel to end this process when its parent dies, however that happens."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the request was made
        os.kill(os.getpid(), signal.SIGKILL)
