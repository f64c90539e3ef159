"""`balai check`: the settings, and what is missing for them to work."""

import contextlib
import shutil
import sys
from pathlib import Path
from typing import Final

from pydantic import SecretStr

import balai
from balai.settings import Settings, variable

FREE_BYTES_MIN: Final = 200 * 2**20


def run(settings: Settings) -> None:
    """Print the settings, secrets hidden; end with status 1 when something is missing."""
    for name, value in settings:
        is_secret = isinstance(value, SecretStr) and value.get_secret_value()
        print(f"{variable(name):22} {'(hidden)' if is_secret else value}")
    found = problems(settings)
    for problem in found:
        print(f"missing: {problem}")
    if found:
        sys.exit(1)
    print("Everything is there; `balai serve` will work.")


def problems(settings: Settings) -> list[str]:
    """Name what is missing for `balai serve`, one sentence each."""
    found = []
    with contextlib.suppress(OSError):
        settings.data.mkdir(parents=True, exist_ok=True)
    probe = settings.data / ".probe"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as cause:
        found.append(f"the data folder cannot be written: {cause.strerror}")
    else:
        if shutil.disk_usage(settings.data).free < FREE_BYTES_MIN:
            found.append("less than 200 MB are free where the data folder is")
    if not (Path(balai.__file__).parent / "web" / "client" / "index.html").exists():
        found.append("the pages are not built; run `make client`")
    return found
