"""A record has one form in bytes, a leaf one reading, and the hash is what the docs say."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from balai.ledger.canonical import canonical, parse
from balai.ledger.errors import RecordInvalid
from balai.ledger.leaf import Erasure, Leaf, time_text

AT = datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
SALT = bytes(range(32))


def leaf(**changed: Any) -> Leaf:
    fields = {"kind": "note", "at": time_text(AT), "record": b'{"a":1}', "salt": SALT}
    return Leaf(**(fields | changed))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"b": 1, "a": [True, None, -5]}, '{"a":[true,null,-5],"b":1}'),
        ({"é": "“so”", "z": "\x7f\u2028"}, '{"z":"\x7f\u2028","é":"“so”"}'),
        ({"": '"\\\n\t\x01/'}, '{"":"\\"\\\\\\n\\t\\u0001/"}'),
        ({"\ue000": 1, "\U0001f600": 2}, '{"\ue000":1,"\U0001f600":2}'),
        ({"n": 2**53 - 1}, '{"n":9007199254740991}'),
    ],
)
def test_a_record_is_written_in_one_way(value: dict[str, Any], written: str) -> None:
    assert canonical(value) == written.encode()
    assert parse(written.encode()) == value


NESTED: list[Any] = []
for _ in range(20):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1.0},
        {"a": float("nan")},
        {"a": 2**53},
        {1: "a"},
        {None: 1},
        {"a": "\ud800"},
        {"a": b"x"},
        {"a": {1, 2}},
        {"a": (1, 2)},
        {"a": AT},
        {"a": NESTED},
    ],
)
def test_what_cannot_be_written_alike_everywhere_is_refused(value: dict[Any, Any]) -> None:
    with pytest.raises(RecordInvalid):
        canonical(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b' {"a":1}',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1.5}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"[" * 100_000,
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{"a":1}\n',
        b"\xef\xbb\xbf{}",
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    with pytest.raises(RecordInvalid):
        parse(data)


def test_the_hash_is_what_the_docs_say() -> None:
    content = b'{"at":"2026-02-03T04:05:06.000007Z","kind":"note","record":{"a":1}}'
    data = sha256(SALT + content).digest()
    assert leaf().content() == content
    assert leaf().hash() == sha256(b"\x00" + data).digest()


def test_a_moment_has_one_text() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=7)))
    assert time_text(elsewhere) == time_text(AT) == "2026-02-03T04:05:06.000007Z"


def test_two_leaves_of_one_record_have_nothing_in_common() -> None:
    first, second = (Leaf.of("note", AT, {"a": 1}) for _ in range(2))
    assert first.content() == second.content()
    assert first.hash() != second.hash()


def test_bytes_cannot_be_read_as_another_leaf() -> None:
    """Time, kind and record lie side by side: none of them can take from its neighbour."""
    inner = b'{"a":"b","kind":"c","record":1}'
    whole = leaf(record=inner).content()
    at = time_text(AT) + '","kind":"note","record":{"a":"b'
    assert f'{{"at":"{at}","kind":"c","record":1}}}}'.encode() == whole
    with pytest.raises(RecordInvalid):
        leaf(at=at, kind="c", record=b"1}")


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": ""},
        {"kind": "Note"},
        {"kind": "1a"},
        {"kind": "a" * 33},
        {"kind": "a\n"},
        {"kind": 'a","record":'},
        {"at": "2026-02-03 04:05:06.000007Z"},
        {"at": "2026-02-03T04:05:06Z"},
        {"at": "2026-13-03T04:05:06.000007Z"},
        {"at": "٢026-02-03T04:05:06.000007Z"},
        {"salt": b""},
        {"salt": bytes(33)},
        {"record": b"x" * 65_537},
    ],
)
def test_a_leaf_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(RecordInvalid):
        leaf(**changed)


@pytest.mark.parametrize(
    "record",
    [
        b"{}",
        b"[]",
        b'{"at":"a","index":1,"kind":"k","leaf_hash":"00"}',
        b'{"at":"a","index":true,"kind":"k","leaf_hash":"00","reason":""}',
        b'{"at":"a","index":"1","kind":"k","leaf_hash":"00","reason":""}',
        b'{"at":"a","index":1,"kind":2,"leaf_hash":"00","reason":""}',
    ],
)
def test_what_does_not_tell_of_an_erasure_is_refused(record: bytes) -> None:
    with pytest.raises(RecordInvalid):
        Erasure.parse(record)
