"""Checkpoints, the keys that sign them, and the witnesses who co-sign them.

A checkpoint says which root a ledger has at a size. Whoever keeps one can find out for ever
whether what was entered before it is still what it was.

Source: https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-cosignature, RFC 8032 (Ed25519).
"""

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from balai.lasting_files import make_once
from balai.ledger import note, tree
from balai.ledger.errors import (
    CheckpointInvalid,
    LedgerKeyInvalid,
    LedgerKeyMissing,
    LedgerKeyUnreadable,
    NoteInvalid,
    SignatureMissing,
    SignatureWrong,
)
from balai.ledger.note import Key, Note, Signature

_LINES: Final = 3
_STAMP_BYTES: Final = 8
_STAMP_MAX: Final = 2**63 - 1
_PRIVATE: Final = "PRIVATE+KEY+"
_KEY_FILE_MAX: Final = 1_000
_KEY_PARTS: Final = 3
_SIZE: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a ledger is: who it belongs to, how many entries it has, and their root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Write it as it is signed."""
        return f"{self.origin}\n{self.size}\n{note.encode(self.root)}\n"

    @property
    def head(self) -> tree.Head:
        """Size and root alone."""
        return tree.Head(self.size, self.root)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it from the text of a note. Further lines, which nobody checks, are refused.

        Raises:
            CheckpointInvalid: this note tells of something else.
        """
        lines = text.removesuffix("\n").split("\n")
        if len(lines) != _LINES or not note.is_name(lines[0]):
            raise CheckpointInvalid
        if _SIZE.fullmatch(lines[1]) is None or int(lines[1]) > tree.SIZE_MAX:
            raise CheckpointInvalid
        try:
            root = note.decode(lines[2])
        except NoteInvalid as cause:
            raise CheckpointInvalid from cause
        if len(root) != tree.HASH_BYTES:
            raise CheckpointInvalid
        return cls(lines[0], int(lines[1]), root)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs: the house's checkpoints, or a witness's co-signatures."""

    name: str
    algorithm: int
    secret: Ed25519PrivateKey

    @property
    def key(self) -> Key:
        """What others need to check the signatures."""
        return Key(self.name, self.algorithm, self.secret.public_key().public_bytes_raw())

    def sign(self, text: str) -> Signature:
        """Sign a text as a log."""
        return Signature(self.name, self.key.key_id, self.secret.sign(text.encode()))

    def cosign(self, text: str, at: datetime) -> Signature:
        """Sign a text as a witness, who also says when."""
        stamp = int(at.timestamp())
        signed = self.secret.sign(_cosigned(text, stamp))
        return Signature(
            self.name, self.key.key_id, stamp.to_bytes(_STAMP_BYTES, "big") + signed
        )


def signed(checkpoint: Checkpoint, signer: Signer) -> Note:
    """Sign a checkpoint."""
    text = checkpoint.text()
    return Note(text, (signer.sign(text),))


def verify_signature(whole: Note, key: Key) -> None:
    """Make sure that a key signed, or co-signed, this note; other keys' signatures are ignored.

    Raises:
        SignatureMissing: it did not.
        SignatureWrong: it signed something else.
    """
    claimed = whole.signed_by(key)
    if not claimed:
        raise SignatureMissing(f"{SignatureMissing.sentence()} Expected: {key.text()}")
    for one in claimed:
        data, message = one.data, whole.text.encode()
        if key.algorithm == note.COSIGNER:
            stamp = int.from_bytes(data[:_STAMP_BYTES], "big")
            data, message = data[_STAMP_BYTES:], _cosigned(whole.text, stamp)
            if stamp > _STAMP_MAX:
                raise SignatureWrong
        if not _is_signed(key.public, data, message):
            raise SignatureWrong(f"{SignatureWrong.sentence()} Signer: {key.name}")


def read_checkpoint(data: bytes, key: Key, witnesses: Iterable[Key] = ()) -> Checkpoint:
    """Read a checkpoint that the house of this key signed, and all these witnesses co-signed.

    Raises:
        NoteInvalid, CheckpointInvalid: it is none.
        SignatureMissing, SignatureWrong: it is not theirs.
    """
    whole = note.parse_note(data)
    for one in (key, *witnesses):
        verify_signature(whole, one)
    checkpoint = Checkpoint.parse(whole.text)
    if checkpoint.origin != key.name:
        raise SignatureMissing(f"this checkpoint is of {checkpoint.origin}, not of {key.name}")
    return checkpoint


def open_signer(path: Path, *, name: str, algorithm: int) -> Signer:
    """Read the key in a file; at the first use, make it, for its owner's eyes only.

    The file keeps the name as well: a ledger keeps its origin when the house moves.

    Raises:
        LedgerKeyInvalid: the file holds something else, or the name cannot be used.
        LedgerKeyUnreadable: it can neither be read nor made.
    """
    with contextlib.suppress(LedgerKeyMissing):
        return load_signer(path, algorithm=algorithm)
    if not note.is_name(name):
        raise LedgerKeyInvalid(f"{name!r} cannot be the name of a key")
    made = Signer(name, algorithm, Ed25519PrivateKey.generate())
    _keep(path, _secret_text(made))  # if another process was first, its key counts
    return load_signer(path, algorithm=algorithm)


def load_signer(path: Path, *, algorithm: int) -> Signer:
    """Read the key in a file.

    Raises:
        LedgerKeyMissing: there is no such file.
        LedgerKeyInvalid, LedgerKeyUnreadable: it holds something else, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_KEY_FILE_MAX)
    except FileNotFoundError as cause:
        raise LedgerKeyMissing from cause
    except OSError as cause:
        raise LedgerKeyUnreadable(f"{path}: {cause.strerror}") from cause
    signer = parse_secret(text)
    if signer.algorithm != algorithm:
        raise LedgerKeyInvalid(f"{path}: a ledger's key is no witness's, and the reverse")
    return signer


def parse_secret(data: bytes) -> Signer:
    """Read a private key in the form of Go's sumdb notes: `PRIVATE+KEY+name+id+key`.

    Raises:
        LedgerKeyInvalid: it is none.
    """
    try:
        text = data.decode().removesuffix("\n")
        parts = text.removeprefix(_PRIVATE).split("+", 2)
        material = note.decode(parts[-1])
        secret = Ed25519PrivateKey.from_private_bytes(material[1:])
    except (NoteInvalid, ValueError) as cause:
        raise LedgerKeyInvalid from cause
    if not text.startswith(_PRIVATE) or len(parts) != _KEY_PARTS or not note.is_name(parts[0]):
        raise LedgerKeyInvalid
    signer = Signer(parts[0], material[0], secret)
    if material[0] not in {note.LOG, note.COSIGNER} or signer.key.key_id.hex() != parts[1]:
        raise LedgerKeyInvalid
    return signer


def _secret_text(signer: Signer) -> bytes:
    material = note.encode(bytes([signer.algorithm]) + signer.secret.private_bytes_raw())
    return f"{_PRIVATE}{signer.name}+{signer.key.key_id.hex()}+{material}\n".encode()


def _keep(path: Path, text: bytes) -> None:
    try:
        make_once(path, text)
    except OSError as cause:
        raise LedgerKeyUnreadable(f"{path}: {cause.strerror}") from cause


def _cosigned(text: str, stamp: int) -> bytes:
    return f"cosignature/v1\ntime {stamp}\n{text}".encode()


def _is_signed(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
