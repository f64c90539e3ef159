"""Packs that were in use, kept by their hash, so that every verdict can be had again."""

import shutil
import tempfile
from pathlib import Path

from balai.lasting_files import write_through
from balai.policy.errors import (
    PackInvalid,
    PackMissing,
    PackStoreUnusable,
    PackTampered,
)
from balai.policy.folder import PackFiles, hash_of, is_hash, read_folder
from balai.policy.pack import Pack, from_files


def put(store: Path, folder: Path) -> str:
    """Keep a copy of a pack, whole or not at all, and give its hash.

    Raises:
        PackMissing, PackInvalid: the folder has no pack that can be used.
        PackTampered: a copy with this hash is kept already and is not what it should be.
        PackStoreUnusable: the copy cannot be written.
    """
    files = read_folder(folder)
    return put_files(store, from_files(files), files).hash


def put_files(store: Path, pack: Pack, files: PackFiles) -> Pack:
    """Keep the files of which a pack was made; give the pack as it is kept.

    Raises:
        PackTampered, PackStoreUnusable: as `put`.
    """
    try:
        if not (store / pack.hash).exists():
            _write(store, pack.hash, files)
    except OSError as cause:
        raise PackStoreUnusable(f"the pack cannot be kept: {cause.strerror}") from cause
    return get(store, pack.hash)


def get(store: Path, hash_: str) -> Pack:
    """Give the kept pack with this hash.

    Raises:
        PackMissing: none is kept.
        PackTampered: what is kept is not what was put there.
    """
    folder = store / hash_
    if not is_hash(hash_) or not folder.is_dir():
        raise PackMissing
    try:
        files = read_folder(folder)
    except PackInvalid as cause:
        raise PackTampered(f"the kept pack {hash_} was changed: {cause}") from cause
    if hash_of(files) != hash_:
        raise PackTampered(f"the kept pack {hash_} was changed")
    return from_files(files)


def listed(store: Path) -> list[str]:
    """Give the hashes of all kept packs, sorted."""
    try:
        return sorted(entry.name for entry in store.iterdir() if is_hash(entry.name))
    except FileNotFoundError:
        return []
    except OSError as cause:
        raise PackStoreUnusable(f"the folder cannot be read: {cause.strerror}") from cause


def _write(store: Path, hash_: str, files: PackFiles) -> None:
    store.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{hash_}.", dir=store))
    try:
        for name, data in files.items():
            (made / name).parent.mkdir(exist_ok=True)
            write_through(made / name, data)
        made.chmod(0o755)
        _rename(made, store / hash_)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _rename(made: Path, kept: Path) -> None:
    try:
        made.rename(kept)
    except OSError:
        if not kept.is_dir():  # else another process kept the same pack in this moment
            raise
