"""Samples that nobody can choose: whether something is among them follows from its id alone."""

import hashlib
from typing import Final

_DIGEST_BYTES: Final = 8
_AMONG: Final = 256**_DIGEST_BYTES


def is_among(name: str, share: float) -> bool:
    """Tell whether something belongs to a share of all such things."""
    digest = hashlib.sha256(name.encode()).digest()[:_DIGEST_BYTES]
    return int.from_bytes(digest, "big") / _AMONG < share
