"""A bell that every process of this machine hears: something in the database is new.

It carries no message, so nothing can be lost that matters: who hears it looks into the
database. Each process binds a datagram socket in one folder; ringing sends a byte to all of
them. Other machines are reached by Redis later, through the same two calls.
"""

import asyncio
import contextlib
import os
import socket
import weakref
from pathlib import Path
from typing import Self

from balai.ids import new_id

_SUFFIX = ".bell"


class Ear:
    """One listener's memory of whether the bell rang since it last asked."""

    def __init__(self) -> None:
        self._rang = asyncio.Event()

    def ring(self) -> None:
        """Remember a ring; many before the next `heard` count as one."""
        self._rang.set()

    async def heard(self) -> None:
        """Wait until the bell has rung since the last call."""
        await self._rang.wait()
        self._rang.clear()


class Bell:
    """Rings in every process that opened one on the same folder.

    On failure: a process that died leaves its socket; the next ring removes it. A process too
    busy to empty its socket has a ring waiting there already, so a full socket loses nothing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        # A socket's path may not exceed 107 bytes; through the folder's descriptor none does.
        self._folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._out.setblocking(False)  # noqa: FBT003 - the standard library's own
        self._in: socket.socket | None = None
        self._name = f"{os.getpid()}-{new_id()}{_SUFFIX}"
        self._ears: weakref.WeakSet[Ear] = weakref.WeakSet()

    def _address(self, name: str) -> str:
        return f"/proc/self/fd/{self._folder_fd}/{name}"

    def ring(self) -> None:
        """Wake every ear in every process; callable from any thread, never waits."""
        for path in self._folder.glob(f"*{_SUFFIX}"):
            try:
                self._out.sendto(b"!", self._address(path.name))
            except BlockingIOError:
                continue
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)

    async def open(self) -> Self:
        """Begin to hear, on the running event loop."""
        self._in = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._in.setblocking(False)  # noqa: FBT003 - the standard library's own
        self._in.bind(self._address(self._name))
        asyncio.get_running_loop().add_reader(self._in, self._hear)
        return self

    def _hear(self) -> None:
        assert self._in is not None  # noqa: S101 - only called between open and close
        with contextlib.suppress(BlockingIOError):
            while self._in.recv(1):
                pass
        for ear in tuple(self._ears):
            ear.ring()

    def listen(self) -> Ear:
        """Give a new ear; it is forgotten when nobody holds it any more."""
        ear = Ear()
        self._ears.add(ear)
        return ear

    async def close(self) -> None:
        """Stop hearing and free the sockets. Safe to call twice."""
        if self._in is not None:
            asyncio.get_running_loop().remove_reader(self._in)
            self._in.close()
            self._in = None
            (self._folder / self._name).unlink(missing_ok=True)
        self._out.close()
        if self._folder_fd >= 0:
            os.close(self._folder_fd)
            self._folder_fd = -1
