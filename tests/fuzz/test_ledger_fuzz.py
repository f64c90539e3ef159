"""Whatever a note, a key, a proof or an export holds: taken as it is, or an error kind."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balai.errors import BalaiError, Invalid, NotFound, Tampered
from balai.ledger import canonical, note
from balai.ledger.checkpoint import Checkpoint, parse_secret, read_checkpoint
from balai.ledger.export import Expected, verify_export, write_export
from balai.ledger.leaf import Erasure
from balai.ledger.lines import read_line
from balai.ledger.note import Key, parse_note
from balai.ledger.proof import FIRST_LINE, Proof, prove
from balai.ledger.witness import Request
from tests.ledger_records import VKEY, opened

KEY = Key.parse(VKEY)
FILES = ("entries.jsonl", "checkpoint", "key")
LAX = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b"\xe2\x80\x94 ",
        b"PeterNeumann",
        b" ",
        b"+",
        b"c74f20a3",
        b"old 5\n",
        b"index 0\n",
        b"extra ",
        FIRST_LINE + b"\n",
        b"e30=",
        b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        b"20852163",
        b"{",
        b'{"index":0,"leaf_hash":"',
        b'"kind":"erasure",',
        b"00" * 32,
        b'","root":"',
        b'"}',
        b"[" * 500,
        b"\xff",
        b"\x00",
        b"1e999",
        b"9" * 5_000,
    ]
)
DATA = st.binary(max_size=200) | st.lists(PIECES | st.binary(max_size=8), max_size=30).map(
    b"".join
)
PARSERS: tuple[Callable[[bytes], object], ...] = (
    parse_note,
    parse_secret,
    canonical.parse,
    read_line,
    Proof.parse,
    Request.parse,
    Erasure.parse,
    lambda data: Key.parse(data.decode("utf-8", "replace")),
    lambda data: Checkpoint.parse(data.decode("utf-8", "replace")),
    lambda data: note.decode(data.decode("utf-8", "replace")),
    lambda data: read_checkpoint(data, KEY),
)


@LAX
@given(data=DATA, parser=st.sampled_from(PARSERS))
def test_any_bytes_are_read_or_refused(data: bytes, parser: Callable[[bytes], object]) -> None:
    try:
        parser(data)
    except (Invalid, Tampered):
        return


@LAX
@given(data=DATA)
def test_what_is_read_as_a_note_is_written_the_same(data: bytes) -> None:
    text = b"text\n\n" + data
    try:
        whole = parse_note(text)
    except Invalid:
        return
    assert whole.data() == text


@dataclass(frozen=True)
class Good:
    """A right export and a right proof."""

    files: dict[str, bytes]
    proof: bytes


@pytest.fixture(scope="module")
def good() -> Iterator[Good]:
    with tempfile.TemporaryDirectory() as name, opened(Path(name)) as house:
        house.enter(9)
        house.erase(3)
        checkpoint = house.issue()
        folder = Path(name) / "export"
        with house.database.reading() as session:
            write_export(session, folder, checkpoint, house.signer.key, public=False)
            proof = prove(session, 4, checkpoint, house.signer.key).data()
        yield Good({one: (folder / one).read_bytes() for one in FILES}, proof)


def spliced(whole: bytes, at: int, cut: int, data: bytes) -> bytes:
    at %= len(whole) + 1
    return whole[:at] + data + whole[at + cut :]


def report_of(files: dict[str, bytes], expected: Expected) -> bool:
    """Tell whether an export of these files is whole."""
    with tempfile.TemporaryDirectory() as name:
        for one, data in files.items():
            (Path(name) / one).write_bytes(data)
        return not verify_export(Path(name), expected).damage


@LAX
@given(
    name=st.sampled_from(FILES), at=st.integers(0, 10_000), cut=st.integers(0, 100), data=DATA
)
def test_an_export_with_anything_in_it_is_not_whole(
    good: Good, name: str, at: int, cut: int, data: bytes
) -> None:
    changed = spliced(good.files[name], at, cut, data)
    is_whole = report_of(good.files | {name: changed}, Expected(key=KEY))
    assert is_whole == (changed == good.files[name])


@LAX
@given(at=st.integers(0, 10_000), cut=st.integers(0, 100), data=DATA)
def test_a_proof_with_anything_in_it_proves_nothing(
    good: Good, at: int, cut: int, data: bytes
) -> None:
    changed = spliced(good.proof, at, cut, data)
    try:
        Proof.parse(changed).verify(KEY)
        is_proved = True
    except (Invalid, Tampered):
        is_proved = False
    assert is_proved == (changed == good.proof)


@pytest.mark.parametrize("at", range(3))
def test_an_export_without_one_of_its_files_is_told(good: Good, at: int) -> None:
    files = {name: data for name, data in good.files.items() if name != FILES[at]}
    with pytest.raises(Invalid):
        report_of(files, Expected())


def test_what_is_no_folder_is_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none", Path("/dev/null")):
        with pytest.raises((Invalid, NotFound)):
            verify_export(path, Expected())


def test_an_endless_line_takes_no_memory(good: Good) -> None:
    long = b"x" * 10_000_000
    assert report_of(good.files | {"entries.jsonl": long}, Expected()) is False


def test_every_error_says_something(good: Good) -> None:
    with pytest.raises(BalaiError) as told:
        Proof.parse(good.proof).verify(Key.parse(Key("a", 1, KEY.public).text()))
    assert str(told.value) == "this proof is of PeterNeumann, with another key"
