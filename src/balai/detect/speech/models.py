"""Speech models that can be fetched: only when a person asks, never while the house serves.

What is fetched is checked against the sizes and hashes that the hub lists. A model's folder
appears under its name when it is whole; until then its files wait beside it and a fetch that
was cut goes on where it stopped.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import httpx

from balai.detect.speech.whisper import FILES_NEEDED, ModelMissing, is_whole
from balai.errors import Conflict, NotAllowed, NotFound, Tampered, Unavailable
from balai.lasting_files import sync_folder

HUB: Final = "https://huggingface.co"
# Of a repository only these are ever asked for or written, whatever its listing says.
FILES: Final = frozenset(
    {*FILES_NEEDED, "preprocessor_config.json", "vocabulary.json", "vocabulary.txt"}
)
LISTING_BYTES_MAX: Final = 1024 * 1024
MODEL_BYTES_MAX: Final = 8 * 10**9
FREE_BYTES_MIN: Final = 200 * 10**6  # left for the rest of the house
REDIRECTS_MAX: Final = 5
CONNECT_S_MAX: Final = 10.0
SILENCE_S_MAX: Final = 30.0
_PIECE: Final = 1024 * 1024
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_GIT_SHA1: Final = re.compile(r"[0-9a-f]{40}")

Told = Callable[[str, int, int], None]  # file, bytes of the model that are here, and of all


class ModelConsentMissing(NotAllowed):
    """Fetching a speech model needs your consent: it is large, and the hub learns of it."""


class ModelUnknown(NotFound):
    """No speech model of this name can be fetched; `balai models list` names them."""


class ModelPresent(Conflict):
    """This speech model is here already; remove it to fetch it again."""


class FetchRunning(Conflict):
    """This speech model is being fetched already; wait until that ends."""


class FetchBroken(Unavailable):
    """The speech model did not come to its end; ask again, it goes on where it stopped."""


class DiskTooSmall(Unavailable):
    """There is not enough room on this disk for the speech model; make room first."""


class ModelTampered(Tampered):
    """What arrived is not the speech model that was announced; it was thrown away."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be fetched."""

    name: str
    repository: str
    about_bytes: int  # the listing tells exactly


