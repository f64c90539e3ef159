"""`balai web`: pages, API and event streams."""

import asyncio

from balai.app.log import start_log
from balai.bell import Bell
from balai.database import open_database
from balai.settings import Settings
from balai.web.serve import serve_web
from balai.wire import StagePortClient


def run(settings: Settings) -> None:
    """Serve until told to stop."""
    start_log(settings)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    bell = await Bell(settings.run_path / "bells").open()
    database = open_database(settings)
    try:
        await serve_web(settings, database, bell, StagePortClient(settings.run_path))
    finally:
        await bell.close()
        database.close()
