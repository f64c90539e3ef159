"""A witness co-signs what only grew, and nothing that contradicts what it co-signed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from balai.ledger import log, note
from balai.ledger.checkpoint import Checkpoint, open_signer, read_checkpoint, signed
from balai.ledger.errors import (
    ProofInvalid,
    ProofWrong,
    RolledBack,
    SignatureMissing,
    SplitView,
    WitnessBehind,
    WitnessDamaged,
)
from balai.ledger.note import Key, parse_note
from balai.ledger.tree import EMPTY_ROOT
from balai.ledger.witness import Request, Witness
from tests.ledger_records import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path / "house") as house:
        house.enter(5)
        yield house


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return Witness(tmp_path / "witness", name="w.example/1")


def request(house: House, old: int) -> Request:
    checkpoint = house.issue()
    size = read_checkpoint(checkpoint, house.signer.key).size
    with house.database.reading() as session:
        hashes = log.consistency(session, old, size)
    return Request.parse(Request(old, tuple(hashes), checkpoint).data())


def asked(witness: Witness, house: House, shown: Request) -> Checkpoint:
    whole = witness.cosign(shown.checkpoint, house.signer.key, shown.grow)
    return read_checkpoint(whole.data(), house.signer.key, [witness.signer.key])


def test_what_grew_is_cosigned_and_remembered(house: House, witness: Witness) -> None:
    sizes = []
    for old in (0, 5, 5, 9):
        sizes.append(asked(witness, house, request(house, old)).size)
        if len(sizes) in {2, 3}:
            house.enter(4)
    assert sizes == [5, 5, 9, 13]
    last = witness.last(house.signer.key)
    assert last is not None
    assert last.size == 13


def test_its_public_key_lies_beside_it(witness: Witness, tmp_path: Path) -> None:
    text = (tmp_path / "witness" / "witness.vkey").read_text()
    assert Key.parse(text.removesuffix("\n")) == witness.signer.key
    again = Witness(tmp_path / "witness", name="another.example")
    assert again.signer.key == witness.signer.key


def test_cosigned_twice_it_carries_one_cosignature(house: House, witness: Witness) -> None:
    first = request(house, 0)
    whole = witness.cosign(first.checkpoint, house.signer.key, first.grow)
    again = Request(5, (), whole.data())
    whole = witness.cosign(again.checkpoint, house.signer.key, again.grow)
    assert [one.name for one in whole.signatures] == ["PeterNeumann", "w.example/1"]


def forged(house: House, size: int, root: bytes) -> bytes:
    """The house itself signs something else: it has the key."""
    return signed(Checkpoint(house.signer.name, size, root), house.signer).data()


def test_a_split_view_is_refused_and_both_are_named(house: House, witness: Witness) -> None:
    right = asked(witness, house, request(house, 0))
    other = forged(house, 5, b"o" * 32)
    with pytest.raises(SplitView) as told:
        witness.cosign(other, house.signer.key, Request(5, (), other).grow)
    was, now = note.encode(right.root), note.encode(b"o" * 32)
    assert str(told.value) == (
        f"{SplitView.sentence()} Co-signed last: 5 entries with the root {was}; "
        f"shown now: 5 entries with the root {now}."
    )
    assert witness.last(house.signer.key) == right


def test_a_ledger_that_did_not_grow_out_of_it_is_refused(
    house: House, witness: Witness, tmp_path: Path
) -> None:
    right = asked(witness, house, request(house, 0))
    with opened(tmp_path / "other") as other:
        other.enter(8)
        shown = request(other, 5)
        with pytest.raises(SplitView):
            asked(witness, other, shown)
    assert witness.last(house.signer.key) == right


def test_a_rollback_is_refused_and_both_are_named(house: House, witness: Witness) -> None:
    early = request(house, 0)
    house.enter(2)
    asked(witness, house, request(house, 0))
    with pytest.raises(RolledBack) as told:
        asked(witness, house, early)
    assert "7 entries" in str(told.value)
    assert "5 entries" in str(told.value)
    with pytest.raises(RolledBack):
        asked(witness, house, Request(0, (), forged(house, 0, EMPTY_ROOT)))


def test_a_proof_from_elsewhere_is_sent_back(house: House, witness: Witness) -> None:
    asked(witness, house, request(house, 0))
    house.enter(4)
    for old in (0, 3, 9):
        with pytest.raises(WitnessBehind, match="Co-signed last: 5"):
            asked(witness, house, request(house, old))


def test_a_stranger_is_not_cosigned(house: House, witness: Witness, tmp_path: Path) -> None:
    stranger = open_signer(tmp_path / "s.key", name="s.example/ledger", algorithm=note.LOG)
    shown = request(house, 0)
    with pytest.raises(SignatureMissing):
        witness.cosign(shown.checkpoint, stranger.key, shown.grow)
    assert witness.last(stranger.key) is None


def test_what_it_remembers_cannot_be_changed_unnoticed(
    house: House, witness: Witness, tmp_path: Path
) -> None:
    asked(witness, house, request(house, 0))
    (path,) = (tmp_path / "witness").glob("*.checkpoint")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(WitnessDamaged):
            witness.last(house.signer.key)
    alone = parse_note(whole)
    path.write_bytes(note.Note(alone.text, alone.signatures[:1]).data())
    with pytest.raises(WitnessDamaged):
        asked(witness, house, request(house, 5))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"old 5",
        b"old 05\n\nx",
        b"old -5\n\nx",
        b"old 5\nQUJ\n\nx",
        b"new 5\n\nx",
        b"old 5\n" + b"QUJD\n" * 64 + b"\nx",
        b"old 5\n\n" + b"x" * 100_000,
        b"old \xd9\xa5\n\nx",
    ],
)
def test_what_is_no_request_is_refused(data: bytes) -> None:
    with pytest.raises(ProofInvalid):
        Request.parse(data)


def test_a_proof_with_a_hash_too_many_is_refused(house: House, witness: Witness) -> None:
    shown = request(house, 0)
    with pytest.raises(SplitView) as told:
        asked(witness, house, Request(0, (b"x" * 32,), shown.checkpoint))
    assert isinstance(told.value.__cause__, ProofWrong)