CATALOGUE: Final = {
    model.name: model
    for model in (
        Model("tiny", "Systran/faster-whisper-tiny", 78_000_000),
        Model("tiny.en", "Systran/faster-whisper-tiny.en", 78_000_000),
        Model("base", "Systran/faster-whisper-base", 148_000_000),
        Model("base.en", "Systran/faster-whisper-base.en", 148_000_000),
        Model("small", "Systran/faster-whisper-small", 486_000_000),
        Model("small.en", "Systran/faster-whisper-small.en", 486_000_000),
        Model("large-v3", "Systran/faster-whisper-large-v3", 3_090_000_000),
        Model("large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1_620_000_000),
    )
}


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the hub lists it: by SHA-256 when it is large, else by git's own hash."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str

    def hash(self) -> _Hash:
        """Begin the hash that this file must have."""
        if self.sha256 is not None:
            return hashlib.sha256()
        return hashlib.new("sha1", b"blob %d\0" % self.size, usedforsecurity=False)

    def is_right(self, hashed: _Hash) -> bool:
        """Compare."""
        return hashed.hexdigest() == (self.sha256 or self.git_sha1)


def present(folder: Path) -> dict[str, int]:
    """Name the models that are here, with their bytes: fetched, or put in place by hand."""
    if not folder.is_dir():
        return {}
    return {
        one.name: sum(file.stat().st_size for file in one.iterdir() if file.is_file())
        for one in sorted(folder.iterdir())
        if _PLAIN_NAME.fullmatch(one.name) and is_whole(one)
    }


def fetch(
    name: str, folder: Path, *, consent: bool, progress: Told, base_url: str = HUB
) -> Path:
    """Fetch a model; give its folder.

    Raises:
        ModelConsentMissing, ModelUnknown, ModelPresent, FetchRunning: the hub was not asked.
        DiskTooSmall: nothing was fetched.
        FetchBroken: what has come is kept for the next try.
        ModelTampered: a file was larger or other than announced.
    """
    if name not in CATALOGUE:
        raise ModelUnknown
    if not consent:
        raise ModelConsentMissing
    target, staging = folder / name, _staging(folder, name)
    if target.exists():
        raise ModelPresent
    try:
        staging.mkdir(parents=True, exist_ok=True)
        with _alone(staging), _client(base_url) as client:
            _Fetching(client, CATALOGUE[name].repository, staging, progress).run()
            staging.rename(target)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as cause:
        raise FetchBroken from cause
    sync_folder(folder)
    return target


def place(name: str, source: Path, folder: Path) -> Path:
    """Copy a model that is on this machine to where the house looks for it; give its folder.

    Raises:
        ModelMissing: the source lacks a file, or the name is none.
        ModelPresent, FetchRunning: nothing was copied.
        DiskTooSmall: it could not be copied whole.
    """
    if not _PLAIN_NAME.fullmatch(name) or not is_whole(source):
        raise ModelMissing
    target, staging = folder / name, _staging(folder, name)
    if target.exists():
        raise ModelPresent
    staging.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(staging):
            for file in FILES & {one.name for one in source.iterdir()}:
                shutil.copyfile(source / file, staging / file)
            staging.rename(target)
    except OSError as cause:
        raise DiskTooSmall from cause
    sync_folder(folder)
    return target


def remove(name: str, folder: Path) -> None:
    """Remove a model, and what there is of one that was not fetched to its end.

    Raises:
        ModelMissing: there is nothing of this name.
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise ModelMissing
    target, staging = folder / name, _staging(folder, name)
    if not target.exists() and not staging.exists():
        raise ModelMissing
    if target.is_symlink():  # the operator's own place for it stays
        target.unlink()
    for one in (target, staging):
        if one.is_dir():
            shutil.rmtree(one)


class _Fetching:
    """One model on its way from the hub to its folder."""

    def __init__(
        self, client: httpx.Client, repository: str, staging: Path, progress: Told
    ) -> None:
        self._client = client
        self._repository = repository
        self._staging = staging
        self._progress = progress
        self._here = 0
        self._total = 0

    def run(self) -> None:
        files = self._listed()
        self._total = sum(one.size for one in files)
        needed = self._total - sum(one.stat().st_size for one in self._staging.iterdir())
        if shutil.disk_usage(self._staging).free < needed + FREE_BYTES_MIN:
            raise DiskTooSmall
        for one in files:
            self._fetch(one)
        for leftover in {one.name for one in self._staging.iterdir()} - {
            one.name for one in files
        }:
            (self._staging / leftover).unlink()

    def _listed(self) -> list[Listed]:
        path = f"/api/models/{self._repository}/tree/main"
        with self._client.stream("GET", path) as response:
            response.raise_for_status()
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > LISTING_BYTES_MAX:
                    raise ModelTampered
        return _listing(bytes(body))

    def _fetch(self, file: Listed) -> None:
        """Bring one file, from where it stopped the last time."""
        whole, part = self._staging / file.name, self._staging / f"{file.name}.part"
        if whole.exists():  # checked again: it may be of another day
            whole.rename(part)
        hashed, have = _hashed(part, file)
        if have < file.size:
            self._stream(file, part, have)
            hashed, have = _hashed(part, file)
        if have < file.size:
            raise FetchBroken
        if have > file.size or not file.is_right(hashed):
            part.unlink(missing_ok=True)
            raise ModelTampered
        part.rename(whole)
        self._here += file.size
        self._progress(file.name, self._here, self._total)

    def _stream(self, file: Listed, part: Path, have: int) -> None:
        headers = {"Range": f"bytes={have}-"} if have else {}
        path = f"/{self._repository}/resolve/main/{file.name}"
        with self._client.stream("GET", path, headers=headers) as response:
            response.raise_for_status()
            is_rest = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            have = (
                have if is_rest and response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            )
            with part.open("ab" if have else "wb") as out:
                for piece in response.iter_raw():
                    have += out.write(piece)
                    self._progress(file.name, self._here + min(have, file.size), self._total)
                    if have > file.size:
                        break
                out.flush()
                os.fsync(out.fileno())


def _hashed(path: Path, file: Listed) -> tuple[_Hash, int]:
    """Hash what is here of a file; give its bytes as well."""
    hashed, have = file.hash(), 0
    if path.exists():
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                hashed.update(piece)
                have += len(piece)
    return hashed, have


def _listing(body: bytes) -> list[Listed]:
    """Read a repository's listing: only the files of a model, each of them once.

    Raises:
        ModelTampered: a hash or a size is none, or a file is missing.
    """
    try:
        entries = json.loads(body)
        files = {
            entry["path"]: _listed(entry) for entry in entries if entry.get("path") in FILES
        }
    except (ValueError, RecursionError, TypeError, AttributeError, KeyError) as cause:
        raise ModelTampered from cause
    total = sum(one.size for one in files.values())
    if not set(FILES_NEEDED) <= set(files) or total > MODEL_BYTES_MAX:
        raise ModelTampered
    return sorted(files.values(), key=lambda one: one.size)


def _listed(entry: dict[str, Any]) -> Listed:
    size, large = entry["size"], entry.get("lfs")
    sha256 = large["oid"] if large else None
    is_right = (
        isinstance(size, int)
        and size > 0
        and _GIT_SHA1.fullmatch(entry["oid"])
        and (sha256 is None or _SHA256.fullmatch(sha256))
    )
    if not is_right:
        raise ModelTampered
    return Listed(entry["path"], size, sha256, entry["oid"])


def _client(base_url: str) -> httpx.Client:
    is_secure = base_url.startswith("https:")

    def check(request: httpx.Request) -> None:
        if is_secure and request.url.scheme != "https":
            raise httpx.UnsupportedProtocol("led away from https", request=request)

    return httpx.Client(
        base_url=base_url,
        timeout=httpx.Timeout(SILENCE_S_MAX, connect=CONNECT_S_MAX),
        follow_redirects=True,  # the hub keeps large files elsewhere; their hashes are its own
        max_redirects=REDIRECTS_MAX,
        headers={"Accept-Encoding": "identity"},
        event_hooks={"request": [check]},
    )


@contextlib.contextmanager
def _alone(staging: Path) -> Iterator[None]:
    """Keep a second fetch of the same model out."""
    folder = os.open(staging, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as cause:
        raise FetchRunning from cause
    finally:
        os.close(folder)


def _staging(folder: Path, name: str) -> Path:
    return folder / f".{name}.part"
