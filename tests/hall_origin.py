"""A real hall in its own process, and a small writer of rings for it."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

SERVE = (
    "import sys; from pathlib import Path; from balai.settings import Settings; "
    "from balai.web.hall import serve_hall; "
    "serve_hall(Settings(data=Path(sys.argv[1]), hall_port=int(sys.argv[2]), "
    "hall_workers=int(sys.argv[3])))"
)
TOKEN = "0123456789abcdefghjkmnpqrs"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_served(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise AssertionError(f"{url} was not served in time")


@contextmanager
def hall_process(data: Path, *, workers: int = 1) -> Iterator[str]:
    """Serve `data` from a real hall; gives its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(data), str(port), str(workers)]
    )
    try:
        wait_until_served(f"http://127.0.0.1:{port}/healthz", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) == 0


class SmallRing:
    """Publishes files as the air does: a temporary name, then a rename."""

    def __init__(self, data: Path, token: str = TOKEN) -> None:
        self.folder = data / "air" / token
        self.folder.mkdir(parents=True)
        self.parts: list[str] = []
        self.finished: list[tuple[str, list[str]]] = []

    def publish(self, name: str, body: bytes) -> str:
        temporary = self.folder / f".{name}.new"
        temporary.write_bytes(body)
        temporary.rename(self.folder / name)
        return name

    @staticmethod
    def name(stem: str) -> str:
        return f"{stem}-{secrets.token_urlsafe(6)}.m4s"

    def publish_part(self, name: str | None = None) -> str:
        """Publish the next part; every fourth finishes a segment."""
        msn, part = len(self.finished), len(self.parts)
        name = self.publish(name or self.name(f"p{msn}.{part}"), os.urandom(2_200))
        self.parts.append(name)
        if len(self.parts) == 4:
            segment = self.publish(self.name(f"s{msn}"), os.urandom(8_700))
            self.finished.append((segment, self.parts))
            self.parts = []
        self.publish_playlists()
        return name

    def publish_playlists(self, *, is_ended: bool = False) -> None:
        first = max(0, len(self.finished) - 6)
        lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        plain = list(lines)
        for segment, parts in self.finished[first:]:
            lines += [f'#EXT-X-PART:DURATION=0.256,URI="{part}"' for part in parts]
            lines += ["#EXTINF:1.024,", segment]
            plain += ["#EXTINF:1.024,", segment]
        lines += [f'#EXT-X-PART:DURATION=0.256,URI="{part}"' for part in self.parts]
        end = ["#EXT-X-ENDLIST", ""] if is_ended else [""]
        self.publish("low.m3u8", "\n".join(lines + end).encode())
        self.publish("live.m3u8", "\n".join(plain + end).encode())
