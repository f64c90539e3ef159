"""Keys of unsealed sound: one for each room and stretch, in memory that outlives a process."""

import contextlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from balai.evidence.store import Store

KEY_BYTES: Final = 32
_ENDING: Final = ".key"


def make_key(store: Store, room_id: str, number: int) -> bytes:
    """Make the key of a stretch; it is there before the first byte that needs it."""
    folder = store.keys / room_id
    folder.mkdir(mode=0o700, exist_ok=True)
    key = secrets.token_bytes(KEY_BYTES)
    path = folder / f"{number}{_ENDING}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, key)
    finally:
        os.close(descriptor)
    return key


def read_key(store: Store, room_id: str, number: int) -> bytes | None:
    """Read the key of a stretch; None when it was destroyed."""
    try:
        key = (store.keys / room_id / f"{number}{_ENDING}").read_bytes()
    except FileNotFoundError:
        return None
    return key if len(key) == KEY_BYTES and any(key) else None


def numbers_with_key(store: Store, room_id: str) -> list[int]:
    """Tell which stretches of a room could still be decrypted."""
    names = (path.stem for path in (store.keys / room_id).glob(f"*{_ENDING}"))
    return sorted(int(name) for name in names if name.isdecimal())


def destroy_keys(store: Store, room_id: str, numbers: Iterable[int]) -> None:
    """Overwrite keys where they lie, then remove them."""
    for number in numbers:
        shred(store.keys / room_id / f"{number}{_ENDING}")
    with contextlib.suppress(OSError):  # others are left, or it is gone already
        (store.keys / room_id).rmdir()


def shred(path: Path) -> None:
    """Overwrite a file with zeros, then remove it; nothing when it is gone already.

    In memory the same page is written. On a disk the medium may keep an old copy: that is why
    keys of unsealed sound never lie on one.
    """
    with contextlib.suppress(FileNotFoundError):
        with path.open("r+b", buffering=0) as file:
            file.write(bytes(path.stat().st_size))
            os.fsync(file.fileno())
        path.unlink()
