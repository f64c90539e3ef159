"""A real house: `balai serve` as a process, on free ports, in a folder of its own."""

import asyncio
import atexit
import contextlib
import functools
import json
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import httpx
import psutil

from balai.wire import StagePortClient

START_S_MAX: Final = 60.0
Fits: TypeAlias = Callable[[str, dict[str, object]], bool]


@dataclass
class RunningHouse:
    """Where a running house is, and its process."""

    url: str
    hall_url: str
    data: Path
    operator_link: str
    process: asyncio.subprocess.Process
    printed: list[str]
    reading: "asyncio.Task[None] | None" = None

    async def kill(self) -> None:
        """End the house as a crash would: the supervisor gets SIGKILL and nothing else."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    def part(self, role: str) -> psutil.Process:
        """Give the process of one role: `web`, `worker`, `detector`, `words`."""
        parts = psutil.Process(self.process.pid).children()
        (process,) = [part for part in parts if part.cmdline()[-1] == role]
        return process

    async def until_counted(self, counter: str, *, within_s: float = 120) -> None:
        """Wait until the worker counts at least one: `detectors`, `recognisers`.

        On a machine that never ran a detector, it compiles first.
        """
        worker = StagePortClient(self.data / "run")
        async with asyncio.timeout(within_s):
            while not (await worker.health())[counter]:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """End the house as an operator would."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await self.process.wait()


def free_ports() -> int:
    """Find two free neighbouring ports; give the first."""
    for _ in range(100):
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port = int(one.getsockname()[1])
            with contextlib.suppress(OSError, OverflowError):
                two.bind(("127.0.0.1", port + 1))
                return port
    raise OSError("no two free ports side by side")


@functools.cache
def keys_of(data: Path) -> Path:
    """Give the folder for one house's keys of unsealed sound; it goes when this process ends.

    A house that was killed finds it again, and leaves nothing in memory when all is over.
    """
    prefix = f"balai-test-{data.parent.name}-"
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


