"""The house's own secret, and the hashes made with it or without."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from balai.errors import Tampered
from balai.lasting_files import make_once

_KEY_BYTES: Final = 32
_KEY_FILE: Final = "house.key"


class HouseKeyBroken(Tampered):
    """The house's key file has the wrong length; put the right one back from a backup."""


@dataclass(frozen=True, slots=True)
class HouseKey:
    """Signs sessions and salts the hashes of bans. It lies beside the database, not in it."""

    secret: bytes

    def sign(self, purpose: str, value: str) -> str:
        """Make a keyed hash (64 hexadecimal digits) that nobody without the key can make."""
        return hmac.new(self.secret, f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()

    def is_signed(self, purpose: str, value: str, signature: str) -> bool:
        """Compare a signature without telling by the time taken how much of it is right."""
        return hmac.compare_digest(self.sign(purpose, value).encode(), signature.encode())


def digest(token: str) -> str:
    """Hash a random token for keeping; 130 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def house_key(folder: Path) -> HouseKey:
    """Read the house's key, or make it at the first start.

    Raises:
        HouseKeyBroken: the file is there, but is no key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _KEY_FILE
    make_once(path, secrets.token_bytes(_KEY_BYTES))
    secret = path.read_bytes()
    if len(secret) != _KEY_BYTES:
        raise HouseKeyBroken
    return HouseKey(secret)
