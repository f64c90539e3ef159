"""Whatever bytes a list has, properly signed or not: an error kind, and nothing is imported."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balai.catalogue import importing, queries, sources
from balai.catalogue.errors import ListCutShort, ListInvalid
from balai.catalogue.folder import Catalogue
from balai.catalogue.list_format import PREFIX, SIGNED_PREFIX, Prefix, pack_head, pack_prefix
from balai.catalogue.list_reading import ListReader
from balai.catalogue.recording import Action
from balai.errors import Invalid, Tampered
from tests.catalogue_lists import KEY, PUBLIC, described, head, written

PIECES = st.sampled_from(
    [
        b"\0\0\0\x1a",
        b"\0\x01a",
        b"\0\x02..",
        b"\0\x0b/etc/passwd",
        b"\0\x02\xff\xfe",
        b"\0\0",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        b"\0\x0a2026-01-31",
        b"\0\x01\0\x02me\x01\0\x0a2026-01-31\0\0",
        b"\0\0\0\x01f",
    ]
)
BODIES = st.lists(PIECES | st.binary(max_size=30), max_size=20).map(b"".join)


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Catalogue]:
    with (
        tempfile.TemporaryDirectory() as name,
        Catalogue(Path(name), create=True) as catalogue,
    ):
        with catalogue.transaction() as session:
            sources.trust(session, name="peace", public_key=PUBLIC)
        yield catalogue


def signed(body: bytes, recordings: int, packed_head: bytes) -> bytes:
    prefix = Prefix(PUBLIC, recordings, len(packed_head), len(body))
    data = pack_prefix(prefix) + packed_head + body
    return data + KEY.sign(SIGNED_PREFIX + hashlib.sha512(data).digest())


def refuse_or_take(catalogue: Catalogue, data: bytes) -> int:
    """Give how many recordings are there after trying to import; 0 when it was refused."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            with ListReader(Path(file.name)) as reader, catalogue.transaction() as session:
                importing.take_in(session, reader, action=Action.HOLD, check=len)
                count = len(queries.living_ids(session))
                session.rollback()
                return count
        except (Invalid, Tampered):
            with catalogue.reading() as session:
                assert queries.living_ids(session) == set()
                assert queries.lists(session) == []
            return 0


@given(data=st.binary(max_size=300) | BODIES.map(lambda body: b"BALAILST" + body))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused(catalogue: Catalogue, data: bytes) -> None:
    assert refuse_or_take(catalogue, data) == 0


@given(body=BODIES, recordings=st.integers(0, 5), odd_head=st.none() | BODIES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_signed_bytes_are_refused_or_wholly_taken(
    catalogue: Catalogue, body: bytes, recordings: int, odd_head: bytes | None
) -> None:
    packed = pack_head(head()) if odd_head is None else odd_head
    assert refuse_or_take(catalogue, signed(body, recordings, packed)) in {0, recordings}


@given(at=st.integers(0, 10_000), value=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_a_changed_byte_that_was_signed_is_refused_or_wholly_taken(
    catalogue: Catalogue, at: int, value: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        names = ("a", "b", "c/d")
        whole = written(Path(folder), *map(described, names)).read_bytes()
    packed = pack_head(head())
    body = bytearray(whole[PREFIX.size + len(packed) : -64])
    body[at % len(body)] = value
    assert refuse_or_take(catalogue, signed(bytes(body), 3, packed)) in {0, 3}


def test_a_bad_last_recording_undoes_the_first_ones(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    path = written(tmp_path, described("a"), described("b", fingerprint=b"bad"))

    def check(fingerprint: bytes) -> None:
        if fingerprint == b"bad":
            raise Invalid

    with pytest.raises(Invalid), ListReader(path) as reader, catalogue.transaction() as session:
        importing.take_in(session, reader, action=Action.FLAG, check=check)
    with catalogue.reading() as session:
        assert queries.living_ids(session) == set()
        assert queries.lists(session) == []


def test_a_promise_of_ten_gigabytes_costs_nothing(tmp_path: Path) -> None:
    data = pack_prefix(Prefix(PUBLIC, 1_000_000, 21, 10 * 2**30))
    (tmp_path / "list").write_bytes(data + bytes(100))
    with pytest.raises(ListCutShort):
        ListReader(tmp_path / "list")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing", Path("/dev/zero")):
        with pytest.raises(ListInvalid):
            ListReader(path)
