"""Bundles: evidence that leaves the house, for named recipients, and proves itself elsewhere.

Inside is a row of files (`archive`): `manifest.json` with the hash of every other, the sound of
each voice, the row and custody log of each evidence, what the caller adds, a time stamp of the
manifest, and `SHA256SUMS` of manifest and stamp. Around it is age: only its recipients can open
it, and any changed bit is noticed. Source: age-encryption.org/v1.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import pyrage  # type: ignore[import-untyped]

from balai.database import Database
from balai.evidence import archive, custody, timestamp
from balai.evidence.custody import Deed
from balai.evidence.errors import RecipientInvalid
from balai.evidence.model import Custody, Handling, Sealed
from balai.evidence.ogg import ogg_opus
from balai.evidence.reading import clean_purpose, take_out
from balai.evidence.sound import unpack
from balai.evidence.store import Store

FORMAT: Final = "balai-evidence/1"
MANIFEST: Final = "manifest.json"
STAMP: Final = "manifest.tsr"
SUMS: Final = "SHA256SUMS"
RECIPIENTS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a bundle is to hold, for whom and why.

    `enclosed` are further files by name: a statement of reasons, a decision, the ledger's
    proofs of the entries that the custody logs name (`ledger/…`).
    """

    sealed_ids: Sequence[str]
    recipients: Sequence[str]
    by_person_id: str
    purpose: str
    enclosed: Mapping[str, bytes] = field(default_factory=dict)


def make(
    database: Database, store: Store, wanted: Wanted, *, timestamp_url: str | None
) -> bytes:
    """Make a bundle; that it is made, for whom and why is in the ledger before.

    Raises:
        PurposeMissing, SealedMissing, EvidenceDestroyed, SealBroken: see `reading.read`.
        RecipientInvalid: nobody could open it, or somebody's key is none.
        TimestampMissing: the authority did not stamp it.
    """
    recipients = _recipients(wanted.recipients)
    purpose = clean_purpose(wanted.purpose)
    deed = Deed(Handling.BUNDLED, wanted.by_person_id, purpose, tuple(wanted.recipients))
    taken = take_out(database, store, list(dict.fromkeys(wanted.sealed_ids)), deed)
    with database.reading() as session:
        logs = {row.id: custody.of(session, row.id) for row, _ in taken}
    files = {f"enclosed/{name}": data for name, data in wanted.enclosed.items()}
    for row, content in taken:
        files |= _evidence(row, content, logs[row.id])
    opened = inner(files, purpose=purpose, timestamp_url=timestamp_url)
    return bytes(pyrage.encrypt(opened, recipients))


def inner(files: Mapping[str, bytes], *, purpose: str, timestamp_url: str | None) -> bytes:
    """Write what is inside a bundle: files, their manifest, its stamp and its sums."""
    manifest = as_json(
        {
            "format": FORMAT,
            "purpose": purpose,
            "stamped": timestamp_url is not None,
            "files": {name: _hash(data) for name, data in files.items()},
        }
    )
    ends = {MANIFEST: manifest}
    if timestamp_url is not None:
        ends[STAMP] = timestamp.ask(timestamp_url, manifest)
    told = sums({name: _hash(data) for name, data in ends.items()})
    return archive.write({MANIFEST: manifest, **files, **ends, SUMS: told})


def sums(hashes: Mapping[str, str]) -> bytes:
    """Write hashes as `sha256sum -c` reads them, then the hash of those lines."""
    lines = "".join(f"{value}  {name}\n" for name, value in hashes.items())
    return f"{lines}# {_hash(lines.encode())}\n".encode()


def as_json(value: object) -> bytes:
    """Write a value for people and programs."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"


def _evidence(row: Sealed, content: bytes, log: Iterable[Custody]) -> dict[str, bytes]:
    sound = unpack(content)
    about = {
        "sealed_id": row.id,
        "room_id": row.room_id,
        "why": row.why,
        "rate_hz": 48_000,
        "from_position": row.from_position,
        "to_position": row.to_position,
        "voices": sorted(sound.voices),
        "damaged_stretches": sorted(sound.damaged),
        "sealed_at": _time(row.sealed_at),
        "completed_at": _time(row.completed_at),
        "content_hash": row.content_hash,
        "ledger_index": row.ledger_index,
    }
    lines = [
        {
            "what": str(one.what),
            "at": _time(one.at),
            "by_person_id": one.by_person_id,
            "purpose": one.purpose,
            "ledger_index": one.ledger_index,
        }
        for one in log
    ]
    files = {"about.json": as_json(about), "custody.json": as_json(lines), "content": content}
    for seat_id, packets in sorted(sound.voices.items()):
        files[f"{seat_id}.opus"] = ogg_opus(sound.window, packets)
    return {f"{row.id}/{name}": data for name, data in files.items()}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _recipients(named: Sequence[str]) -> list[pyrage.x25519.Recipient]:
    if not 0 < len(named) <= RECIPIENTS_MAX:
        raise RecipientInvalid
    try:
        return [pyrage.x25519.Recipient.from_str(one.strip()) for one in named]
    except pyrage.RecipientError as cause:
        raise RecipientInvalid from cause
