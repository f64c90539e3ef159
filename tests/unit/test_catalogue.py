"""Recordings are added, replaced and withdrawn as the catalogue says."""

import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from balai.catalogue import changing, queries
from balai.catalogue.changing import Membership, Origin
from balai.catalogue.errors import (
    CatalogueDamaged,
    CatalogueMissing,
    CatalogueNewer,
    CatalogueUnwritable,
    ListFolderPath,
    RecordingAmbiguous,
    RecordingInvalid,
    RecordingMissing,
)
from balai.catalogue.folder import FILE, Catalogue
from balai.catalogue.model import Withdrawal
from balai.catalogue.recording import Action, Described, Opinion, Stance
from tests.catalogue_lists import described


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "known", create=True)


def origin(path: str, mtime_ns: int = 1) -> Origin:
    return Origin(path.encode(), 10, mtime_ns)


def add(catalogue: Catalogue, one: Described, at: Origin | None = None) -> str:
    with catalogue.transaction() as session:
        return changing.add(session, one, origin=at).id


def test_a_recording_comes_back_as_it_was_added(catalogue: Catalogue) -> None:
    given = described(
        "chants/a",
        title="A",
        category="chant",
        language="id",
        source="here",
        date=dt.date(2026, 1, 31),
        licence="CC0",
        opinions=(Opinion("us", Stance.DISPUTE, dt.date(2026, 2, 1), "why"),),
    )
    add(catalogue, given)
    with catalogue.reading() as session:
        assert queries.described(session, queries.find(session, "chants/a")) == given


def test_the_file_is_in_write_ahead_mode_and_has_a_version(catalogue: Catalogue) -> None:
    with sqlite3.connect(catalogue.folder / FILE) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
    file.close()


def test_a_file_indexed_again_takes_the_place_of_what_it_was(catalogue: Catalogue) -> None:
    before = add(catalogue, described("a", fingerprint=b"1"), origin("/x/a"))
    after = add(catalogue, described("a", fingerprint=b"2"), origin("/x/a", mtime_ns=2))
    with catalogue.reading() as session:
        assert queries.living_ids(session) == {after}
        known = queries.of_origin(session, b"/x/a")
        assert known is not None
        assert known.id == after
        assert queries.by_ids(session, {before})[before].withdrawal is Withdrawal.REPLACED
        assert queries.withdrawn_count(session) == 0


def test_two_files_of_one_relative_path_are_both_kept(catalogue: Catalogue) -> None:
    first = add(catalogue, described("a"), origin("/x/a"))
    second = add(catalogue, described("a", fingerprint=b"2"), origin("/y/a"))
    with catalogue.reading() as session:
        assert [one.shown for one in queries.living(session)] == ["a", "a"]
        assert [one.identifier for one in queries.living(session)] == ["a", f"a~{second}"]
        assert queries.find(session, first).id == first
        with pytest.raises(RecordingAmbiguous, match=second):
            queries.find(session, "a")


def test_an_identifier_without_a_file_is_used_once(catalogue: Catalogue) -> None:
    add(catalogue, described("a"))
    with pytest.raises(RecordingInvalid):
        add(catalogue, described("a"))


def test_a_withdrawn_recording_is_gone_and_its_fingerprint_erased(catalogue: Catalogue) -> None:
    kept, gone = add(catalogue, described("kept")), add(catalogue, described("gone"))
    with catalogue.transaction() as session:
        changing.withdraw(session, {gone})
    with catalogue.reading() as session:
        assert queries.living_ids(session) == {kept}
        assert dict(queries.fingerprints(session, {kept, gone})) == {kept: b"print of kept"}
        assert queries.withdrawn_count(session) == 1
        with pytest.raises(RecordingMissing):
            queries.find(session, "gone")


def test_an_opinion_replaces_that_of_the_same_body_only(catalogue: Catalogue) -> None:
    name = add(catalogue, described("a"))
    day = dt.date(2026, 2, 1)
    for by, stance in (("us", Stance.AGREE), ("them", Stance.DISPUTE), ("us", Stance.UNSURE)):
        with catalogue.transaction() as session:
            recording = queries.find(session, name)
            changing.give_opinion(session, recording, Opinion(by, stance, day))
    with catalogue.reading() as session:
        assert queries.find(session, name).opinions_held == (
            Opinion("them", Stance.DISPUTE, day),
            Opinion("us", Stance.UNSURE, day),
        )


def test_counting_is_by_list_and_category(catalogue: Catalogue) -> None:
    add(catalogue, described("a", category="chant"))
    add(catalogue, described("b", category="chant"))
    with catalogue.transaction() as session:
        theirs = Membership(Action.HOLD, "songs", 3)
        changing.add(session, described("a"), membership=theirs)
    with catalogue.reading() as session:
        told = [
            (one.list_name, one.category, one.recordings) for one in queries.counts(session)
        ]
        assert told == [("", "chant", 2), ("songs", "", 1)]
        assert queries.counts(session)[0].duration_ms == 10_000
        assert queries.counts(session)[0].fingerprint_bytes == 2 * len(b"print of a")


@pytest.mark.parametrize(
    "one",
    [
        described("a", title="x" * 401),
        described("a", category="two\nlines"),
        described("a", language="\ud800"),
        described("a", fingerprint=b""),
        described("a", duration_ms=-1),
        described("a", opinions=(Opinion("", Stance.AGREE, dt.date(2026, 1, 1)),)),
        described(""),
        described("x" * 401),
    ],
)
def test_what_could_not_be_shared_is_not_added(catalogue: Catalogue, one: Described) -> None:
    with pytest.raises(RecordingInvalid):
        add(catalogue, one)


@pytest.mark.parametrize("name", ["..", "a/../b", "/a", "a/", "a//b", "./a", "a\\b"])
def test_an_identifier_leads_nowhere(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(ListFolderPath):
        add(catalogue, described(name))


def test_a_folder_without_a_catalogue_is_said(tmp_path: Path) -> None:
    with pytest.raises(CatalogueMissing, match="balai ear index"):
        Catalogue(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_catalogue_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, and longer than a header" * 100)
    with pytest.raises(CatalogueDamaged):
        Catalogue(tmp_path)


def test_a_database_of_something_else_is_said(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("CREATE TABLE other (x)")
    file.close()
    with pytest.raises(CatalogueDamaged):
        Catalogue(tmp_path)


def test_a_newer_catalogue_is_left_alone(catalogue: Catalogue) -> None:
    catalogue.close()
    with sqlite3.connect(catalogue.folder / FILE) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    with pytest.raises(CatalogueNewer):
        Catalogue(catalogue.folder)


def test_a_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CatalogueUnwritable):
        Catalogue(tmp_path / "file" / "known", create=True)
