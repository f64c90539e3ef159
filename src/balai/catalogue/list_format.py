"""The list file, byte by byte: docs/list-format.md says the same in words, with vectors.

Everything is big-endian. A list has one form only: the same contents give the same bytes.
"""

import datetime as dt
import struct
from dataclasses import dataclass
from typing import Final

from balai.catalogue.errors import ListInvalid, ListTooLarge
from balai.catalogue.recording import (
    FINGERPRINT_BYTES_MAX,
    IDENTIFIER_BYTES_MAX,
    OPINIONS_MAX,
    TEXT_BYTES_MAX,
    Described,
    Opinion,
    Stance,
    check_described,
    is_shown,
)

MAGIC: Final = b"BALAILST"
VERSION: Final = 1
# magic, version, reserved, public key, recordings, bytes of head, bytes of body
PREFIX: Final = struct.Struct(">8sHH32sIIQ")
SIGNED_PREFIX: Final = b"balai list v1\x00"  # a signature of a list is none of anything else
RECORDINGS_MAX: Final = 1_000_000
HEAD_BYTES_MAX: Final = 65_536
BODY_BYTES_MAX: Final = 64 * 2**30
RECORD_BYTES_MAX: Final = FINGERPRINT_BYTES_MAX + 2**18
RECORD_BYTES_MIN: Final = 26  # an identifier of one sign, a fingerprint of one byte, no words
HEAD_TEXT_BYTES_MAX: Final = {"name": 120, "publisher": 200, "licence": 120, "notes": 4000}
_STANCES: Final = (Stance.UNSURE, Stance.AGREE, Stance.DISPUTE)
_MOMENT_MAX: Final = 253_402_300_799  # the last second of the year 9999
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Prefix:
    """The first 60 bytes: what the file promises."""

    public_key: bytes
    recordings: int
    head_bytes: int
    body_bytes: int


@dataclass(frozen=True, slots=True)
class Head:
    """What is said of a list as a whole. `issue` grows with each one that is published."""

    name: str
    publisher: str
    issue: int
    issued_at: dt.datetime
    licence: str = ""
    notes: str = ""


def pack_prefix(prefix: Prefix) -> bytes:
    """Write the first 60 bytes."""
    return PREFIX.pack(
        MAGIC,
        VERSION,
        0,
        prefix.public_key,
        prefix.recordings,
        prefix.head_bytes,
        prefix.body_bytes,
    )


def unpack_prefix(data: bytes) -> Prefix:
    """Read the first 60 bytes and hold them against the limits, before anything else is read.

    Raises:
        ListInvalid, ListTooLarge: it is no list, or one of absurd size.
    """
    if len(data) != PREFIX.size:
        raise ListInvalid
    magic, version, reserved, key, recordings, head_bytes, body_bytes = PREFIX.unpack(data)
    if magic != MAGIC or reserved != 0:
        raise ListInvalid
    if version != VERSION:
        raise ListInvalid(f"this list has format {version}; this Balai understands {VERSION}")
    if (
        recordings > RECORDINGS_MAX
        or head_bytes > HEAD_BYTES_MAX
        or body_bytes > BODY_BYTES_MAX
    ):
        raise ListTooLarge
    if recordings * (RECORD_BYTES_MIN + 4) > body_bytes:
        raise ListInvalid("this list promises more recordings than fit into it")
    return Prefix(key, recordings, head_bytes, body_bytes)


def pack_head(head: Head) -> bytes:
    """Write the head.

    Raises:
        ListInvalid: a text is too long, or the issue or its moment is out of range.
    """
    _check_head(head)
    seconds = (head.issued_at - _EPOCH) // dt.timedelta(seconds=1)
    return struct.pack(">IQ", head.issue, seconds) + b"".join(
        _pack_text(text) for text in (head.name, head.publisher, head.licence, head.notes)
    )


def unpack_head(data: bytes) -> Head:
    """Read the head.

    Raises:
        ListInvalid: it is damaged, or breaks a rule.
    """
    fields = _Fields(data)
    issue, seconds = fields.number(4), fields.number(8)
    if seconds > _MOMENT_MAX:
        raise ListInvalid
    head = Head(
        issue=issue,
        issued_at=_EPOCH + dt.timedelta(seconds=seconds),
        name=fields.text(HEAD_TEXT_BYTES_MAX["name"]),
        publisher=fields.text(HEAD_TEXT_BYTES_MAX["publisher"]),
        licence=fields.text(HEAD_TEXT_BYTES_MAX["licence"]),
        notes=fields.text(HEAD_TEXT_BYTES_MAX["notes"]),
    )
    fields.end()
    _check_head(head)
    return head


