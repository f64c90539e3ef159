"""A detector's end of the connection to a worker: chunks in, what was heard out."""

import contextlib
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from balai.detect.chunk import Chunk
from balai.detect.wire import HEAD, DetectorGarbled, Head, Told, line
from balai.wire import short_path


class Connection:
    """Chunks of the voices that a worker gives; telling is safe from any thread."""

    def __init__(self, connected: socket.socket, stream: BinaryIO) -> None:
        self._connected = connected
        self._stream = stream
        self._telling = threading.Lock()

    def chunks(self) -> Iterator[Chunk]:
        """Give chunk after chunk until the worker goes.

        Raises:
            DetectorGarbled: something else came.
            OSError: the connection broke.
        """
        while head := self._stream.read(HEAD.size):
            if len(head) < HEAD.size:
                raise DetectorGarbled
            parsed = Head.read(head)
            rest = self._stream.read(parsed.rest)
            if len(rest) < parsed.rest:
                raise DetectorGarbled
            yield parsed.chunk(rest)

    def close(self) -> None:
        """End the connection; `chunks` ends with it."""
        with contextlib.suppress(OSError):
            self._connected.shutdown(socket.SHUT_RDWR)

    def tell(self, told: Iterable[Told]) -> None:
        """Tell the worker.

        Raises:
            OSError: the connection broke.
        """
        with self._telling:
            self._connected.sendall(b"".join(map(line, told)))


@contextlib.contextmanager
def connected(run_path: Path, socket_name: str) -> Iterator[Connection]:
    """Connect to whichever worker serves this folder, while the context lasts.

    Raises:
        OSError: there is none.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        with short_path(run_path) as folder:
            connection.connect(f"{folder}/{socket_name}")
        with connection.makefile("rb") as stream:
            yield Connection(connection, stream)
