"""Debian's nginx in front of a house, with the configuration that is shipped."""

import gzip
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.hall_origin import TOKEN, SmallRing, free_port, hall_process, wait_until_served

SITE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
MAIN = """
daemon off; {user} worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Pages(BaseHTTPRequestHandler):
    """A house that says what reached it, and an event stream that goes on when told."""

    protocol_version = "HTTP/1.1"
    go_on = threading.Event()

    def do_GET(self) -> None:
        if self.path.endswith("/events"):
            self._stream()
            return
        seen = "\n".join([self.path, *(f"{k}: {v}" for k, v in self.headers.items())]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(seen)))
        self.end_headers()
        self.wfile.write(seen)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for number in range(3):
            self.wfile.write(b"data: %d\n\n" % number)
            self.wfile.flush()
            self.go_on.wait(20)
            self.go_on.clear()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Front:
    """The address of the front, and what stands behind it."""

    def __init__(self, url: str, ring: SmallRing) -> None:
        self.url = url
        self.hall = f"{url}/hall/{TOKEN}"
        self.ring = ring


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    data, folder = tmp_path_factory.mktemp("house"), tmp_path_factory.mktemp("nginx")
    ring = SmallRing(data)
    for _ in range(14):
        ring.publish_part()
    pages = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    with hall_process(data) as hall:
        port = free_port()
        site = SITE.read_text()
        for word, value in {
            "@LISTEN@": f"127.0.0.1:{port}",
            "@PAGES@": f"127.0.0.1:{pages.server_port}",
            "@HALL@": hall.removeprefix("http://"),
            "@AIR@": str(data / "air"),
        }.items():
            site = site.replace(word, value)
        (folder / "site.conf").write_text(site)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
        assert NGINX is not None
        nginx = subprocess.Popen(
            [
                NGINX,
                "-p",
                str(folder),
                "-e",
                f"{folder}/error.log",
                "-c",
                f"{folder}/nginx.conf",
            ]
        )
        url = f"http://127.0.0.1:{port}"
        wait_until_served(url, nginx)
        yield Front(url, ring)
        nginx.terminate()
        assert nginx.wait(10) == 0
    pages.shutdown()
    pages.server_close()


def test_pages_are_passed_on_with_the_callers_address(front: Front) -> None:
    lines = httpx.get(f"{front.url}/rooms/abc?x=1").text.splitlines()
    assert lines[0] == "/rooms/abc?x=1"
    assert "X-Forwarded-For: 127.0.0.1" in lines
    assert "X-Forwarded-Proto: http" in lines
    assert f"Host: {front.url.removeprefix('http://')}" in lines


def test_events_arrive_one_by_one(front: Front) -> None:
    with httpx.stream("GET", f"{front.url}/api/rooms/abc/events", timeout=20) as stream:
        seen = []
        for line in stream.iter_lines():
            if line:
                seen.append(line)
                Pages.go_on.set()  # the next event exists only after this one has arrived
    assert seen == ["data: 0", "data: 1", "data: 2"]


def test_sound_is_a_file_that_may_be_kept_for_ever(front: Front) -> None:
    segment, parts = front.ring.finished[0]
    for name in (segment, parts[0]):
        answer = httpx.get(f"{front.hall}/{name}")
        assert answer.content == (front.ring.folder / name).read_bytes()
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-type"] == "audio/mp4"
    some = httpx.get(f"{front.hall}/{segment}", headers={"range": "bytes=10-19"})
    assert (some.status_code, len(some.content)) == (206, 10)


def test_plain_playlists_are_files_that_are_asked_for_anew(front: Front) -> None:
    body = (front.ring.folder / "live.m3u8").read_bytes() + b"#" * 2_000
    front.ring.publish("live.m3u8", body)
    with httpx.stream("GET", f"{front.hall}/live.m3u8") as answer:
        raw = b"".join(answer.iter_raw())
    assert gzip.decompress(raw) == body
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"


def test_captions_are_files_too(front: Front) -> None:
    body = b"WEBVTT\n\n1\n00:00.000 --> 00:01.000\nword\n\n" + b"\n" * 3_000
    for name in ("c7-aaaaaaaa.vtt", "c-aaaaaaaa.vtt", "transcript.vtt"):
        front.ring.publish(name, body)
        answer = httpx.get(f"{front.hall}/{name}")
        assert answer.content == body
        assert answer.headers["content-type"] == "text/vtt; charset=utf-8"
        assert answer.headers["access-control-allow-origin"] == "*"
        lasting = "public, max-age=31536000, immutable"
        is_growing = name == "transcript.vtt"
        assert answer.headers["cache-control"] == ("no-cache" if is_growing else lasting)
        assert ("content-encoding" in answer.headers) is is_growing
    for name in ("captions", "captions-live", "room-live", "room-low", "room-rewind"):
        front.ring.publish(f"{name}.m3u8", b"#EXTM3U\n")
        answer = httpx.get(f"{front.hall}/{name}.m3u8")
        assert answer.content == b"#EXTM3U\n"
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"


def test_a_player_waits_through_nginx(front: Front) -> None:
    ring = front.ring
    msn, part = len(ring.finished), len(ring.parts)
    query = {"_HLS_msn": msn, "_HLS_part": part}
    before = httpx.get(f"{front.hall}/low.m3u8")
    assert f"p{msn}.{part}-" not in before.text
    publishing = threading.Timer(0.1, ring.publish_part)
    publishing.start()
    answer = httpx.get(f"{front.hall}/low.m3u8", params=query)
    publishing.join()
    assert f"p{msn}.{part}-" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_nothing_else_has_an_address(front: Front) -> None:
    folder = front.ring.folder
    segment = front.ring.finished[0][0]
    (folder / ".p9.9-aaaaaaaa.m4s").write_text("hidden")
    (folder / "notes.txt").write_text("notes")
    (folder / "notes.vtt").write_text("notes")
    (folder / ".transcript.vtt").write_text("hidden")
    (folder.parent / "balai.sqlite3").write_text("records")
    for path in (
        "/hall/",
        f"/hall/{TOKEN}",
        f"/hall/{TOKEN}/",
        f"/hall/{TOKEN}/.p9.9-aaaaaaaa.m4s",
        f"/hall/{TOKEN}/%2ep9.9-aaaaaaaa.m4s",
        f"/hall/{TOKEN}/notes.txt",
        f"/hall/{TOKEN}/../balai.sqlite3",
        f"/hall/{TOKEN}/..%2fbalai.sqlite3",
        f"/hall/{TOKEN}/{segment[:-5]}",
        f"/hall/{TOKEN}/{segment}/",
        f"/hall/{TOKEN}/replay.m3u8",
        f"/hall/{TOKEN}/s3-aaaaaaaa.m4s",
        f"/hall/{TOKEN}/room-replay.m3u8",
        f"/hall/{TOKEN}/.transcript.vtt",
        f"/hall/{TOKEN}/c7-bbbbbbbb.vtt",
        f"/hall/{TOKEN}/notes.vtt",
        f"/hall/{'z' * 26}/live.m3u8",
    ):
        request = httpx.Request("GET", front.url, extensions={"target": path.encode()})
        with httpx.Client() as client:
            answer = client.send(request)
        assert (path, answer.status_code) == (path, 404)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["error"]["code"] == "not_found"
