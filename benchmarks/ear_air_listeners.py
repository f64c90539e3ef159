"""Listeners of one room for the proof that matters; run in a process of its own.

`python -m benchmarks.ear_air_listeners URL COUNT`: plain HLS listeners, each on a connection of
its own, fetching the playlist about once a second and every segment it names. Reads lines from
standard input: at each, prints one JSON object of segment name → how many received it whole.
"""

import asyncio
import json
import random
import re
import sys
from collections import Counter
from typing import Final
from urllib.parse import urlsplit

EVERY_S: Final = 1.0
_LENGTH: Final = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_SEGMENT: Final = re.compile(rb"^([^#\s][^\s]*)$", re.MULTILINE)


class Listener:
    """One listener; comes back when the hall hangs up."""

    def __init__(self, url: str, received: Counter[str]) -> None:
        self._place = urlsplit(url)
        self._folder = self._place.path.rsplit("/", 1)[0]
        self._received = received
        self._had: set[str] = set()

    async def play(self) -> None:
        """Listen until cancelled."""
        await asyncio.sleep(random.uniform(0, EVERY_S))
        while True:
            try:
                await self._connection()
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(EVERY_S)

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port)
        try:
            while True:
                playlist = await self._get(reader, writer, self._place.path)
                for name in _SEGMENT.findall(playlist):
                    segment = name.decode()
                    if segment not in self._had:
                        body = await self._get(reader, writer, f"{self._folder}/{segment}")
                        self._had.add(segment)
                        self._received[segment] += bool(body)
                await asyncio.sleep(EVERY_S)
        finally:
            writer.close()

    @staticmethod
    async def _get(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> bytes:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        return body if b" 200 " in head[:20] else b""


async def listen(url: str, count: int) -> None:
    """Let listeners play, and tell what they received whenever asked."""
    received: Counter[str] = Counter()
    playing = [asyncio.create_task(Listener(url, received).play()) for _ in range(count)]
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while await lines.readline():
        print(json.dumps(received), flush=True)
    for task in playing:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(listen(sys.argv[1], int(sys.argv[2])))
