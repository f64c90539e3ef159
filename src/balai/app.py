"""Build the house once: which process gets what. No logic lives here."""

import asyncio
import contextlib
import logging
import shutil
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from balai import supervise
from balai.bell import Bell
from balai.broadcast.worker import Worker
from balai.database import open_database
from balai.people import operator
from balai.settings import Settings
from balai.stage.embedded import EmbeddedEngine
from balai.web.hall import serve_hall
from balai.web.serve import serve_web
from balai.wire import StagePortClient


def serve(settings: Settings, *, demo: bool) -> None:
    """Run the whole house until it is told to stop."""
    with supervise.house_lock(settings):
        supervise.require_ports(settings)
        welcome = _prepare(settings)
        house = supervise.House(settings)
        asyncio.run(house.run(["demo"] if demo else [], announce=welcome))


def web(settings: Settings) -> None:
    """Run pages and API."""
    _log(settings)
    asyncio.run(_serve_pages(settings))


def worker(settings: Settings) -> None:
    """Run the rooms."""
    _log(settings)
    asyncio.run(_until_told(_work(settings)))


def hall(settings: Settings) -> None:
    """Run the hall's media."""
    _log(settings)
    serve_hall(settings)


def problems(settings: Settings) -> list[str]:
    """Name what is missing for `balai serve`, one sentence each."""
    found = []
    with contextlib.suppress(OSError):
        settings.data.mkdir(parents=True, exist_ok=True)
    probe = settings.data / ".probe"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as cause:
        found.append(f"the data folder cannot be written: {cause.strerror}")
    else:
        if shutil.disk_usage(settings.data).free < 200 * 2**20:
            found.append("less than 200 MB are free where the data folder is")
    if not (Path(__file__).parent / "web" / "client" / "index.html").exists():
        found.append("the pages are not built; run `make client`")
    return found


async def _serve_pages(settings: Settings) -> None:
    bell = await Bell(settings.run_path / "bells").open()
    port = StagePortClient(settings.run_path)
    await serve_web(settings, open_database(settings), bell, port)


async def _work(settings: Settings) -> None:
    database = open_database(settings)
    bell = await Bell(settings.run_path / "bells").open()
    engine = EmbeddedEngine(
        speakers_max=settings.speakers_max,
        stages_max=settings.rooms_max,
        ice_servers=settings.ice_servers,
        ice_username=settings.ice_username,
        ice_password=settings.ice_password.get_secret_value(),
    )
    await Worker(settings, database, bell, engine).run()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT, then let the work put its things away."""
    task = asyncio.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _prepare(settings: Settings) -> str:
    """Bring the records up to date; give the welcome that is printed when all parts serve."""
    database = open_database(settings)
    url = settings.public_url or f"http://{settings.host}:{settings.port}"
    lines = ["", f"  {settings.house_name} is open at {url}"]
    with database.transaction() as session:
        if token := operator.first_link(session):
            lines += [
                "  Nobody runs this house yet. Open this once, and it is you:",
                f"  {url}/operator/{token}",
            ]
    database.close()
    return "\n".join([*lines[:1], *lines[2:], *lines[1:2], ""])


def _log(settings: Settings) -> None:
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
