"""Debian's Janus with its AudioBridge, on loopback, for benchmarks to measure beside."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from balai.stage.foldback import BITRATE, COMPLEXITY, LOSS_PERCENT

ROOM = 1
PLUGINS = "/usr/lib/*/janus/plugins"
CONFIG = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{plugins}"
    transports_folder = "{transports}"
    loggers_folder = "{folder}"
    events_folder = "{folder}"
    debug_level = 3
    log_to_stdout = true
}}
"""
HTTP = """
general: {{ http = true; port = {port}; ip = "127.0.0.1"; base_path = "/janus"; }}
admin: {{ admin_http = false; }}
"""

Json = dict[str, object]


@contextmanager
def janus(folder: Path, *, port: int) -> Iterator[tuple[subprocess.Popen[str], str] | None]:
    """Run Janus while the block lasts; gives None when it is not installed."""
    program = shutil.which("janus")
    libraries = sorted(Path("/usr/lib").glob("*/janus"))
    if program is None or not libraries:
        yield None
        return
    (folder / "janus.jcfg").write_text(
        CONFIG.format(
            folder=folder,
            plugins=libraries[0] / "plugins",
            transports=libraries[0] / "transports",
        )
    )
    (folder / "janus.transport.http.jcfg").write_text(HTTP.format(port=port))
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [program, "-C", str(folder / "janus.jcfg"), "-F", str(folder)],
        stdout=log,
        stderr=log,
        text=True,
        env={**os.environ, "HOME": str(folder)},
    )
    try:
        yield process, f"http://127.0.0.1:{port}/janus"
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


async def join_janus(address: str) -> Callable[[int, str], Coroutine[None, None, str]]:
    """Open a room with our rate, quality and error correction; each call joins a speaker."""
    client = httpx.AsyncClient(timeout=30)
    session = f"{address}/{await _ask(client, address, {'janus': 'create'})}"
    first = await _attach(client, session)
    await _post(
        client, first, {"janus": "message", "body": {"request": "destroy", "room": ROOM}}
    )
    room = {
        "request": "create",
        "room": ROOM,
        "sampling_rate": 48_000,
        "default_bitrate": BITRATE,
        "default_expectedloss": LOSS_PERCENT,
    }
    await _post(client, first, {"janus": "message", "body": room})

    async def join(number: int, offer: str) -> str:
        handle = await _attach(client, session)
        body = {
            "request": "join",
            "room": ROOM,
            "muted": False,
            "quality": COMPLEXITY,
            "bitrate": BITRATE,
            "display": str(number),
        }
        jsep = {"type": "offer", "sdp": offer}
        await _post(client, handle, {"janus": "message", "body": body, "jsep": jsep})
        async with asyncio.timeout(20):
            while True:
                event = (await client.get(session)).json()
                if "jsep" in event:
                    answer: str = event["jsep"]["sdp"]
                    return answer

    return join


async def _attach(client: httpx.AsyncClient, session: str) -> str:
    asked: Json = {"janus": "attach", "plugin": "janus.plugin.audiobridge"}
    return f"{session}/{await _ask(client, session, asked)}"


async def _ask(client: httpx.AsyncClient, url: str, what: Json) -> int:
    data = (await _post(client, url, what))["data"]
    assert isinstance(data, dict)
    return int(data["id"])


async def _post(client: httpx.AsyncClient, url: str, what: Json) -> Json:
    response: Json = (await client.post(url, json={**what, "transaction": "t"})).json()
    assert response["janus"] in ("success", "ack"), response
    return response
