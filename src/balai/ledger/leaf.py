"""What a leaf of the tree stands for, and how it is hashed.

The tree holds `SHA-256(0x00 || SHA-256(salt || content))`. The salt is random and as secret as
the record: without it nobody can guess a record and compare hashes. Who erases record and salt
leaves a hash that nothing can be learnt from, and the tree as it was.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Self

from balai.ledger import canonical, tree
from balai.ledger.errors import RecordInvalid

SALT_BYTES: Final = 32
KIND_MAX: Final = 32
TIME_LENGTH: Final = 27
ERASURE: Final = "erasure"
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_TIME: Final = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"T(?:[01]\d|2[0-3])(?::[0-5]\d){2}\.\d{6}Z",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry as it is hashed.

    Shapes:
        at: RFC 3339 in UTC with six digits of the second, 27 characters
        record: canonical JSON of an object, 65,536 bytes at most
        salt: 32 random bytes

    Raises:
        RecordInvalid: a part is not of this form, so that two leaves could share their bytes.
    """

    kind: str
    at: str
    record: bytes
    salt: bytes

    def __post_init__(self) -> None:
        """Refuse what could be cut in two ways."""
        if not is_kind(self.kind):
            raise RecordInvalid(f"a kind has 1 to {KIND_MAX} of a-z, 0-9 and _, a letter first")
        if _TIME.fullmatch(self.at) is None:
            raise RecordInvalid("the time of an entry is RFC 3339 in UTC, to the microsecond")
        if len(self.salt) != SALT_BYTES:
            raise RecordInvalid(f"a salt has {SALT_BYTES} bytes")
        if len(self.record) > canonical.RECORD_BYTES_MAX:
            raise RecordInvalid(f"a record has {canonical.RECORD_BYTES_MAX} bytes at most")

    @classmethod
    def of(cls, kind: str, at: datetime, record: dict[str, object]) -> Self:
        """Make the leaf of a new entry, with a salt of its own."""
        return cls(
            kind=kind,
            at=time_text(at),
            record=canonical.canonical(record),
            salt=secrets.token_bytes(SALT_BYTES),
        )

    def content(self) -> bytes:
        """Give the canonical JSON of time, kind and record."""
        head = f'{{"at":"{self.at}","kind":"{self.kind}","record":'.encode()
        return b"%b%b}" % (head, self.record)

    def hash(self) -> bytes:
        """Give the hash that the tree holds."""
        return tree.leaf_hash(sha256(self.salt + self.content()).digest())


def is_kind(text: str) -> bool:
    """Tell whether a kind of entry may be called so."""
    return _KIND.fullmatch(text) is not None


def time_text(at: datetime) -> str:
    """Write a moment as it is hashed."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_record(data: bytes) -> dict[str, Any]:
    """Read a record.

    Raises:
        RecordInvalid: it is no object in canonical form.
    """
    value = canonical.parse(data)
    if not isinstance(value, dict):
        raise RecordInvalid("a record is a JSON object")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What stays known of an erased entry: all that is stored of it, so that it is provable."""

    index: int
    kind: str
    at: str
    leaf_hash: str
    reason: str

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read it from the record of the entry that tells of it.

        Raises:
            RecordInvalid: it is none.
        """
        value = parse_record(record)
        texts = [value.get(name) for name in ("kind", "at", "leaf_hash", "reason")]
        index = value.get("index")
        if (
            value.keys() != {"index", "kind", "at", "leaf_hash", "reason"}
            or not all(isinstance(text, str) for text in texts)
            or isinstance(index, bool)
            or not isinstance(index, int)
        ):
            raise RecordInvalid("this does not tell of an erasure")
        return cls(**value)
