"""`balai worker`: the rooms, their stages and their air."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import Any

from balai.app.log import start_log
from balai.bell import Bell
from balai.broadcast.worker import Worker
from balai.database import open_database
from balai.settings import Settings
from balai.stage.embedded import EmbeddedEngine


def run(settings: Settings) -> None:
    """Carry rooms until told to stop."""
    start_log(settings)
    asyncio.run(_until_told(_work(settings)))


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
    try:
        await Worker(settings, database, bell, engine).run()
    finally:
        await bell.close()
        database.close()


async def _until_told(work: Coroutine[Any, Any, None]) -> None:
    """Run until SIGTERM or SIGINT, then let the work put its things away."""
    task = asyncio.create_task(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
