"""Putting the edge together."""

import contextlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter, FastAPI
from sqlalchemy import text
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from balai.bell import Bell
from balai.database import Database
from balai.people.keys import house_key
from balai.settings import Settings
from balai.web import (
    accounts,
    appeals,
    cases,
    chat,
    desk,
    effects,
    events,
    flags,
    golden,
    hands,
    invitations,
    policy,
    quality,
    recordings,
    reports,
    reviewers,
    room_lists,
    rooms,
    seats,
    statements,
    whip,
)
from balai.web.audience import Counting
from balai.web.callers import HouseHere
from balai.web.desk_watch import DeskWatch
from balai.web.errors import ANSWERS, translate
from balai.web.house import House
from balai.web.keeping import Keeping
from balai.web.limits import BodyLimit
from balai.web.monitors import Monitors
from balai.web.pages import mount_pages
from balai.web.shapes import Health
from balai.web.streams import Streams
from balai.wire import StagePort

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses hold invitations
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
}

health = APIRouter(tags=["health"])


@health.get("/healthz")
def healthz(here: HouseHere) -> Health:
    """Answer when the house serves and its records can be read."""
    with here.database.reading() as session:
        session.execute(text("SELECT 1"))
    return Health()


_ROUTERS: Final = (
    health,
    accounts.router,
    invitations.router,
    rooms.router,
    hands.router,
    chat.router,
    seats.router,
    recordings.router,
    whip.router,
    effects.router,
    flags.router,
    desk.router,
    policy.router,
    reports.router,
    cases.router,
    reviewers.router,
    appeals.router,
    quality.router,
    golden.router,
    statements.router,
    events.router,
    room_lists.router,
)


def build_web(settings: Settings, database: Database, bell: Bell, port: StagePort) -> FastAPI:
    """Build the edge over open records and a bell that is open on the serving event loop."""
    streams, key = Streams(database, bell), house_key(settings.data)
    keeping = Keeping(database, bell, streams, key)
    house = House(
        settings=settings,
        database=database,
        bell=bell,
        stage=port,
        key=key,
        streams=streams,
        desk=DeskWatch(settings, database, bell, port, streams, keeping, key),
        monitors=Monitors(database, port, key),
    )

    counting = Counting(database, streams, settings.report_window_s)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with (
            house.streams.running(),
            keeping.running(),
            counting.running(),
            house.desk.running(),
            house.monitors.running(),
        ):
            yield

    app = FastAPI(
        title="Balai",
        description="Live audio rooms with safety in the broadcast path.",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,  # their pages would load scripts from other houses
        redoc_url=None,
        responses=ANSWERS,
    )
    app.state.house = house
    for router in _ROUTERS:
        app.include_router(router)
    mount_pages(app)
    app.add_middleware(BodyLimit)
    translate(app)
    app.add_middleware(SafeHeaders)
    return app


class SafeHeaders:
    """Adds what every answer carries; the API's are not to be kept unless they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)
