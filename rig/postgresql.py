"""A PostgreSQL of one's own, in a temporary folder, reached by a socket there, then gone."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

_PATIENCE_S: Final = 60.0
_DEBIAN: Final = Path("/usr/lib/postgresql")
_NOBODY: Final = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--")


def programs() -> Path | None:
    """Find the folder of `initdb` and `postgres`, None when there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return next((one.parent for one in sorted(_DEBIAN.glob("*/bin/initdb"))[::-1]), None)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Run one until the end of the block; give the address of its database."""
    where = programs()
    assert where is not None, "there is no PostgreSQL on this machine"
    folder = Path(tempfile.mkdtemp(prefix="balai-pg-", dir="/tmp"))
    who: tuple[str, ...] = ()
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        who = _NOBODY
        shutil.chown(folder, "nobody", "nogroup")
    try:
        with _server(where, folder, who) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def _server(where: Path, folder: Path, who: tuple[str, ...]) -> Iterator[str]:
    data = str(folder / "data")
    make = ["initdb", "-D", data, "-A", "trust", "-U", "balai", "-E", "UTF8", "--locale=C"]
    subprocess.run(
        [*who, where / make[0], *make[1:]], check=True, cwd="/", stdout=subprocess.DEVNULL
    )
    listen = ["-k", str(folder), "-c", "listen_addresses="]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [*who, where / "postgres", "-D", data, *listen], cwd="/", stdout=log, stderr=log
        )
    try:
        url = f"postgresql+psycopg://balai@/postgres?host={folder}"
        _wait(url, server)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(url: str, server: "subprocess.Popen[bytes]") -> None:
    engine, until = create_engine(url), time.monotonic() + _PATIENCE_S
    while True:
        try:
            engine.connect().close()
        except OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            engine.dispose()
            return
