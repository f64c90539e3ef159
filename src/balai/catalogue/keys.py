"""Keys that sign lists (Ed25519), and the files they lie in.

Source: RFC 8032 (Ed25519), RFC 8410 (its PEM form).
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from balai.catalogue.errors import KeyExists, KeyInvalid, KeyMissing

PUBLIC_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
_FILE_BYTES_MAX: Final = 10_000


def generate(path: Path) -> Ed25519PrivateKey:
    """Make a key and keep it in a new file that only its owner may read (PEM, PKCS #8).

    Raises:
        KeyExists: a file of this name is there; a lost key cannot be made again.
        KeyInvalid: the file cannot be made.
    """
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as cause:
        raise KeyExists(f"{path}: there is a file of this name already") from cause
    except OSError as cause:
        raise KeyInvalid(f"{path}: cannot be written: {cause.strerror}") from cause
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def load(path: Path) -> Ed25519PrivateKey:
    """Read a key from its file.

    Raises:
        KeyMissing: there is no such file, or it cannot be read.
        KeyInvalid: the file holds no Ed25519 key, or one with a password.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES_MAX)
    except OSError as cause:
        raise KeyMissing(f"{path}: {cause.strerror}") from cause
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise KeyInvalid(f"{path}: this file holds no key for lists") from cause
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyInvalid(f"{path}: this is a key of another kind; lists need Ed25519")
    return key


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Give the 32 bytes that others need to check what this key signed."""
    return key.public_key().public_bytes_raw()


def parse_public(text: str) -> bytes:
    """Read a public key as people pass it on: 64 hexadecimal digits.

    Raises:
        KeyInvalid: it is none.
    """
    try:
        raw = bytes.fromhex(text)
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as cause:
        raise KeyInvalid from cause
    return raw


def is_signed(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature over a message is that key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
