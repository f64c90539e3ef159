"""Run the edge under uvicorn."""

from typing import Final

import uvicorn

from balai.bell import Bell
from balai.database import Database
from balai.settings import Settings
from balai.web.build import build_web
from balai.wire import StagePort

_STOP_S: Final = 2  # event streams never end by themselves


async def serve_web(
    settings: Settings, database: Database, bell: Bell, port: StagePort
) -> None:
    """Serve pages, API and event streams until SIGTERM or SIGINT."""
    server = uvicorn.Server(
        uvicorn.Config(
            build_web(settings, database, bell, port),
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,  # addresses and links are nobody's business
            timeout_graceful_shutdown=_STOP_S,
            proxy_headers=settings.public_url is not None,
            server_header=False,
        )
    )
    await server.serve()
