"""The built client: one shell for every page, its files, and what a page may reach."""

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from balai.database import Database
from balai.errors import BalaiError, Unavailable
from balai.rooms import access
from balai.web.addresses import hall_url
from balai.web.callers import HouseHere
from balai.web.errors import STATUS, AddressUnknown
from balai.web.house import House

CLIENT: Final = Path(__file__).parent / "client"
_PAGES: Final = re.compile(
    r"|/rooms/new|/rooms/[0-9a-z]+|/rooms/[0-9a-z]+/green-room"
    r"|/join/[0-9a-z]+|/operator/[0-9a-z]+|/settings|/policy"
    r"|/safety|/receipt/[0-9a-z]+|/desk|/cases|/cases/[0-9a-z]+"
)
_FILE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,80}")
_ROOM: Final = re.compile(r"/rooms/([0-9a-z]{12})(/.*)?")
_TITLE: Final = re.compile(r"<title>.*?</title>", re.DOTALL)
_INLINE_SCRIPT: Final = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_GZIP_FROM_BYTES: Final = 1024

router = APIRouter(include_in_schema=False)


class ClientNotBuilt(Unavailable):
    """The pages of this house are not built yet: run `make client`, then reload."""


class Assets(StaticFiles):
    """Files whose names change with their content: they may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Give a file with the headers that let it be kept."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def mount_pages(app: FastAPI) -> None:
    """Serve the client; must come last, because it answers for every other address."""
    assets = Assets(directory=CLIENT / "assets", check_dir=False)
    app.mount("/assets", GZipMiddleware(assets, minimum_size=_GZIP_FROM_BYTES))
    app.include_router(router)


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
def page(request: Request, here: HouseHere, path: str) -> Response:
    """Give a page's shell, or one of the client's few files beside it."""
    if path == "api" or path.startswith(("api/", "assets/", "hall/")):
        raise AddressUnknown
    if _FILE.fullmatch(path) and path != "index.html" and (CLIENT / path).is_file():
        return FileResponse(CLIENT / path, headers={"Cache-Control": "no-cache"})
    is_known = _PAGES.fullmatch(f"/{path}".rstrip("/")) is not None
    return shell(request, here, f"/{path}", status=200 if is_known else 404)


def shell(request: Request, here: House, path: str, *, status: int) -> Response:
    """Make the shell of a page, with the title that other sites show for its link."""
    index = CLIENT / "index.html"
    if not index.is_file():
        return _not_built()
    text = index.read_text(encoding="utf-8")
    policy = content_policy(text, hall_url(request, here.settings))
    title = page_title(here.database, here.settings.house_name, path)
    return HTMLResponse(
        titled(text, title=title, house=here.settings.house_name),
        status_code=status,
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"},
    )


def page_title(database: Database, house: str, path: str) -> str:
    """Name a page: an open room by its title, every other page by the house."""
    match = _ROOM.fullmatch(path)
    if match is None:
        return house
    try:
        with database.reading() as session:
            return access.find(session, match[1], None).title
    except BalaiError:
        return house


def titled(text: str, *, title: str, house: str) -> str:
    """Put a page's title where browsers and link previews look for it."""
    name = html.escape(title if title == house else f"{title} · {house}")
    tags = (
        f"<title>{name}</title>"
        f'<meta property="og:title" content="{html.escape(title)}">'
        f'<meta property="og:site_name" content="{html.escape(house)}">'
        '<meta property="og:type" content="website">'
    )
    without = _TITLE.sub("", text, count=1)
    return without.replace("</head>", f"{tags}</head>", 1)


def content_policy(text: str, hall: str) -> str:
    """Allow the page its own files, this house, and the hall's media. Nothing else, nowhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in _INLINE_SCRIPT.findall(text)
    )
    parts = urlsplit(hall)
    origin = f"{parts.scheme}://{parts.netloc}"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' {hashes}".strip(),
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {origin}",
            f"media-src 'self' blob: {origin}",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )


def _not_built() -> Response:
    sentence = html.escape(ClientNotBuilt.sentence())
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Balai</title>'
    return HTMLResponse(
        f"{head}<p>{sentence}</p></html>",
        status_code=STATUS[ClientNotBuilt.kind],
        headers={"Cache-Control": "no-store", "Retry-After": "5"},
    )