def pack_record(recording: Described) -> bytes:
    """Write one recording, its length in front.

    Raises:
        RecordingInvalid, ListFolderPath: a field breaks the rules.
    """
    check_described(recording)
    texts = (
        recording.identifier,
        recording.title,
        recording.category,
        recording.language,
        recording.source,
        recording.date.isoformat() if recording.date else "",
        recording.licence,
    )
    data = b"".join(
        [
            *map(_pack_text, texts),
            struct.pack(">IH", recording.duration_ms, len(recording.opinions)),
            *map(_pack_opinion, recording.opinions),
            struct.pack(">I", len(recording.fingerprint)),
            recording.fingerprint,
        ]
    )
    return struct.pack(">I", len(data)) + data


def unpack_record(data: bytes) -> Described:
    """Read one recording from its bytes, the length in front left out.

    Raises:
        ListInvalid, RecordingInvalid, ListFolderPath: it is damaged, or breaks a rule.
    """
    fields = _Fields(data)
    recording = Described(
        identifier=fields.text(IDENTIFIER_BYTES_MAX),
        title=fields.text(TEXT_BYTES_MAX["title"]),
        category=fields.text(TEXT_BYTES_MAX["category"]),
        language=fields.text(TEXT_BYTES_MAX["language"]),
        source=fields.text(TEXT_BYTES_MAX["source"]),
        date=fields.date(),
        licence=fields.text(TEXT_BYTES_MAX["licence"]),
        duration_ms=fields.number(4),
        opinions=_opinions(fields),
        fingerprint=fields.take(fields.number(4)),
    )
    fields.end()
    check_described(recording)
    return recording


def _check_head(head: Head) -> None:
    for name, most in HEAD_TEXT_BYTES_MAX.items():
        text = getattr(head, name)
        if len(text.encode("utf-8", "surrogatepass")) > most or not is_shown(text):
            raise ListInvalid(
                f"the list's {name} is too long or has signs that cannot be shown"
            )
    if not head.name or not 1 <= head.issue < 2**32:
        raise ListInvalid("a list has a name, and an issue from 1 upwards")
    if head.issued_at < _EPOCH:
        raise ListInvalid("a list is not older than 1970")


def _opinions(fields: "_Fields") -> tuple[Opinion, ...]:
    count = fields.number(2)
    if count > OPINIONS_MAX:
        raise ListTooLarge
    return tuple(_unpack_opinion(fields) for _ in range(count))


def _unpack_opinion(fields: "_Fields") -> Opinion:
    by = fields.text(TEXT_BYTES_MAX["by"])
    stance = fields.number(1)
    date = fields.date()
    if stance >= len(_STANCES) or date is None:
        raise ListInvalid("an opinion is damaged")
    return Opinion(by, _STANCES[stance], date, fields.text(TEXT_BYTES_MAX["note"]))


def _pack_opinion(opinion: Opinion) -> bytes:
    return b"".join(
        [
            _pack_text(opinion.by),
            bytes([_STANCES.index(opinion.stance)]),
            _pack_text(opinion.date.isoformat()),
            _pack_text(opinion.note),
        ]
    )


def _pack_text(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


class _Fields:
    """Takes fields off the front of some bytes, never more than there are."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise ListInvalid("a field is longer than what holds it")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self, most: int) -> str:
        size = self.number(2)
        if size > most:
            raise ListInvalid("a text is longer than its limit")
        try:
            return self.take(size).decode("utf-8")
        except UnicodeDecodeError as cause:
            raise ListInvalid("a text is not UTF-8") from cause

    def date(self) -> dt.date | None:
        text = self.text(10)
        if not text:
            return None
        try:
            date = dt.date.fromisoformat(text)
        except ValueError as cause:
            raise ListInvalid("a date is not written as 2026-01-31") from cause
        if date.isoformat() != text:  # one form only: 20260131 means the same
            raise ListInvalid("a date is not written as 2026-01-31")
        return date

    def end(self) -> None:
        if self._at != len(self._data):
            raise ListInvalid("something follows where nothing should")
