"""The narrow port between the edge and a room's worker: questions that need an answer at once.

They are few: a WebRTC offer of a speaker or of the safety team's desk, hanging up, how the
worker is, and what the desk shows of its rooms at this moment. Everything else is a wish in the
database. The port is a call within one process and a unix socket between two: one JSON line
each way, one question per connection.
"""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol, cast

from balai.errors import (
    BalaiError,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Tampered,
    Unavailable,
)

LINE_BYTES_MAX: Final = 256 * 1024
PULSE_BYTES_MAX: Final = 4 * 1024 * 1024  # of the answer that tells of every room at once
ANSWER_S_MAX: Final = 10.0
_SOCKET_NAME: Final = "worker.sock"
_KINDS: Final = {
    kind.kind: kind for kind in (Invalid, NotAllowed, NotFound, Conflict, Unavailable, Tampered)
}

log = logging.getLogger(__name__)


class WorkerAway(Unavailable):
    """The room's worker does not answer right now; try again in a few seconds."""


class StagePort(Protocol):
    """What the edge may ask of the process that carries a room."""

    async def connect(self, room_id: str, seat_id: str, offer: str) -> str:
        """Connect a seat to its stage; give the SDP answer."""
        ...

    async def disconnect(self, room_id: str, seat_id: str) -> None:
        """Hang up on a seat."""
        ...

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        """Let the desk hear a stage before it airs; give the SDP answer, and for how long."""
        ...

    async def send_away(self, room_id: str, monitor: str) -> None:
        """Hang up on whom the desk let hear a stage."""
        ...

    async def health(self) -> Mapping[str, Any]:
        """Give counters of the worker: ticks, late ticks, rooms on air."""
        ...

    async def pulse(self) -> Mapping[str, Any]:
        """Give levels, last words and delay lines of all rooms; for nobody but the desk."""
        ...


def error_to_wire(error: BalaiError) -> dict[str, str]:
    """Give an error the form in which it crosses between processes and to clients."""
    return {"kind": error.kind, "code": error.code(), "message": str(error)}


def error_from_wire(wire: Mapping[str, str]) -> BalaiError:
    """Rebuild an error of the other process: same kind, same code, same sentence."""
    kind = _KINDS.get(wire.get("kind", ""), Unavailable)
    # The class may live in a package that this process never imports; its name is its code.
    name = "".join(word.capitalize() for word in wire.get("code", kind.code()).split("_"))
    rebuilt = type(name, (kind,), {"__doc__": kind.__doc__})(wire.get("message", ""))
    return cast("BalaiError", rebuilt)


class StagePortClient:
    """The port as seen from another process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def connect(self, room_id: str, seat_id: str, offer: str) -> str:
        """Connect a seat to its stage; give the SDP answer."""
        return str(await self._ask("connect", room_id, seat_id, offer))

    async def disconnect(self, room_id: str, seat_id: str) -> None:
        """Hang up on a seat."""
        await self._ask("disconnect", room_id, seat_id)

    async def let_in(self, room_id: str, monitor: str, offer: str) -> Mapping[str, Any]:
        """Let the desk hear a stage before it airs; give the SDP answer, and for how long."""
        return dict(await self._ask("let_in", room_id, monitor, offer))

    async def send_away(self, room_id: str, monitor: str) -> None:
        """Hang up on whom the desk let hear a stage."""
        await self._ask("send_away", room_id, monitor)

    async def health(self) -> Mapping[str, Any]:
        """Give counters of the worker."""
        return dict(await self._ask("health"))

    async def pulse(self) -> Mapping[str, Any]:
        """Give levels, last words and delay lines of all rooms; for nobody but the desk."""
        return dict(await self._ask("pulse", limit=PULSE_BYTES_MAX))

    async def _ask(self, question: str, *arguments: str, limit: int = LINE_BYTES_MAX) -> Any:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                reply = await self._exchange(
                    json.dumps([question, *arguments]).encode(), limit=limit
                )
        except (OSError, TimeoutError, ValueError, asyncio.LimitOverrunError) as cause:
            raise WorkerAway from cause
        if "error" in reply:
            raise error_from_wire(reply["error"])
        return reply.get("ok")

    async def _exchange(self, line: bytes, *, limit: int) -> dict[str, Any]:
        with short_path(self._folder) as folder:
            reader, writer = await asyncio.open_unix_connection(
                f"{folder}/{_SOCKET_NAME}", limit=limit
            )
        try:
            writer.write(line + b"\n")
            await writer.drain()
            return dict(json.loads(await reader.readuntil(b"\n")))
        except asyncio.IncompleteReadError as cause:
            raise WorkerAway from cause
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serve_port(folder: Path, port: StagePort) -> AsyncIterator[None]:
    """Answer the questions of other processes while the context lasts."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                line = await reader.readuntil(b"\n")
                writer.write(json.dumps(await _reply(port, line)).encode() + b"\n")
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            log.warning("a question on the worker's port was not finished")
        finally:
            writer.close()

    folder.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - once, at the start
    (folder / _SOCKET_NAME).unlink(missing_ok=True)
    with short_path(folder) as short:
        server = await asyncio.start_unix_server(
            answer, f"{short}/{_SOCKET_NAME}", limit=LINE_BYTES_MAX
        )
    async with server:
        yield
    (folder / _SOCKET_NAME).unlink(missing_ok=True)


async def _reply(port: StagePort, line: bytes) -> dict[str, Any]:
    try:
        match json.loads(line):
            case ["connect", str(room_id), str(seat_id), str(offer)]:
                return {"ok": await port.connect(room_id, seat_id, offer)}
            case ["disconnect", str(room_id), str(seat_id)]:
                await port.disconnect(room_id, seat_id)
                return {"ok": None}
            case ["let_in", str(room_id), str(monitor), str(offer)]:
                return {"ok": dict(await port.let_in(room_id, monitor, offer))}
            case ["send_away", str(room_id), str(monitor)]:
                await port.send_away(room_id, monitor)
                return {"ok": None}
            case ["health"]:
                return {"ok": dict(await port.health())}
            case ["pulse"]:
                return {"ok": dict(await port.pulse())}
        return {"error": error_to_wire(Invalid("unknown question"))}
    except BalaiError as error:
        return {"error": error_to_wire(error)}
    except Exception:
        log.exception("the worker failed on a question")
        return {"error": error_to_wire(Unavailable())}


@contextlib.contextmanager
def short_path(folder: Path) -> Iterator[str]:
    """Name a folder through its descriptor: socket paths may not exceed 107 bytes."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
