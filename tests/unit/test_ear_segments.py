"""The index follows the records, whatever was killed in between."""

from pathlib import Path

import numpy as np
import pytest

from balai.app.ear_segments import bring_in_line, follow, rebuild, segments_folder
from balai.catalogue import changing, queries
from balai.catalogue.errors import CatalogueUnwritable
from balai.catalogue.folder import Catalogue
from balai.detect.fingerprint.fingerprint import Fingerprint
from balai.detect.fingerprint.landmarks import Landmarks
from balai.detect.fingerprint.store import Current, SegmentStore
from tests.catalogue_lists import described


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "known", create=True)


def made(seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    frame = np.sort(generator.choice(1000, 200, replace=False)).astype(np.int32)
    band = generator.integers(0, 92, 200, dtype=np.int32)
    return Fingerprint(1000, Landmarks(frame, band)).to_bytes()


def add(catalogue: Catalogue, *names: str) -> set[str]:
    with catalogue.transaction() as session:
        return {
            changing.add(session, described(name, fingerprint=made(len(name)))).id
            for name in names
        }


def indexed(catalogue: Catalogue) -> set[str]:
    return SegmentStore(segments_folder(catalogue)).ids()


def test_what_the_records_gained_and_lost_is_made_good(catalogue: Catalogue) -> None:
    first = add(catalogue, "a", "bb")
    bring_in_line(catalogue)
    assert indexed(catalogue) == first
    second = add(catalogue, "ccc")
    with catalogue.transaction() as session:
        gone = queries.find(session, "a").id
        changing.withdraw(session, {gone})
    assert indexed(catalogue) == first  # as if killed here
    follow(catalogue)
    assert indexed(catalogue) == (first | second) - {gone}


def test_nothing_to_do_writes_nothing(catalogue: Catalogue) -> None:
    add(catalogue, "a")
    bring_in_line(catalogue)
    before = (segments_folder(catalogue) / "CURRENT").stat().st_ino
    bring_in_line(catalogue, is_compacted=True)
    follow(catalogue)
    assert (segments_folder(catalogue) / "CURRENT").stat().st_ino == before


def test_many_segments_become_few(catalogue: Catalogue) -> None:
    ids: set[str] = set()
    for number in range(1, 10):
        ids |= add(catalogue, "x" * number)
        bring_in_line(catalogue)
    bring_in_line(catalogue, is_compacted=True)
    store = SegmentStore(segments_folder(catalogue))
    assert (store.segment_count, store.ids()) == (1, ids)


def test_a_fingerprint_that_cannot_be_read_is_named_and_the_rest_rebuilt(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    good = add(catalogue, "good")
    with catalogue.transaction() as session:
        changing.add(session, described("other version", fingerprint=b"EARP of tomorrow"))
    assert not rebuild(catalogue)
    assert indexed(catalogue) == good
    assert capsys.readouterr().err.startswith("balai: other version: This fingerprint is ")


def test_a_folder_that_cannot_be_is_a_sentence(catalogue: Catalogue) -> None:
    segments_folder(catalogue).write_text("a file in its place")
    with pytest.raises(CatalogueUnwritable, match="cannot be written"):
        bring_in_line(catalogue)


def test_while_an_index_is_made_anew_the_old_one_is_searched(catalogue: Catalogue) -> None:
    known = add(catalogue, "a", "bb")
    bring_in_line(catalogue)
    folder = segments_folder(catalogue)
    print_of_c = Fingerprint.from_bytes(made(3))
    with SegmentStore.replacing(folder) as store:
        store.add([("c", print_of_c)])
        assert indexed(catalogue) == known
        before = Current.read(folder).generation
    assert indexed(catalogue) == {"c"}
    assert Current.read(folder).generation > before
    assert len(list(folder.glob("*.ear"))) == 1


def _fill_and_fail(folder: Path) -> None:
    with SegmentStore.replacing(folder) as store:
        store.add([("c", Fingerprint.from_bytes(made(3)))])
        raise RuntimeError


def test_what_fails_to_be_made_anew_leaves_the_old_index(catalogue: Catalogue) -> None:
    known = add(catalogue, "a", "bb")
    bring_in_line(catalogue)
    with pytest.raises(RuntimeError):
        _fill_and_fail(segments_folder(catalogue))
    assert indexed(catalogue) == known
    assert rebuild(catalogue)
    assert indexed(catalogue) == known
    assert len(list(segments_folder(catalogue).glob("*.ear"))) == 1