async def start_house(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> RunningHouse:
    """Start `balai serve` and wait until it says that it serves."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        raise RuntimeError("a house needs the machine for itself: mark its test `alone`")
    port = free_ports()
    chosen = {
        "PORT": str(port),
        "BALAI_DATA": str(data),
        "BALAI_EVIDENCE_KEYS": str(keys_of(data)),
        **(environment or {}),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "balai", "serve", *arguments,
        env={**os.environ, **chosen},
        cwd=data.parent,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed: list[str] = []
    operator_link = ""
    async with asyncio.timeout(START_S_MAX):
        assert process.stdout is not None  # it was asked for
        while line := (await process.stdout.readline()).decode(errors="replace"):
            printed.append(line.rstrip())
            if found := re.search(r"https?://\S+/operator/\S+", line):
                operator_link = found.group()
            if "is open" in line:
                break
        else:
            raise RuntimeError("the house did not start:\n" + "\n".join(printed))
    url = f"http://127.0.0.1:{port}"
    house = RunningHouse(
        url, f"http://127.0.0.1:{port + 1}", data, operator_link, process, printed
    )
    house.reading = asyncio.create_task(_drain(process.stdout, printed))
    return house


@contextlib.asynccontextmanager
async def running_house(
    data: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[RunningHouse]:
    """Run a house while the context lasts."""
    house = await start_house(data, *arguments, environment=environment)
    try:
        yield house
    finally:
        if house.process.returncode is None:
            await house.stop()


async def _drain(stream: asyncio.StreamReader, printed: list[str]) -> None:
    """Keep reading, or the house would block on a full pipe; keep the last 2,000 lines."""
    while line := await stream.readline():
        printed.append(line.decode(errors="replace").rstrip())
        del printed[:-2_000]


class Person:
    """Somebody who uses the house through its API, as a browser would."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)

    async def call(self, method: str, path: str, **body: object) -> httpx.Response:
        """Make one state-changing or reading call; raises for a refusal."""
        reply = await self.ask(method, path, **body)
        if reply.is_error:
            raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text}")
        return reply

    async def ask(self, method: str, path: str, **body: object) -> httpx.Response:
        """Make one call and give whatever comes back."""
        headers = {}
        if method != "GET":
            me = (await self.http.get("/api/me")).json()
            headers["X-CSRF-Token"] = me["csrf_token"]
        return await self.http.request(
            method, path, headers=headers, json=None if method == "GET" else body
        )

    async def become_operator(self, link: str, handle: str = "olga") -> None:
        """Open the one-time link that the house printed."""
        token = link.rsplit("/", 1)[1]
        await self.call(
            "POST", "/api/operator", token=token, handle=handle, display_name=handle.title()
        )

    async def invite(self, *, uses: int = 1) -> str:
        """Make an invitation; give its token."""
        reply = await self.call("POST", "/api/invitations", uses=uses, hours=24)
        return str(reply.json()["url"]).rsplit("/", 1)[1]

    async def join(self, token: str, handle: str) -> None:
        """Accept an invitation."""
        await self.call(
            "POST",
            f"/api/invitations/{token}/accept",
            handle=handle,
            display_name=handle.title(),
        )

    async def bring_on_stage(self, guest: "Person", room_id: str) -> str:
        """Let somebody raise their hand and accept it; give their seat."""
        await guest.call("POST", f"/api/rooms/{room_id}/hand")
        hands = (await self.call("GET", f"/api/rooms/{room_id}")).json()["hands"]
        await self.call("POST", f"/api/rooms/{room_id}/hands/{hands[0]['id']}/accept")
        me = (await guest.call("GET", f"/api/rooms/{room_id}")).json()["me"]
        return str(me["seat_id"])

    async def open_room(self, **wishes: object) -> str:
        """Create a room and open it; give its id when the hall can hear it."""
        room = {"title": "A room", "description": "", "language": "en", "openness": "open",
                "delay_s": 0, "recording": True, **wishes}  # fmt: skip
        reply = await self.call("POST", "/api/rooms", **room)
        room_id = str(reply.json()["room"]["id"])
        await self.call("POST", f"/api/rooms/{room_id}/open")
        await self.until_live(room_id)
        return room_id

    async def until_live(self, room_id: str) -> None:
        """Wait until the hall can hear a room."""
        await self.until_state(room_id, "live")

    async def until_state(self, room_id: str, state: str) -> None:
        """Wait until a room is, or has been, in a state."""
        await self.until(room_id, lambda event, data: event == "room" and _state(data) == state)

    async def until(self, room_id: str, is_it: Fits, *, after: int = 0) -> dict[str, object]:
        """Read the room's event stream until one event fits; give its data."""
        async with (
            asyncio.timeout(30),
            self.http.stream("GET", f"/api/rooms/{room_id}/events?after={after}") as stream,
        ):
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event:"):
                    kind = line.removeprefix("event:").strip()
                elif line.startswith("data:"):
                    data: dict[str, object] = json.loads(line.removeprefix("data:"))
                    if is_it(kind, data):
                        return data
        raise RuntimeError("the event stream ended")

    async def effect(self, room_id: str, kind: str, **body: object) -> dict[str, object]:
        """Ask for an effect and wait until it was carried out; give what was observed."""
        reply = await self.call("POST", f"/api/rooms/{room_id}/effects/{kind}", **body)
        effect_id = reply.json()["id"]
        told = await self.until(
            room_id,
            lambda event, data: (
                event in ("effect", "effect_failed") and data["effect_id"] == effect_id
            ),
        )
        if "error" in told:
            raise RuntimeError(f"{kind}: {told['error']}")
        return told

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()


def _state(data: dict[str, object]) -> object:
    room = data["room"]
    return room["state"] if isinstance(room, dict) else None
