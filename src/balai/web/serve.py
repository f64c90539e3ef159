"""Serving the edge: uvicorn, told to let go of event streams when the house closes."""

from types import FrameType
from typing import Final

import uvicorn

from balai.bell import Bell
from balai.database import Database
from balai.settings import Settings
from balai.web.build import build_web
from balai.web.patience import PatientProtocol
from balai.web.streams import Streams
from balai.wire import StagePort

_GOODBYE_S: Final = 5  # for requests under way when the house closes
_BACKLOG: Final = 2048


class EdgeServer(uvicorn.Server):
    """Ends every event stream when it is told to stop; they would not end by themselves."""

    def __init__(self, config: uvicorn.Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop."""
        self._streams.close_all()
        super().handle_exit(sig, frame)


def edge_server(
    settings: Settings, database: Database, bell: Bell, port: StagePort
) -> EdgeServer:
    """Make the server of pages and API. Addresses of people are not logged."""
    app = build_web(settings, database, bell, port)
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        host=settings.host,
        port=settings.port,
        log_config=None,
        # Its comings and goings are no news: the house says itself when it is open.
        log_level="warning" if settings.log_level == "info" else settings.log_level,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    return EdgeServer(config, app.state.house.streams)


async def serve_web(
    settings: Settings, database: Database, bell: Bell, port: StagePort
) -> None:
    """Serve pages and API until told to stop; the bell must be open on this event loop."""
    await edge_server(settings, database, bell, port).serve()
