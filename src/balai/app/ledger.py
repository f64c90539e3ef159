"""`balai ledger`: verify, prove and export what was recorded; co-sign it for others."""

import json as jsons
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from balai.database import open_database
from balai.ids import new_id
from balai.ledger import export as exports
from balai.ledger import issuing, log, note
from balai.ledger.checkpoint import load_signer, read_checkpoint
from balai.ledger.errors import (
    ExportInvalid,
    ExportUnwritable,
    LedgerKeyMissing,
    ProofWrong,
)
from balai.ledger.export import Expected, verify_export
from balai.ledger.note import Key
from balai.ledger.proof import FIRST_LINE, PROOF_BYTES_MAX, Proof, prove
from balai.ledger.report import Report
from balai.ledger.tree import Head
from balai.ledger.verify import verify_database
from balai.ledger.witness import REQUEST_BYTES_MAX, Growth, Request, Witness
from balai.settings import Settings


def run(settings: Settings, *, verb: str, **options: Any) -> None:
    """Do what was asked of the ledger."""
    _VERBS[verb](settings, **options)


def _verify(
    settings: Settings,
    *,
    what: Path | None,
    key: str,
    checkpoint: Path | None,
    witness: list[str],
    json: bool,
) -> None:
    expected = Expected(
        key=Key.parse(key) if key else None,
        witnesses=tuple(map(Key.parse, witness)),
        old=_read(checkpoint, note.NOTE_BYTES_MAX) if checkpoint else None,
    )
    if what is not None and not what.is_dir():
        _verify_proof(what, expected, json=json)
        return
    report = verify_export(what, expected) if what else _verify_house(settings, expected)
    if json:
        _print(jsons.dumps(report.told(), ensure_ascii=False))
    else:
        for one in report.damage:
            _print(one.sentence())
    report.require_whole()
    if not json:
        _print(_sentence(report, expected))


def _verify_house(settings: Settings, expected: Expected) -> Report:
    path = settings.data / issuing.KEY_FILE
    try:
        key = expected.key or load_signer(path, algorithm=note.LOG).key
    except LedgerKeyMissing:
        key = None  # nothing was signed so far, or this is told below
    if expected.old is not None and key is None:
        raise LedgerKeyMissing
    old = read_checkpoint(expected.old, key) if expected.old is not None and key else None
    with open_database(settings).reading() as session:
        return verify_database(session, key, old)


def _verify_proof(path: Path, expected: Expected, *, json: bool) -> None:
    data = _read(path, PROOF_BYTES_MAX)
    if not data.startswith(FIRST_LINE):
        raise ExportInvalid
    proof = Proof.parse(data)
    checkpoint = proof.verify(expected.key, expected.witnesses)
    told = {
        "whole": True,
        "origin": checkpoint.origin,
        "index": proof.index,
        "size": checkpoint.size,
        "kind": proof.leaf.kind,
        "at": proof.leaf.at,
        "record": jsons.loads(proof.leaf.record),
    }
    if json:
        _print(jsons.dumps(told, ensure_ascii=False))
    else:
        _print(
            f"Proved: entry {proof.index} of {checkpoint.size} of {checkpoint.origin}, "
            f"{proof.leaf.kind} at {proof.leaf.at}.{_unsure(expected, proof.key)}"
        )
        _print(proof.leaf.record.decode())


def _prove(settings: Settings, *, index: int, out: Path | None) -> None:
    checkpoint, key = _issue(settings)
    with open_database(settings).reading() as session:
        proof = prove(session, index, checkpoint, key)
    _put(proof.data(), out)


def _export(settings: Settings, *, folder: Path, public: bool) -> None:
    signer = issuing.house_signer(settings)
    database = open_database(settings)
    with database.reading() as session:
        with database.transaction() as writing:
            checkpoint = issuing.issue(writing, signer)
            # What is read begins while nobody else can write: an entry that is erased later
            # is whole here, as the entry about its erasure is not in this checkpoint.
            log.size(session)
        size = exports.write_export(session, folder, checkpoint, signer.key, public=public)
    key = signer.key
    _print(f"{size} entries are in {folder}. The key, to be told on another way: {key.text()}")


def _checkpoint(settings: Settings, *, old: int | None, json: bool) -> None:
    checkpoint, key = _issue(settings)
    size = read_checkpoint(checkpoint, key).size
    hashes: tuple[bytes, ...] = ()
    if old is not None:
        with open_database(settings).reading() as session:
            hashes = tuple(log.consistency(session, old, size))
        checkpoint = Request(old, hashes, checkpoint).data()
    if json:
        told = {"key": key.text(), "size": size, "checkpoint": checkpoint.decode()}
        _print(jsons.dumps(told, ensure_ascii=False))
    else:
        _put(checkpoint, None)


def _witness(
    _settings: Settings, *, source: Path, key: str, state: Path, name: str, out: Path | None
) -> None:
    house = Key.parse(key)
    witness = Witness(state, name=name or f"{new_id()}.balai.invalid/witness")
    if source.is_dir():
        data = exports.read_signed(source)
        growth = _growth_of(source, house)
    else:
        request = Request.parse(_read(source, REQUEST_BYTES_MAX))
        data, growth = request.checkpoint, request.grow
    _put(witness.cosign(data, house, growth).data(), out)


def _growth_of(folder: Path, house: Key) -> Growth:
    """Let an export show its growth by itself: the whole tree is grown again."""

    def grow(old: Head, _new: Head) -> None:
        report = verify_export(folder, Expected(key=house, sizes=[old.size]))
        report.require_whole()
        if report.roots.get(old.size) != old.root:
            raise ProofWrong

    return grow


def _issue(settings: Settings) -> tuple[bytes, Key]:
    signer = issuing.house_signer(settings)
    with open_database(settings).transaction() as session:
        return issuing.issue(session, signer), signer.key


def _sentence(report: Report, expected: Expected) -> str:
    erased = f", {report.erased} of them erased" if report.erased else ""
    origin = f" of {report.origin}" if report.origin else ""
    also = f" Not checked: {', '.join(report.unchecked)}." if report.unchecked else ""
    return (
        f"Whole: {report.size} entries{origin}{erased}; root {note.encode(report.root)}."
        f"{also}{_unsure(expected, None)}"
    )


def _unsure(expected: Expected, key: Key | None) -> str:
    """Say that a proof by its own key proves less than people may think."""
    if expected.key is not None or key is None:
        return ""
    return f" Its own key says so; compare it: {key.text()}"


def _read(path: Path, bytes_max: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(bytes_max + 1)
    except OSError as cause:
        raise ExportInvalid(f"{path}: {cause.strerror}") from cause


def _put(data: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        out.write_bytes(data)
    except OSError as cause:
        raise ExportUnwritable(f"{out}: {cause.strerror}") from cause


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


_VERBS: Final[Mapping[str, Any]] = {
    "verify": _verify,
    "prove": _prove,
    "export": _export,
    "checkpoint": _checkpoint,
    "witness": _witness,
}
