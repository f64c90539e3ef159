"""Whatever a list holds comes back the same, and any change to a file is noticed."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.catalogue.errors import ListSignerWrong
from balai.catalogue.list_format import Head
from balai.catalogue.list_reading import ListReader
from balai.catalogue.list_writing import write_list
from balai.catalogue.recording import (
    Described,
    check_described,
    check_identifier,
    identifier_from_path,
)
from balai.errors import Invalid, Tampered
from tests.catalogue_lists import HEADS, KEY, OTHER_KEY, PUBLIC, RECORDINGS, described, written

LISTS = st.lists(RECORDINGS, max_size=6, unique_by=lambda one: one.identifier).map(
    lambda many: sorted(many, key=lambda one: one.identifier.encode())
)


@given(head=HEADS, recordings=LISTS)
@settings(max_examples=150, deadline=None)
def test_a_list_comes_back_the_same(head: Head, recordings: list[Described]) -> None:
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name, "first"), Path(name, "second")
        write_list(first, head, recordings, KEY)
        with ListReader(first, public_key=PUBLIC) as reader:
            assert reader.head == head
            assert list(reader.recordings()) == recordings
            write_list(second, reader.head, reader.recordings(), KEY)
        assert first.read_bytes() == second.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("list")
    return written(folder, described("a"), described("b/c")).read_bytes()


def read(data: bytes, *, public_key: bytes | None = None) -> list[Described]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with ListReader(Path(file.name), public_key=public_key) as reader:
            return list(reader.recordings())


def test_every_flipped_bit_is_noticed(whole: bytes) -> None:
    assert len(read(whole)) == 2
    for at in range(len(whole) * 8):
        flipped = bytearray(whole)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises((Invalid, Tampered)):
            read(bytes(flipped))


def test_every_cut_is_noticed(whole: bytes) -> None:
    for end in range(len(whole)):
        with pytest.raises((Invalid, Tampered)):
            read(whole[:end])
    with pytest.raises(Invalid):
        read(whole + b"\0")


def test_another_key_is_noticed(tmp_path: Path) -> None:
    theirs = written(tmp_path, described(), key=OTHER_KEY).read_bytes()
    assert len(read(theirs)) == 1
    with pytest.raises(ListSignerWrong):
        read(theirs, public_key=PUBLIC)


@given(path=st.text(min_size=1, max_size=600))
@settings(max_examples=300)
def test_any_path_gives_an_identifier_that_can_be_shared(path: str) -> None:
    check_identifier(identifier_from_path(path))


@given(recording=RECORDINGS)
def test_the_rules_hold_for_what_the_tests_make(recording: Described) -> None:
    check_described(recording)
