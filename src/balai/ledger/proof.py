"""One entry with its proof in one file, to hand to somebody who shall see no other.

Source: https://c2sp.org/tlog-proof; its opaque `extra` holds the entry and the house's key.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from sqlalchemy.orm import Session

from balai.ledger import canonical, log, note, tree
from balai.ledger.checkpoint import Checkpoint, read_checkpoint
from balai.ledger.errors import (
    EntryErased,
    LedgerKeyInvalid,
    NoteInvalid,
    ProofInvalid,
    ProofWrong,
    RecordInvalid,
    SignatureMissing,
    SizeInvalid,
)
from balai.ledger.leaf import Leaf, parse_record, time_text
from balai.ledger.note import Key

FIRST_LINE: Final = b"c2sp.org/tlog-proof@v1"
PROOF_BYTES_MAX: Final = 200_000
_EXTRA: Final = "extra "
_INDEX: Final = re.compile(r"index (0|[1-9]\d{0,9})", re.ASCII)
_NAMES: Final = frozenset({"at", "key", "kind", "record", "salt"})
_HEAD_LINES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """That this entry is in the ledger of which that checkpoint tells."""

    leaf: Leaf
    key: Key
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def data(self) -> bytes:
        """Write it."""
        fields = {
            "at": self.leaf.at,
            "key": self.key.text(),
            "kind": self.leaf.kind,
            "record": parse_record(self.leaf.record),
            "salt": self.leaf.salt.hex(),
        }
        lines = [
            FIRST_LINE.decode(),
            _EXTRA + note.encode(canonical.canonical(fields)),
            f"index {self.index}",
            *map(note.encode, self.hashes),
        ]
        return "\n".join([*lines, "", ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read it; whether it proves anything is another question.

        Raises:
            ProofInvalid: it is none.
        """
        head, gap, checkpoint = data.partition(b"\n\n")
        if len(data) > PROOF_BYTES_MAX or not gap:
            raise ProofInvalid
        try:
            lines = head.decode("ascii").split("\n")
            return cls._read(lines, checkpoint)
        except (ValueError, RecordInvalid, NoteInvalid, LedgerKeyInvalid) as cause:
            raise ProofInvalid(f"{ProofInvalid.sentence()} {cause}") from cause

    @classmethod
    def _read(cls, lines: list[str], checkpoint: bytes) -> Self:
        if len(lines) < _HEAD_LINES or lines[0].encode() != FIRST_LINE:
            raise ProofInvalid
        index = _INDEX.fullmatch(lines[2])
        if not lines[1].startswith(_EXTRA) or index is None:
            raise ProofInvalid
        fields = canonical.parse(note.decode(lines[1].removeprefix(_EXTRA)))
        hashes = tuple(note.decode(line) for line in lines[_HEAD_LINES:])
        if not isinstance(fields, dict) or fields.keys() != _NAMES or not _is_short(hashes):
            raise ProofInvalid
        if not all(isinstance(fields[name], str) for name in _NAMES - {"record"}):
            raise ProofInvalid
        salt = bytes.fromhex(fields["salt"])
        if salt.hex() != fields["salt"] or not isinstance(fields["record"], dict):
            raise ProofInvalid
        leaf = Leaf(
            kind=fields["kind"],
            at=fields["at"],
            record=canonical.canonical(fields["record"]),
            salt=salt,
        )
        return cls(
            leaf=leaf,
            key=Key.parse(fields["key"]),
            index=int(index[1]),
            hashes=hashes,
            checkpoint=checkpoint,
        )

    def verify(self, key: Key | None = None, witnesses: Iterable[Key] = ()) -> Checkpoint:
        """Make sure that the entry is in the ledger; give the checkpoint that says so.

        Raises:
            SignatureMissing, SignatureWrong, NoteInvalid, CheckpointInvalid: it is not this
                house's checkpoint.
            ProofWrong: the entry is another one, or in another place.
        """
        if key is not None and key != self.key:
            raise SignatureMissing(f"this proof is of {self.key.name}, with another key")
        checkpoint = read_checkpoint(self.checkpoint, self.key, witnesses)
        try:
            tree.verify_inclusion(
                self.index, checkpoint.size, self.leaf.hash(), self.hashes, checkpoint.root
            )
        except (SizeInvalid, ProofWrong) as cause:
            raise ProofWrong(
                f"{ProofWrong.sentence()} Entry {self.index}, its place or its path is changed."
            ) from cause
        return checkpoint


def prove(session: Session, index: int, checkpoint: bytes, key: Key) -> Proof:
    """Prove one entry to somebody who trusts this checkpoint.

    Raises:
        EntryMissing: there is no such entry.
        EntryErased: nobody can show any more what it was.
        SizeInvalid: it is newer than the checkpoint.
    """
    found = log.entry(session, index)
    if found.record_bytes is None or found.salt is None:
        raise EntryErased
    leaf = Leaf(
        kind=found.kind, at=time_text(found.at), record=found.record_bytes, salt=found.salt
    )
    size = read_checkpoint(checkpoint, key).size
    return Proof(
        leaf=leaf,
        key=key,
        index=index,
        hashes=tuple(log.inclusion(session, index, size)),
        checkpoint=checkpoint,
    )


def _is_short(hashes: tuple[bytes, ...]) -> bool:
    return len(hashes) <= tree.PROOF_MAX and all(len(h) == tree.HASH_BYTES for h in hashes)
