"""The ring of unsealed sound: stretches of 10 s of all voices, each file under its own key.

A file is a row of records, each encrypted by itself, so that what was written before a process
was killed can be read. Source: AES-256-GCM, NIST SP 800-38D; the record's number is its nonce,
and a key is never used for a second file.
"""

import contextlib
import logging
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from balai.evidence import keys
from balai.evidence.sound import LATE_SAMPLES, PACKET_SAMPLES, RATE_HZ, Sound, Window
from balai.evidence.store import Store

STRETCH_S: Final = 10
STRETCH_SAMPLES: Final = STRETCH_S * RATE_HZ

_LENGTH: Final = struct.Struct(">I")
_RECORD: Final = struct.Struct(">12sQ")  # seat, position; packets follow, each with its length
_PACKET: Final = struct.Struct(">H")
_NONCE: Final = struct.Struct(">IQ")

log = logging.getLogger(__name__)


class _HalfWritten(Exception):
    """A file ends within a record."""


class StretchWriter:
    """Writes one room's stretches, one after the other. Belongs to one thread.

    On failure: what the disk refuses is lost and told by OSError, and so is the rest of that
    stretch; what was written before, and the stretches after, are whole.
    """

    def __init__(self, store: Store, room_id: str) -> None:
        self._store = store
        self._room_id = room_id
        self._number = -1
        self._file: int | None = None
        self._cipher = AESGCM(bytes(keys.KEY_BYTES))
        self._records = 0

    def write(self, seat_id: str, position: int, packets: Sequence[bytes]) -> None:
        """Append packets of one voice, the first at `position`; none crosses a stretch's end.

        Raises:
            OSError: the disk or the memory for keys is full.
        """
        number = position // STRETCH_SAMPLES
        if number != self._number or self._file is None:
            self._begin(number)
        self._append(_packed(seat_id, position, packets))

    def close(self) -> None:
        """Close the present file."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _begin(self, number: int) -> None:
        self.close()
        folder = self._store.ring / self._room_id
        folder.mkdir(mode=0o700, exist_ok=True)
        self._cipher = AESGCM(keys.make_key(self._store, self._room_id, number))
        self._number, self._records = number, 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND
        self._file = os.open(folder / f"{number}.ring", flags, 0o600)

    def _append(self, record: bytes) -> None:
        assert self._file is not None  # noqa: S101 - `_begin` has opened it
        about = _about(self._room_id, self._number)
        sealed = self._cipher.encrypt(_NONCE.pack(0, self._records), record, about)
        self._records += 1  # also when it cannot be written: a nonce serves once
        before = os.fstat(self._file).st_size
        data = _LENGTH.pack(len(sealed)) + sealed
        try:
            written = os.write(self._file, data)
        except OSError:
            written = 0
        if written < len(data):
            os.ftruncate(self._file, before)
            self.close()  # the numbers of records in this file would have a gap
            raise OSError("the ring of unsealed sound cannot be written")


def gather(store: Store, window: Window) -> Sound:
    """Read what the ring has of a window."""
    sound = Sound(window)
    first = window.from_position // STRETCH_SAMPLES
    for number in range(first, (window.to_position + LATE_SAMPLES) // STRETCH_SAMPLES + 1):
        for record in _records(store, window.room_id, number, sound.damaged):
            for seat_id, position, packet in _unpacked(record):
                sound.add(seat_id, position, packet)
    return sound


def written_to(store: Store, room_id: str) -> int:
    """Tell up to which position the ring is surely whole: the beginning of its last file."""
    return max(numbers(store, room_id), default=0) * STRETCH_SAMPLES


def numbers(store: Store, room_id: str) -> list[int]:
    """Tell which stretches of a room are on the disk, whether or not they have keys."""
    names = (path.stem for path in (store.ring / room_id).glob("*.ring"))
    return sorted(int(name) for name in names if name.isdecimal())


def trim(store: Store, room_id: str, from_position: int) -> int:
    """Destroy the stretches that begin before a position; give how many."""
    old = [n for n in _all_numbers(store, room_id) if n * STRETCH_SAMPLES < from_position]
    keys.destroy_keys(store, room_id, old)
    for number in old:
        (store.ring / room_id / f"{number}.ring").unlink(missing_ok=True)
    return len(old)


def destroy_ring(store: Store, room_id: str) -> None:
    """Destroy every key of a room's unsealed sound, then the sound."""
    keys.destroy_keys(store, room_id, keys.numbers_with_key(store, room_id))
    shutil.rmtree(store.ring / room_id, ignore_errors=True)


def _all_numbers(store: Store, room_id: str) -> list[int]:
    return sorted({*numbers(store, room_id), *keys.numbers_with_key(store, room_id)})


def _records(store: Store, room_id: str, number: int, damaged: set[int]) -> Iterator[bytes]:
    """Decrypt a stretch's records; only the room's very last may be half-written."""
    key, data = keys.read_key(store, room_id, number), b""
    with contextlib.suppress(FileNotFoundError):
        data = (store.ring / room_id / f"{number}.ring").read_bytes()
    if key is None:
        return  # destroyed, or nobody spoke
    about, cipher = _about(room_id, number), AESGCM(key)
    try:
        for count, sealed in enumerate(_lengths(data)):
            yield cipher.decrypt(_NONCE.pack(0, count), sealed, about)
    except InvalidTag:
        damaged.add(number)
        log.exception("unsealed sound is damaged", extra={"room": room_id, "at": number})
    except _HalfWritten:
        if number != max(numbers(store, room_id), default=number):
            damaged.add(number)
            log.warning("unsealed sound is damaged", extra={"room": room_id, "at": number})


def _lengths(data: bytes) -> Iterator[bytes]:
    """Take a file apart into its encrypted records."""
    at = 0
    while at < len(data):
        begin = at + _LENGTH.size
        if begin > len(data):
            raise _HalfWritten
        at = begin + int(_LENGTH.unpack_from(data, at)[0])
        if at > len(data):
            raise _HalfWritten
        yield data[begin:at]


def _about(room_id: str, number: int) -> bytes:
    return f"{room_id}:{number}".encode()


def _packed(seat_id: str, position: int, packets: Sequence[bytes]) -> bytes:
    parts = [_RECORD.pack(seat_id.encode(), position)]
    for packet in packets:
        parts += [_PACKET.pack(len(packet)), packet]
    return b"".join(parts)


def _unpacked(record: bytes) -> Iterator[tuple[str, int, bytes]]:
    seat, position = _RECORD.unpack_from(record)
    at = _RECORD.size
    while at < len(record):
        (length,) = _PACKET.unpack_from(record, at)
        at += _PACKET.size
        yield seat.rstrip(b"\0").decode(), position, record[at : at + length]
        at, position = at + length, position + PACKET_SAMPLES
