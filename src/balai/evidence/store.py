"""Where a house keeps evidence: unsealed sound, its keys, sealed sound, and the vault's key.

Keys of unsealed sound lie in memory (tmpfs), outside the data folder: what was copied from the
disk can then never be opened with what was copied from the disk.
"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from balai.evidence.errors import KeysForeign, KeysNotInMemory
from balai.settings import Settings

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own in it, checked before use
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
_MOUNTS: Final = Path("/proc/self/mounts")
_OTHERS: Final = 0o077


@dataclass(frozen=True, slots=True)
class Store:
    """The folders of one house's evidence, and how long sealed evidence is kept."""

    ring: Path
    keys: Path
    sealed: Path
    vault_key: Path
    keep: timedelta


def store_of(settings: Settings) -> Store:
    """Name the folders of a house. All processes of it find the same ones."""
    folder = settings.data / "evidence"
    owner = hashlib.sha256(str(settings.data.resolve()).encode()).hexdigest()[:16]
    root = settings.evidence_keys or _MEMORY
    return Store(
        ring=folder / "ring",
        keys=root / f"balai-{os.getuid()}-{owner}",
        sealed=folder / "sealed",
        vault_key=settings.evidence_vault or folder / "vault.key",
        keep=timedelta(days=settings.evidence_days),
    )


def make_folders(store: Store) -> None:
    """Make the folders, and make sure that keys of unsealed sound lie in our own memory.

    Raises:
        KeysNotInMemory: they would lie on a disk.
        KeysForeign: somebody else made that folder, or others may look into it.
    """
    require_memory(store)
    for folder in (store.ring, store.sealed, store.keys):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = store.keys.lstat()
    is_ours = found.st_uid == os.getuid() and not found.st_mode & _OTHERS
    if not stat.S_ISDIR(found.st_mode) or not is_ours:
        raise KeysForeign


def require_memory(store: Store) -> None:
    """Refuse a folder for keys that is not backed by memory.

    Raises:
        KeysNotInMemory: it is on a disk, or does not exist.
    """
    root = store.keys.parent
    if not root.is_dir() or _file_system(root.resolve()) not in _IN_MEMORY:
        raise KeysNotInMemory(
            f"Keys of unsealed sound may lie in memory only, and {root} is not in memory; set "
            "BALAI_EVIDENCE_KEYS to a folder on a tmpfs, or BALAI_EVIDENCE_S to 0."
        )


def _file_system(folder: Path) -> str:
    """Name the kind of file system that a folder is on; empty when nobody can say."""
    kinds: dict[Path, str] = {}
    for line in _MOUNTS.read_text(errors="replace").splitlines():
        _, place, kind, *_ = line.split(" ")
        kinds[Path(re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), place))] = kind
    return next((kinds[one] for one in (folder, *folder.parents) if one in kinds), "")
