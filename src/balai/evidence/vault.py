"""Sealed files: each under a key of its own, wrapped by the house's vault key.

The vault key lies in a file outside the database, and may lie outside the data folder. Without
it nothing sealed can be read; whoever has it and the files can read all that was not destroyed.
Source: AES-256-GCM, NIST SP 800-38D.
"""

import os
import secrets
import struct
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from balai.evidence.errors import SealBroken, VaultKeyBroken
from balai.evidence.store import Store
from balai.lasting_files import make_once, sync_folder

_MAGIC: Final = b"BALAI-SEALED-1\n\0"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_HEAD: Final = struct.Struct(
    f"{len(_MAGIC)}s{_NONCE_BYTES}s{_KEY_BYTES + _TAG_BYTES}s{_NONCE_BYTES}s"
)


def vault_key(store: Store) -> bytes:
    """Read the vault's key, or make it when nothing is sealed yet.

    Raises:
        VaultKeyBroken: the file is no key, or it is gone while there are sealed files.
    """
    path = store.vault_key
    if not path.exists():
        if any(store.sealed.glob("*.sealed")):
            raise VaultKeyBroken
        make_once(path, secrets.token_bytes(_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise VaultKeyBroken
    return key


def lock(wrapping: bytes, name: str, content: bytes) -> bytes:
    """Encrypt content under a fresh key, and that key under another; give the file."""
    key = secrets.token_bytes(_KEY_BYTES)
    wrap_nonce, nonce = secrets.token_bytes(_NONCE_BYTES), secrets.token_bytes(_NONCE_BYTES)
    wrapped = AESGCM(wrapping).encrypt(wrap_nonce, key, _MAGIC + name.encode())
    head = _HEAD.pack(_MAGIC, wrap_nonce, wrapped, nonce)
    return head + AESGCM(key).encrypt(nonce, content, head + name.encode())


def unlock(wrapping: bytes, name: str, data: bytes) -> bytes:
    """Decrypt a sealed file.

    Raises:
        SealBroken: any bit of it was changed, or it is another file than `name`.
    """
    try:
        magic, wrap_nonce, wrapped, nonce = _HEAD.unpack_from(data)
        key = AESGCM(wrapping).decrypt(wrap_nonce, wrapped, magic + name.encode())
        head = data[: _HEAD.size]
        return AESGCM(key).decrypt(nonce, data[_HEAD.size :], head + name.encode())
    except (InvalidTag, struct.error, ValueError) as cause:
        raise SealBroken from cause


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either there as a whole, also after a power cut, or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
