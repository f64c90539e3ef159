"""A witness: co-signs what only grew, remembers it, and refuses everything else.

It runs on a machine of its own, in other hands than the house. As long as it is honest, the
house cannot show two people two different ledgers, nor take back what it once signed.

Source: https://c2sp.org/tlog-cosignature, https://c2sp.org/tlog-witness (what is sent to one).
"""

import contextlib
import fcntl
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from balai.clock import now
from balai.errors import BalaiError
from balai.lasting_files import sync_folder, write_through
from balai.ledger import note, tree
from balai.ledger.checkpoint import (
    Checkpoint,
    Signer,
    open_signer,
    read_checkpoint,
)
from balai.ledger.errors import (
    NoteInvalid,
    ProofInvalid,
    ProofWrong,
    RolledBack,
    SplitView,
    WitnessBehind,
    WitnessDamaged,
    WitnessUnwritable,
)
from balai.ledger.note import Key, Note
from balai.ledger.tree import Head

KEY_FILE: Final = "witness.key"
PUBLIC_FILE: Final = "witness.vkey"
REQUEST_BYTES_MAX: Final = 100_000
_OLD: Final = re.compile(r"old (0|[1-9]\d{0,9})", re.ASCII)

# Raises ProofWrong, or WitnessBehind, when the first does not grow into the second.
Growth = Callable[[Head, Head], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A checkpoint, with the proof that it grew out of an older one."""

    old: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def data(self) -> bytes:
        """Write it."""
        lines = [f"old {self.old}", *map(note.encode, self.hashes), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read it.

        Raises:
            ProofInvalid: it is none.
        """
        head, gap, checkpoint = data.partition(b"\n\n")
        if len(data) > REQUEST_BYTES_MAX or not gap:
            raise ProofInvalid
        try:
            first, *lines = head.decode("ascii").split("\n")
            hashes = tuple(map(note.decode, lines))
        except (UnicodeDecodeError, NoteInvalid) as cause:
            raise ProofInvalid from cause
        old = _OLD.fullmatch(first)
        if old is None or len(hashes) > tree.PROOF_MAX:
            raise ProofInvalid
        return cls(int(old[1]), hashes, checkpoint)

    def grow(self, old: Head, new: Head) -> None:
        """Make sure that the proof shows the growth that is asked for.

        Raises:
            WitnessBehind: it begins elsewhere.
            ProofWrong: it does not show it.
        """
        if self.old != old.size:
            raise WitnessBehind(
                f"{WitnessBehind.sentence()} Co-signed last: {old.size}; "
                f"the proof begins at {self.old}."
            )
        tree.verify_consistency(old, new, self.hashes)


class Witness:
    """One witness, in its folder: its key, and the last checkpoint of each house."""

    def __init__(self, folder: Path, *, name: str) -> None:
        """Open the folder; at the first use, make the key.

        Raises:
            LedgerKeyInvalid, LedgerKeyUnreadable: there is no key and none can be made.
        """
        self._folder = folder
        self.signer: Signer = open_signer(folder / KEY_FILE, name=name, algorithm=note.COSIGNER)
        if not (folder / PUBLIC_FILE).exists():
            _replace(folder / PUBLIC_FILE, (self.signer.key.text() + "\n").encode())

    def last(self, key: Key) -> Checkpoint | None:
        """Give the checkpoint of a house that was co-signed last.

        Raises:
            WitnessDamaged: it is not what this witness once co-signed.
        """
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as cause:
            raise WitnessUnwritable(f"{path}: {cause.strerror}") from cause
        try:
            return read_checkpoint(data, key, [self.signer.key])
        except BalaiError as cause:
            raise WitnessDamaged(f"{WitnessDamaged.sentence()} {path.name}: {cause}") from cause

    def cosign(self, data: bytes, key: Key, growth: Growth) -> Note:
        """Co-sign a checkpoint that grew out of the last one; remember it before telling.

        Raises:
            NoteInvalid, CheckpointInvalid, SignatureMissing, SignatureWrong: it is not this
                house's.
            RolledBack, SplitView: it contradicts what was co-signed; both are named.
            WitnessBehind, ProofWrong: it is not shown to have grown.
        """
        new = read_checkpoint(data, key)
        with self._turn():
            last = self.last(key)
            if last is not None:
                _require_newer(last, new)
            try:
                growth(last.head if last else Head(0, tree.EMPTY_ROOT), new.head)
            except ProofWrong as cause:
                raise SplitView(_both(SplitView, last, new)) from cause
            text = note.parse_note(data)
            cosigned = Note(text.text, tuple(
                [one for one in text.signatures if one not in text.signed_by(self.signer.key)]
                + [self.signer.cosign(text.text, now())]
            ))  # fmt: skip
            _replace(self._path(key), cosigned.data())
        return cosigned

    def _path(self, key: Key) -> Path:
        return self._folder / f"{sha256(key.name.encode()).hexdigest()[:32]}.checkpoint"

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One at a time: between reading what was last and writing what is now nobody else."""
        try:
            file = (self._folder / "lock").open("wb")
        except OSError as cause:
            raise WitnessUnwritable(f"{self._folder}: {cause.strerror}") from cause
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _require_newer(last: Checkpoint, new: Checkpoint) -> None:
    if new.size < last.size:
        raise RolledBack(_both(RolledBack, last, new))
    if new.size == last.size and new.root != last.root:
        raise SplitView(_both(SplitView, last, new))


def _both(error: type[BalaiError], last: Checkpoint | None, new: Checkpoint) -> str:
    named = _named(last) if last else "nothing"
    return f"{error.sentence()} Co-signed last: {named}; shown now: {_named(new)}."


def _named(one: Checkpoint) -> str:
    return f"{one.size} entries with the root {note.encode(one.root)}"


def _replace(path: Path, data: bytes) -> None:
    """Write a file so that after a power cut it is the old or the new one."""
    mine = path.with_suffix(f".{os.getpid()}")
    try:
        write_through(mine, data)
        mine.replace(path)
        sync_folder(path.parent)
    except OSError as cause:
        raise WitnessUnwritable(f"{path}: {cause.strerror}") from cause
