"""The bytes of a list are those of docs/list-format.md."""

import datetime as dt
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from balai.catalogue import errors, keys
from balai.catalogue.list_format import PREFIX, Head, unpack_head, unpack_prefix, unpack_record
from balai.catalogue.list_reading import ListReader
from balai.catalogue.list_writing import write_list
from balai.catalogue.recording import Described, Opinion, Stance
from balai.errors import Invalid

DOCUMENT = Path(__file__).parents[2] / "docs" / "list-format.md"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
HOUSE = "house-of-peace.example"
EMPTY = Head("e", "", 1, dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
SONGS = Head(
    name="Songs of harm",
    publisher="House of Peace",
    issue=7,
    issued_at=dt.datetime(2026, 2, 4, 12, 30, 5, tzinfo=dt.UTC),
    licence="CC-BY-4.0",
    notes="For live rooms.",
)
RECORDINGS = (
    Described(
        identifier="chants/a.ogg",
        title="Chant of “harm”",
        category="chant",
        language="id",
        source=HOUSE,
        date=dt.date(2026, 1, 31),
        licence="CC-BY-4.0",
        duration_ms=61_500,
        fingerprint=bytes.fromhex("0102030405"),
        opinions=(
            Opinion(HOUSE, Stance.AGREE, dt.date(2026, 2, 1), "heard in three rooms"),
            Opinion("radio-kampung.example", Stance.DISPUTE, dt.date(2026, 2, 3)),
        ),
    ),
    Described(identifier="é", duration_ms=1, fingerprint=b"\xff"),
)
VECTORS: dict[str, tuple[Head, tuple[Described, ...]]] = {
    "empty-list": (EMPTY, ()),
    "two-recordings": (SONGS, RECORDINGS),
}


def vector(name: str) -> bytes:
    block = re.search(
        rf"^```hex {name}\n(.+?)^```", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    assert block is not None
    return bytes.fromhex(block[1])


def test_the_document_has_no_vector_that_is_not_tested() -> None:
    assert re.findall(r"^```hex (\S+)", DOCUMENT.read_text(), re.MULTILINE) == list(VECTORS)
    assert keys.public_bytes(KEY).hex() in DOCUMENT.read_text()


@pytest.mark.parametrize("name", VECTORS)
def test_a_list_is_written_as_in_the_document(name: str, tmp_path: Path) -> None:
    head, recordings = VECTORS[name]
    assert write_list(tmp_path / "list", head, recordings, KEY) == len(recordings)
    assert (tmp_path / "list").read_bytes() == vector(name)
    assert [path.name for path in tmp_path.iterdir()] == ["list"]


@pytest.mark.parametrize("name", VECTORS)
def test_a_list_of_the_document_is_read(name: str, tmp_path: Path) -> None:
    head, recordings = VECTORS[name]
    (tmp_path / "list").write_bytes(vector(name))
    with ListReader(tmp_path / "list", public_key=keys.public_bytes(KEY)) as reader:
        assert reader.head == head
        assert tuple(reader.recordings()) == recordings
        assert tuple(reader.recordings()) == recordings


def test_recordings_out_of_order_are_not_written(tmp_path: Path) -> None:
    for wrong in (RECORDINGS[::-1], (RECORDINGS[0], RECORDINGS[0])):
        with pytest.raises(errors.ListUnsorted):
            write_list(tmp_path / "list", SONGS, wrong, KEY)
    assert list(tmp_path.iterdir()) == []


def prefix(**changed: int | bytes) -> bytes:
    given: dict[str, int | bytes] = {
        "magic": b"BALAILST",
        "version": 1,
        "reserved": 0,
        "key": bytes(32),
        "recordings": 1,
        "head": 21,
        "body": 60,
    }
    return PREFIX.pack(*(given | changed).values())


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.ListInvalid),
        (prefix()[:-1], errors.ListInvalid),
        (prefix(magic=b"BALAILIS"), errors.ListInvalid),
        (prefix(version=2), errors.ListInvalid),
        (prefix(reserved=1), errors.ListInvalid),
        (prefix(recordings=2**32 - 1), errors.ListTooLarge),
        (prefix(head=2**32 - 1), errors.ListTooLarge),
        (prefix(body=2**64 - 1), errors.ListTooLarge),
        (prefix(recordings=3), errors.ListInvalid),
    ],
)
def test_a_promise_beyond_the_limits_is_refused(data: bytes, error: type[Invalid]) -> None:
    with pytest.raises(error):
        unpack_prefix(data)


def text(value: bytes) -> bytes:
    return len(value).to_bytes(2, "big") + value


def packed(
    *,
    identifier: bytes = b"a",
    title: bytes = b"",
    date: bytes = b"",
    opinions: bytes = b"\0\0",
    fingerprint: bytes = b"\0\0\0\x01f",
) -> bytes:
    words = text(identifier) + text(title) + 3 * text(b"") + text(date) + text(b"")
    return words + b"\0\0\0\x01" + opinions + fingerprint


def test_a_record_packed_by_hand_is_read() -> None:
    assert unpack_record(packed()) == Described("a", b"f", 1)


@pytest.mark.parametrize(
    "record",
    [
        packed()[:-1],
        packed() + b"\0",
        packed(title=b"\xff\xfe"),
        packed(title=b"\xed\xa0\x80"),
        packed(title=b"two\nlines"),
        packed(title="\u202egpj.exe".encode()),
        packed(title=b"x" * 401),
        packed(identifier=b""),
        packed(identifier=b"x" * 401),
        packed(identifier=b"../../etc/passwd"),
        packed(identifier=b"/etc/passwd"),
        packed(identifier=b"a//b"),
        packed(identifier=b"a/./b"),
        packed(identifier=b"a/"),
        packed(identifier=b"..\\b"),
        packed(identifier=b"a\0b"),
        packed(date=b"20260131"),
        packed(date=b"2026-02-30"),
        packed(opinions=b"\xff\xff"),
        packed(opinions=b"\0\x01" + text(b"me") + b"\x03" + text(b"2026-01-31") + text(b"")),
        packed(opinions=b"\0\x01" + text(b"me") + b"\x01" + text(b"") + text(b"")),
        packed(
            opinions=b"\0\x02" + 2 * (text(b"me") + b"\1" + text(b"2026-01-31") + text(b""))
        ),
        packed(fingerprint=b"\xff\xff\xff\xfff"),
        packed(fingerprint=b"\0\0\0\0"),
    ],
)
def test_a_hostile_record_is_refused(record: bytes) -> None:
    with pytest.raises(Invalid):
        unpack_record(record)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        bytes(4) + bytes(8) + text(b"e") + 3 * text(b""),
        b"\0\0\0\x01" + bytes(8) + 4 * text(b""),
        b"\0\0\0\x01" + b"\xff" * 8 + text(b"e") + 3 * text(b""),
        b"\0\0\0\x01" + bytes(8) + text(b"e") + 3 * text(b"") + b"\0",
        b"\0\0\0\x01" + bytes(8) + text(b"e\n") + 3 * text(b""),
        b"\0\0\0\x01" + bytes(8) + text(b"e" * 121) + 3 * text(b""),
    ],
)
def test_a_hostile_head_is_refused(head: bytes) -> None:
    with pytest.raises(Invalid):
        unpack_head(head)
