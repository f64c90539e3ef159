"""Writing a signed list: a recording at a time, whole or not at all."""

import hashlib
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from balai.catalogue.errors import CatalogueUnwritable, ListTooLarge, ListUnsorted
from balai.catalogue.keys import public_bytes
from balai.catalogue.list_format import (
    BODY_BYTES_MAX,
    PREFIX,
    RECORDINGS_MAX,
    SIGNED_PREFIX,
    Head,
    Prefix,
    pack_head,
    pack_prefix,
    pack_record,
)
from balai.catalogue.recording import Described

_READ_BYTES = 2**20


def write_list(
    path: Path, head: Head, recordings: Iterable[Described], key: Ed25519PrivateKey
) -> int:
    """Write a list beside its place, then put it there whole; give the number of recordings.

    Recordings come in the order of their identifiers' bytes.

    Raises:
        ListUnsorted, ListTooLarge, RecordingInvalid: it would be no valid list.
        CatalogueUnwritable: the file cannot be written.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with draft.open("x+b") as file:
            count = _write(file, head, recordings, key)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as cause:
        raise CatalogueUnwritable(f"{path}: {cause.strerror}") from cause
    finally:
        draft.unlink(missing_ok=True)
    return count


def _write(
    file: BinaryIO, head: Head, recordings: Iterable[Described], key: Ed25519PrivateKey
) -> int:
    packed_head = pack_head(head)
    file.write(bytes(PREFIX.size) + packed_head)
    count, body_bytes = _write_body(file, recordings)
    prefix = Prefix(public_bytes(key), count, len(packed_head), body_bytes)
    file.seek(0)
    file.write(pack_prefix(prefix))
    file.seek(0)
    hashed = hashlib.sha512()
    while part := file.read(_READ_BYTES):
        hashed.update(part)
    file.write(key.sign(SIGNED_PREFIX + hashed.digest()))
    return count


def _write_body(file: BinaryIO, recordings: Iterable[Described]) -> tuple[int, int]:
    count = body_bytes = 0
    before = b""
    for recording in recordings:
        identifier = recording.identifier.encode("utf-8", "surrogatepass")
        if identifier <= before:
            raise ListUnsorted
        before = identifier
        data = pack_record(recording)
        count, body_bytes = count + 1, body_bytes + len(data)
        if count > RECORDINGS_MAX or body_bytes > BODY_BYTES_MAX:
            raise ListTooLarge
        file.write(data)
    return count, body_bytes
