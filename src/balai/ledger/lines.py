"""The lines of an export: one entry each, in one form only, so that no byte is free.

A private line has all that was hashed. A public line has the leaf's hash, from which nothing
can be learnt, and the root of the tree up to it, so that a changed line is known by itself.
"""

from collections.abc import Mapping
from typing import Any, Final

from balai.ledger import canonical
from balai.ledger.errors import RecordInvalid
from balai.ledger.leaf import Leaf
from balai.ledger.stored import StoredEntry
from balai.ledger.tree import HASH_BYTES

LINE_BYTES_MAX: Final = canonical.RECORD_BYTES_MAX + 1_024
PRIVATE: Final = frozenset({"at", "index", "kind", "leaf_hash", "record", "salt"})
PUBLIC: Final = frozenset({"index", "leaf_hash", "root"})


def private_line(row: StoredEntry) -> bytes:
    """Write an entry with all it holds."""
    salt = b"null" if row.salt is None else b'"%b"' % row.salt.hex().encode()
    record = b"null" if row.record is None else row.record
    return b'{"at":"%b","index":%d,"kind":"%b","leaf_hash":"%b","record":%b,"salt":%b}\n' % (
        row.at,
        row.index,
        row.kind,
        row.leaf_hash.hex().encode(),
        record,
        salt,
    )


def public_line(row: StoredEntry, root: bytes) -> bytes:
    """Write an entry as everybody may see it."""
    fields = {"index": row.index, "leaf_hash": row.leaf_hash.hex(), "root": root.hex()}
    return canonical.canonical(fields) + b"\n"


def read_line(line: bytes) -> dict[str, Any]:
    """Read a line, private or public; hashes become bytes, the record its canonical bytes.

    Raises:
        RecordInvalid: it is none.
    """
    if not line.endswith(b"\n"):
        raise RecordInvalid("the line has no end, or is too long")
    fields = canonical.parse(line[:-1])
    if not isinstance(fields, dict) or fields.keys() not in (PRIVATE, PUBLIC):
        raise RecordInvalid("this is no line of an export")
    if type(fields["index"]) is not int:
        raise RecordInvalid("the index is no number")
    read = {**fields, "leaf_hash": hash_of(fields["leaf_hash"])}
    if "root" in fields:
        return read | {"root": hash_of(fields["root"])}
    if fields["record"] is not None:
        read["record"] = canonical.canonical(fields["record"])
    if fields["salt"] is not None:
        read["salt"] = hash_of(fields["salt"])
    if not isinstance(fields["at"], str) or not isinstance(fields["kind"], str):
        raise RecordInvalid("kind and time are texts")
    return read


def is_erased(fields: Mapping[str, Any]) -> bool:
    """Tell whether a private line is of an erased entry."""
    return fields["record"] is None and fields["salt"] is None


def leaf_of(fields: Mapping[str, Any]) -> Leaf:
    """Give the leaf that a private line tells of.

    Raises:
        RecordInvalid: there can be no such leaf.
    """
    return Leaf(
        kind=fields["kind"],
        at=fields["at"],
        record=fields["record"] or b"",
        salt=fields["salt"] or b"",
    )


def hash_of(text: object) -> bytes:
    """Read a hash from its 64 hexadecimal digits, which are small letters.

    Raises:
        RecordInvalid: it is none.
    """
    try:
        data = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if len(data) != HASH_BYTES or data.hex() != text:
        raise RecordInvalid("a hash has 64 hexadecimal digits")
    return data
