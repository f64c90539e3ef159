"""The servers that the hall's benchmark compares, each with its CPU time from /proc."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from balai.air.ring import Ring

TOKEN = "0123456789abcdefghjkmnpqrs"
PART_S = 0.256
PACKET_BYTES = 171  # an AAC frame at 64 kbit/s
SITE = Path(__file__).parents[1] / "deploy" / "nginx.conf"
_SERVE = (
    "import sys; from pathlib import Path; from balai.settings import Settings; "
    "from balai.web.hall import serve_hall; "
    "serve_hall(Settings(data=Path(sys.argv[1]), hall_port=int(sys.argv[2])))"
)
_NGINX = """
daemon off; {user} worker_processes 1; worker_rlimit_nofile 20000;
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off; keepalive_requests 1000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
_ICECAST = """<icecast>
<limits><clients>20000</clients><sources>2</sources><queue-size>524288</queue-size>
<burst-on-connect>1</burst-on-connect><burst-size>8192</burst-size></limits>
<authentication><source-password>bench</source-password><admin-user>a</admin-user>
<admin-password>bench</admin-password></authentication>
<hostname>localhost</hostname>
<listen-socket><port>{port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
<paths><basedir>{folder}</basedir><logdir>{folder}</logdir><webroot>{folder}</webroot>
<adminroot>{folder}</adminroot></paths>
<logging><accesslog>icecast.access</accesslog><errorlog>icecast.error</errorlog><loglevel>1</loglevel></logging>
{changeowner}</icecast>
"""


@dataclass(frozen=True)
class Server:
    """A server that is being measured."""

    url: str
    pids: list[int]

    def cpu_s(self) -> float:
        """Give the CPU time of its processes so far, system time included."""
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2] for pid in self.pids]
        ticks = sum(int(one.split()[11]) + int(one.split()[12]) for one in fields)
        return ticks / os.sysconf("SC_CLK_TCK")


class OnAir(threading.Thread):
    """Publishes a room's parts in time, through the house's own ring."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self.folder = data / "air" / TOKEN
        self._ring = Ring(self.folder)
        self._ring.begin(bytes.fromhex("1188"))
        self._stopped = threading.Event()
        self._parts = 0
        for _ in range(60):
            self._publish()

    def _publish(self) -> None:
        starts_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=PART_S * self._parts)
        self._ring.publish([os.urandom(PACKET_BYTES) for _ in range(12)], starts_at=starts_at)
        self._parts += 1

    def run(self) -> None:
        due_at = time.monotonic()
        while not self._stopped.wait(max(0.0, due_at - time.monotonic())):
            self._publish()
            due_at += PART_S

    def stop(self) -> None:
        self._stopped.set()
        self.join()

    def segments(self) -> list[str]:
        """Name the segments of the live window."""
        playlist = (self.folder / "live.m3u8").read_text()
        return re.findall(r"^s\d+-.{8}\.m4s$", playlist, re.MULTILINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def our_hall(data: Path) -> Iterator[Server]:
    """One hall worker of the house."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(data), str(port)])
    with _running(process, f"http://127.0.0.1:{port}", path="/healthz") as server:
        yield server


@contextlib.contextmanager
def nginx(data: Path, folder: Path) -> Iterator[Server | None]:
    """Debian's nginx with the configuration that is shipped, one worker; None when missing."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        yield None
        return
    port = free_port()
    site = SITE.read_text()
    words = {"@LISTEN@": f"127.0.0.1:{port}", "@AIR@": str(data / "air")}
    words |= {"@PAGES@": "127.0.0.1:9", "@HALL@": "127.0.0.1:9"}
    for word, value in words.items():
        site = site.replace(word, value)
    (folder / "site.conf").write_text(site)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, user=user))
    process = subprocess.Popen(
        [program, "-p", str(folder), "-e", f"{folder}/e.log", "-c", f"{folder}/nginx.conf"]
    )
    path = f"/hall/{TOKEN}/live.m3u8"
    with _running(process, f"http://127.0.0.1:{port}", path=path) as server:
        yield server


@contextlib.contextmanager
def icecast(folder: Path) -> Iterator[Server | None]:
    """Debian's icecast2 with one source of 64 kbit/s; None when missing."""
    program = shutil.which("icecast2", path=f"{os.environ['PATH']}:/usr/bin")
    if program is None:
        yield None
        return
    port = free_port()
    owner = "<security><changeowner><user>nobody</user><group>nogroup</group></changeowner>"
    changeowner = f"{owner}</security>" if os.geteuid() == 0 else ""
    (folder / "icecast.xml").write_text(
        _ICECAST.format(port=port, folder=folder, changeowner=changeowner)
    )
    folder.chmod(0o777)
    process = subprocess.Popen(
        [program, "-c", f"{folder}/icecast.xml"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with _running(process, f"http://127.0.0.1:{port}", path="/status-json.xsl") as server:
        source = _Source(port)
        source.start()
        yield server
        source.stopped.set()
        source.join()


class _Source(threading.Thread):
    """Sends icecast a stream of 64 kbit/s, in the large blocks that cost it the least."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.stopped = threading.Event()
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(
            b"SOURCE /live ICE/1.0\r\nAuthorization: Basic c291cmNlOmJlbmNo\r\n"
            b"Content-Type: audio/mpeg\r\nIce-Public: 0\r\n\r\n"
        )

    def run(self) -> None:
        due_at = time.monotonic()
        while not self.stopped.wait(max(0.0, due_at - time.monotonic())):
            self._socket.sendall(os.urandom(4_096))
            due_at += 0.512
        self._socket.close()


@contextlib.contextmanager
def _running(process: "subprocess.Popen[bytes]", url: str, *, path: str) -> Iterator[Server]:
    try:
        deadline = time.monotonic() + 15
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{process.args!r} does not serve")
            time.sleep(0.05)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        yield Server(url, [process.pid, *map(int, children)])
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.TransportError:
        return False
