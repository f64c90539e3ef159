"""Listeners for the hall's benchmark, run in processes of their own.

`python -m benchmarks.hall_load parts URL COUNT SECONDS`: low-latency players; each waits for
the next part's playlist (gzip), fetches the part, and waits again.
`python -m benchmarks.hall_load stream URL COUNT SECONDS`: listeners of one endless stream.
Prints READY when all are connected and playing, then one JSON line at the end.
"""

import asyncio
import gzip
import json
import re
import sys
import time
from functools import lru_cache, partial
from typing import cast
from urllib.parse import urlsplit

import uvloop

from balai.web.hall_playlist import read_edge

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_LAST_PART = re.compile(rb'URI="(p[^"]+)"\n?[^"]*$')
_FIELDS = (
    b"Host: 127.0.0.1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 "
    b"Chrome/140\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n"
    b"Origin: http://127.0.0.1:8000\r\nReferer: http://127.0.0.1:8000/\r\n"
    b"Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Dest: empty\r\n\r\n"
)


class Count:
    """What all listeners of this process have received."""

    def __init__(self) -> None:
        self.playing = self.answers = self.errors = self.received_bytes = 0


@lru_cache(maxsize=8)
def _read(packed: bytes) -> tuple[int, int, bytes]:
    playlist = gzip.decompress(packed)
    edge = read_edge(playlist)
    part = _LAST_PART.search(playlist)
    assert part is not None
    return edge.next_msn, edge.parts, part[1]


class PartPlayer(asyncio.Protocol):
    """A low-latency player."""

    def __init__(self, count: Count, folder: bytes) -> None:
        self._count, self._folder = count, folder
        self._buffer = b""
        self._awaits_playlist = True
        self._plays = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask(b"low.m3u8")

    def connection_lost(self, _exc: Exception | None) -> None:
        self._count.errors += not self._transport.is_closing()

    def _ask(self, name: bytes) -> None:
        self._transport.write(b"GET %b/%b HTTP/1.1\r\n%b" % (self._folder, name, _FIELDS))

    def data_received(self, data: bytes) -> None:
        self._count.received_bytes += len(data)
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        length = _LENGTH.search(self._buffer[: end + 2]) if end > 0 else None
        if length is None or len(self._buffer) < end + 4 + int(length[1]):
            return
        head, body, self._buffer = self._buffer[:end], self._buffer[end + 4 :], b""
        self._count.answers += 1
        if not head.startswith(b"HTTP/1.1 200"):
            self._count.errors += 1
        self._next(body)

    def _next(self, body: bytes) -> None:
        if self._awaits_playlist:
            msn, parts, part = _read(body)
            self._wanted = (msn, parts)
            self._ask(part)
        else:
            if not self._plays:
                self._plays = True
                self._count.playing += 1
            self._ask(b"low.m3u8?_HLS_msn=%d&_HLS_part=%d" % self._wanted)
        self._awaits_playlist = not self._awaits_playlist


class StreamListener(asyncio.Protocol):
    """A listener of an endless stream."""

    def __init__(self, count: Count, path: bytes) -> None:
        self._count, self._path = count, path
        self._plays = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(
            b"GET %b HTTP/1.1\r\n%b" % (self._path, _FIELDS)
        )

    def data_received(self, data: bytes) -> None:
        if not self._plays:
            self._plays = True
            self._count.playing += 1
            self._count.errors += b" 200 " not in data[:20]
        self._count.received_bytes += len(data)


async def listen(kind: str, url: str, count_wanted: int, seconds: float) -> None:
    """Connect all, say READY, play, say what was received."""
    place, count = urlsplit(url), Count()
    listener = {"parts": PartPlayer, "stream": StreamListener}[kind]
    loop = asyncio.get_running_loop()
    make = partial(listener, count, place.path.encode())
    for _ in range(count_wanted):
        await loop.create_connection(make, place.hostname or "", place.port or 0)
    while count.playing < count_wanted:  # noqa: ASYNC110  # the next look is soon enough
        await asyncio.sleep(0.05)
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    answers, received, began = count.answers, count.received_bytes, time.monotonic()
    await asyncio.sleep(seconds)
    result = {
        "seconds": time.monotonic() - began,
        "answers": count.answers - answers,
        "received_bytes": count.received_bytes - received,
        "errors": count.errors,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    uvloop.run(listen(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
