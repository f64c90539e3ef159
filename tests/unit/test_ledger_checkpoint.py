"""Notes, keys, checkpoints and co-signatures are those of the published formats."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from balai.ledger import note
from balai.ledger.checkpoint import (
    Checkpoint,
    load_signer,
    open_signer,
    parse_secret,
    read_checkpoint,
    signed,
    verify_signature,
)
from balai.ledger.errors import (
    CheckpointInvalid,
    LedgerKeyInvalid,
    LedgerKeyMissing,
    LedgerKeyUnreadable,
    NoteInvalid,
    SignatureMissing,
    SignatureWrong,
)
from balai.ledger.note import Key, Note, Signature, parse_note
from tests.ledger_records import SECRET, VKEY

# Source: the example of Go's sumdb/note.
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
    "KvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# Source: the examples of c2sp.org/tlog-checkpoint and c2sp.org/tlog-cosignature.
PUBLISHED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1\
gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2o\
yin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""
SIGNER = parse_secret(SECRET)
ROOT = bytes(range(32))
CHECKPOINT = Checkpoint("PeterNeumann", 5, ROOT)


def cosigner(tmp_path: Path) -> "note.Key":
    return open_signer(tmp_path / "w.key", name="w.example/1", algorithm=note.COSIGNER).key


def test_the_published_note_is_signed_to_the_byte() -> None:
    assert SIGNER.key == Key.parse(VKEY)
    assert SIGNER.key.text() == VKEY
    data = Note(TEXT, (SIGNER.sign(TEXT),)).data()
    assert data.decode() == f"{TEXT}\n{LINE}"
    verify_signature(parse_note(data), SIGNER.key)


def test_the_published_checkpoint_is_read() -> None:
    whole = parse_note(PUBLISHED.encode())
    assert whole.data() == PUBLISHED.encode()
    found = Checkpoint.parse(whole.text)
    assert (found.origin, found.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert found.text() == whole.text
    assert [one.name for one in whole.signatures] == [found.origin, "witness.example.com/w1"]
    stamp = int.from_bytes(whole.signatures[1].data[:8], "big")
    assert stamp == 1_679_315_147


def test_a_checkpoint_comes_back() -> None:
    data = signed(CHECKPOINT, SIGNER).data()
    assert read_checkpoint(data, SIGNER.key) == CHECKPOINT


def test_a_cosignature_says_when_and_binds_it(tmp_path: Path) -> None:
    witness = open_signer(tmp_path / "w.key", name="w.example/1", algorithm=note.COSIGNER)
    text = CHECKPOINT.text()
    one = witness.cosign(text, datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC))
    assert one.data[:8] == (1_679_315_147).to_bytes(8, "big")
    message = f"cosignature/v1\ntime 1679315147\n{text}".encode()
    assert one.data[8:] == witness.secret.sign(message)
    whole = Note(text, (SIGNER.sign(text), one))
    assert read_checkpoint(whole.data(), SIGNER.key, [witness.key]) == CHECKPOINT
    for later in (1_679_315_148, 2**64 - 1):
        moved = Signature(one.name, one.key_id, later.to_bytes(8, "big") + one.data[8:])
        with pytest.raises(SignatureWrong):
            verify_signature(Note(text, (moved,)), witness.key)


def test_a_signature_for_one_purpose_is_none_for_another(tmp_path: Path) -> None:
    same = Key(SIGNER.name, note.COSIGNER, SIGNER.key.public)
    with pytest.raises(SignatureMissing):
        verify_signature(signed(CHECKPOINT, SIGNER), same)
    with pytest.raises(LedgerKeyInvalid):
        load_signer(kept(tmp_path), algorithm=note.COSIGNER)


def kept(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.key"
    path.write_bytes(SECRET + b"\n")
    return path


def test_signatures_of_strangers_are_ignored_and_none_is_not_enough(tmp_path: Path) -> None:
    stranger = open_signer(tmp_path / "s.key", name="PeterNeumann", algorithm=note.LOG)
    text = CHECKPOINT.text()
    both = Note(text, (stranger.sign(text), SIGNER.sign(text)))
    assert read_checkpoint(both.data(), SIGNER.key) == CHECKPOINT
    with pytest.raises(SignatureMissing):
        read_checkpoint(signed(CHECKPOINT, stranger).data(), SIGNER.key)
    with pytest.raises(SignatureMissing):
        read_checkpoint(both.data(), SIGNER.key, [cosigner(tmp_path)])
    forged = Signature(SIGNER.name, SIGNER.key.key_id, stranger.sign(text).data)
    for wrong in ((forged,), (SIGNER.sign(text), forged)):
        with pytest.raises(SignatureWrong):
            read_checkpoint(Note(text, wrong).data(), SIGNER.key)


def test_a_checkpoint_of_another_log_is_not_taken() -> None:
    other = Checkpoint("elsewhere.example/ledger", 5, ROOT)
    with pytest.raises(SignatureMissing):
        read_checkpoint(signed(other, SIGNER).data(), SIGNER.key)


def test_a_key_is_made_once_for_its_owner_s_eyes(tmp_path: Path) -> None:
    path = tmp_path / "house" / "ledger.key"
    made = open_signer(path, name="a.example/ledger", algorithm=note.LOG)
    again = open_signer(path, name="b.example/ledger", algorithm=note.LOG)
    assert (made.key, made.name) == (again.key, "a.example/ledger")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["ledger.key"]


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(LedgerKeyMissing):
        load_signer(tmp_path / "none", algorithm=note.LOG)
    with pytest.raises(LedgerKeyUnreadable):
        load_signer(tmp_path, algorithm=note.LOG)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LedgerKeyUnreadable):
        open_signer(tmp_path / "file" / "key", name="a", algorithm=note.LOG)
    with pytest.raises(LedgerKeyInvalid):
        open_signer(tmp_path / "key", name="a b", algorithm=note.LOG)


@pytest.mark.parametrize("at", range(len(VKEY)))
def test_a_key_with_a_changed_letter_is_none(at: int) -> None:
    changed = VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :]
    for wrong in (changed, VKEY[:at], VKEY[at + 1 :]):
        with pytest.raises(LedgerKeyInvalid):
            Key.parse(wrong)


@pytest.mark.parametrize("at", range(len(SECRET)))
def test_a_secret_with_a_changed_letter_is_none(at: int) -> None:
    changed = SECRET[:at] + bytes([SECRET[at] ^ 1]) + SECRET[at + 1 :]
    with pytest.raises(LedgerKeyInvalid):
        parse_secret(changed)


@pytest.mark.parametrize("algorithm", [0, 2, 3, 5, 255])
def test_a_key_of_an_unknown_kind_is_none(algorithm: int) -> None:
    with pytest.raises(LedgerKeyInvalid):
        Key.parse(Key("a", algorithm, ROOT).text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT,
        f"{TEXT}\n",
        f"\n{LINE}",
        f"{TEXT}{LINE}",
        f"{TEXT}\n{LINE}"[:-1],
        f"{TEXT}\n{LINE}\n",
        f"{TEXT}\r\n\n{LINE}",
        f"{TEXT}\n{LINE.replace('— ', '- ')}",
        f"{TEXT}\n{LINE.replace('PeterNeumann', 'Peter+Neumann')}",
        f"{TEXT}\n{LINE.replace('PeterNeumann', 'Peter Neumann')}",
        f"{TEXT}\n{LINE.replace('PeterNeumann', '')}",
        f"{TEXT}\n{LINE.replace('nAM=', 'nAM')}",
        f"{TEXT}\n{LINE.replace('nAM=', 'nAN=')}",
        f"{TEXT}\n— PeterNeumann x08gow==\n",
        f"{TEXT}\n{LINE * 65}",
        f"{TEXT}\n{LINE}{'a' * 70_000}\n",
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(NoteInvalid):
        parse_note(text.encode())
    with pytest.raises(NoteInvalid):
        parse_note(text.encode() + b"\xff")


@pytest.mark.parametrize(
    "text",
    [
        "a\n5\n",
        "a\n05\n" + note.encode(ROOT) + "\n",
        "a\n-5\n" + note.encode(ROOT) + "\n",
        "a\n٥\n" + note.encode(ROOT) + "\n",
        "a\n4294967296\n" + note.encode(ROOT) + "\n",
        "a b\n5\n" + note.encode(ROOT) + "\n",
        "a\n5\n" + note.encode(ROOT[1:]) + "\n",
        "a\n5\n" + base64.urlsafe_b64encode(b"\xff" * 32).decode() + "\n",
        "a\n5\n" + note.encode(ROOT) + "\nmore\n",
        TEXT,
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointInvalid):
        Checkpoint.parse(text)
