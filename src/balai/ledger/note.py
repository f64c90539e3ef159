"""Signed notes and the text form of keys: what is written where, without the cryptography.

Source: https://c2sp.org/signed-note.
"""

import base64
import binascii
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from balai.ledger.errors import LedgerKeyInvalid, NoteInvalid

LOG: Final = 1  # Ed25519 over the text of the note
COSIGNER: Final = 4  # Ed25519 over time and text: a witness
KEY_ID_BYTES: Final = 4
PUBLIC_BYTES: Final = 32
NAME_MAX: Final = 200
NOTE_BYTES_MAX: Final = 65_536
SIGNATURES_MAX: Final = 64
_DASH: Final = "\N{EM DASH} "
_LINE: Final = 0x0A
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: whose it is, and what for (a log's, or a witness's)."""

    name: str
    algorithm: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes by which a signature names its key."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return sha256(named).digest()[:KEY_ID_BYTES]

    def text(self) -> str:
        """Write it as `name+id+key`, which is how such keys are passed on."""
        material = encode(bytes([self.algorithm]) + self.public)
        return f"{self.name}+{self.key_id.hex()}+{material}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key as `text` writes it.

        Raises:
            LedgerKeyInvalid: it is none, or one of a kind that is not understood here.
        """
        parts = text.split("+", 2)
        try:
            material = decode(parts[-1])
        except NoteInvalid as cause:
            raise LedgerKeyInvalid from cause
        if len(parts) != _PARTS or len(material) != 1 + PUBLIC_BYTES:
            raise LedgerKeyInvalid
        key = cls(parts[0], material[0], material[1:])
        if (
            not is_name(key.name)
            or key.algorithm not in {LOG, COSIGNER}
            or key.key_id.hex() != parts[1]
        ):
            raise LedgerKeyInvalid
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature under a note; of what kind it is, only the key says."""

    name: str
    key_id: bytes
    data: bytes

    def line(self) -> str:
        """Write it as it stands under the note."""
        return f"{_DASH}{self.name} {encode(self.key_id + self.data)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text, its last line end included, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...]

    def data(self) -> bytes:
        """Write the note."""
        return "".join([self.text, "\n", *(one.line() for one in self.signatures)]).encode()

    def signed_by(self, key: Key) -> list[Signature]:
        """Give the signatures that say they are of a key."""
        return [
            one for one in self.signatures if (one.name, one.key_id) == (key.name, key.key_id)
        ]


def parse_note(data: bytes) -> Note:
    """Read a note; whether its signatures are right is another question.

    Raises:
        NoteInvalid: it is none, larger than 65,536 bytes, or has more than 64 signatures.
    """
    if len(data) > NOTE_BYTES_MAX or any(byte < ord(" ") and byte != _LINE for byte in data):
        raise NoteInvalid
    try:
        whole = data.decode()
    except UnicodeDecodeError as cause:
        raise NoteInvalid from cause
    head, gap, tail = whole.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or not head or lines.pop() or not 1 <= len(lines) <= SIGNATURES_MAX:
        raise NoteInvalid
    return Note(head + "\n", tuple(_parse_line(line) for line in lines))


def is_name(name: str) -> bool:
    """Tell whether a key may be called so."""
    return 1 <= len(name) <= NAME_MAX and not any(
        sign == "+" or sign.isspace() or unicodedata.category(sign)[0] in "CZ" for sign in name
    )


def encode(data: bytes) -> str:
    """Write bytes in base 64."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Read base 64 of which there is no other spelling.

    Raises:
        NoteInvalid: it is none.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as cause:
        raise NoteInvalid from cause
    if encode(data) != text:
        raise NoteInvalid
    return data


def _parse_line(line: str) -> Signature:
    name, gap, material = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not gap or not is_name(name):
        raise NoteInvalid
    data = decode(material)
    if len(data) <= KEY_ID_BYTES:
        raise NoteInvalid
    return Signature(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])
