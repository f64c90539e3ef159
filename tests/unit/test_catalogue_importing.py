"""Taking a list in does what its preview said, and leaves alone what people here decided."""

import datetime as dt
from pathlib import Path

import pytest

from balai.catalogue import changing, importing, keys, queries, sources
from balai.catalogue.errors import (
    KeyExists,
    KeyInvalid,
    KeyMissing,
    ListOlder,
    ListSignerWrong,
    SourceTaken,
    SourceUntrusted,
)
from balai.catalogue.folder import Catalogue
from balai.catalogue.importing import Change, Difference
from balai.catalogue.list_reading import ListReader
from balai.catalogue.recording import Action, Opinion, Stance
from tests.catalogue_lists import KEY, OTHER_KEY, PUBLIC, described, written


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "known", create=True)
    with catalogue.transaction() as session:
        sources.trust(session, name="peace", public_key=PUBLIC)
    return catalogue


def take_in(catalogue: Catalogue, path: Path, *, is_older_taken: bool = False) -> Difference:
    """Preview, import, and hold one against the other."""
    with ListReader(path) as reader:
        with catalogue.reading() as session:
            expected = importing.preview(
                session, reader, check=len, is_older_taken=is_older_taken
            )
        with catalogue.transaction() as session:
            done = importing.take_in(
                session,
                reader,
                action=Action.HOLD,
                check=len,
                is_older_taken=is_older_taken,
            )
    assert done == expected
    return done


def changes(difference: Difference) -> dict[Change, int]:
    return {change: count for change, count in difference.counts.items() if count}


def living(catalogue: Catalogue) -> dict[str, str]:
    with catalogue.reading() as session:
        return {one.identifier: one.id for one in queries.living(session)}


def test_a_list_is_taken_in_with_everything_it_says(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    given = described("a", title="A", opinions=(Opinion("us", Stance.AGREE, dt.date.min),))
    assert changes(take_in(catalogue, written(tmp_path, given))) == {Change.ADDED: 1}
    with catalogue.reading() as session:
        recording = queries.find(session, "a")
        assert (recording.list_name, recording.action) == ("songs", Action.HOLD)
        assert queries.described(session, recording) == given


def test_a_new_issue_adds_changes_and_withdraws(catalogue: Catalogue, tmp_path: Path) -> None:
    first = written(tmp_path, *map(described, ("same", "words", "sound", "gone")))
    take_in(catalogue, first)
    before = living(catalogue)
    second = written(
        tmp_path,
        described("same"),
        described("words", title="new words"),
        described("sound", fingerprint=b"new sound"),
        described("new"),
        issue=2,
    )
    assert changes(take_in(catalogue, second)) == {
        Change.ADDED: 1,
        Change.CHANGED: 2,
        Change.UNCHANGED: 1,
        Change.WITHDRAWN: 1,
    }
    after = living(catalogue)
    assert after.keys() == {"same", "words", "sound", "new"}
    assert (after["same"], after["words"]) == (before["same"], before["words"])
    assert after["sound"] != before["sound"]  # other sound is another recording to the index


def test_the_same_issue_again_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    path = written(tmp_path, described("a"), described("b"))
    take_in(catalogue, path)
    difference = take_in(catalogue, path)
    assert difference.is_nothing
    assert changes(difference) == {Change.UNCHANGED: 2}


def test_an_older_issue_is_taken_only_when_it_is_wanted(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    take_in(catalogue, written(tmp_path, described("a"), issue=2))
    older = written(tmp_path, described("b"), issue=1)
    with pytest.raises(ListOlder):
        take_in(catalogue, older)
    assert living(catalogue).keys() == {"a"}
    take_in(catalogue, older, is_older_taken=True)
    assert living(catalogue).keys() == {"b"}


def test_a_list_does_not_bring_back_what_was_withdrawn_here(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    take_in(catalogue, written(tmp_path, described("a"), described("b")))
    with catalogue.transaction() as session:
        changing.withdraw(session, {queries.find(session, "a").id})
    again = written(tmp_path, described("a", fingerprint=b"other"), described("b"), issue=2)
    assert changes(take_in(catalogue, again)) == {
        Change.KEPT_WITHDRAWN: 1,
        Change.UNCHANGED: 1,
    }
    assert living(catalogue).keys() == {"b"}


def test_a_list_leaves_own_recordings_and_other_lists_alone(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    with catalogue.transaction() as session:
        own = changing.add(session, described("a", fingerprint=b"own")).id
    take_in(catalogue, written(tmp_path, described("a"), name="one"))
    take_in(catalogue, written(tmp_path, name="two"))
    with catalogue.reading() as session:
        names = {one.id: one.list_name for one in queries.living(session)}
    assert names[own] == ""
    assert sorted(names.values()) == ["", "one"]


def test_opinions_given_here_outlive_a_new_issue(catalogue: Catalogue, tmp_path: Path) -> None:
    day = dt.date(2026, 2, 1)
    theirs = Opinion("them", Stance.AGREE, day)
    take_in(catalogue, written(tmp_path, described("a", opinions=(theirs,))))
    with catalogue.transaction() as session:
        recording = queries.find(session, "a")
        changing.give_opinion(session, recording, Opinion("us", Stance.DISPUTE, day))
    take_in(catalogue, written(tmp_path, described("a", title="new"), issue=2))
    with catalogue.reading() as session:
        held = queries.find(session, "a").opinions_held
    assert held == (Opinion("us", Stance.DISPUTE, day),)


def test_a_list_of_an_unknown_signer_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    path = written(tmp_path, described("a"), key=OTHER_KEY)
    with pytest.raises(SourceUntrusted, match=keys.public_bytes(OTHER_KEY).hex()):
        take_in(catalogue, path)
    assert living(catalogue) == {}


def test_one_source_cannot_replace_the_list_of_another(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    take_in(catalogue, written(tmp_path, described("a")))
    with catalogue.transaction() as session:
        sources.trust(session, name="other", public_key=keys.public_bytes(OTHER_KEY))
    with pytest.raises(ListSignerWrong):
        take_in(catalogue, written(tmp_path, described("b"), issue=2, key=OTHER_KEY))
    assert living(catalogue).keys() == {"a"}


def test_trust_is_for_one_name_and_one_key(catalogue: Catalogue) -> None:
    with catalogue.transaction() as session:
        sources.trust(session, name="peace", public_key=PUBLIC)
    for name, key in (("peace", bytes(32)), ("war", PUBLIC)):
        with pytest.raises(SourceTaken), catalogue.transaction() as session:
            sources.trust(session, name=name, public_key=key)
    with catalogue.transaction() as session:
        sources.distrust(session, name="peace")
        assert sources.trusted(session) == []
        with pytest.raises(KeyMissing):
            sources.distrust(session, name="peace")


def test_a_key_file_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = keys.generate(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert keys.public_bytes(keys.load(path)) == keys.public_bytes(made)
    with pytest.raises(KeyExists):
        keys.generate(path)
    with pytest.raises(KeyInvalid):
        keys.generate(tmp_path / "nowhere" / "key")


@pytest.mark.parametrize("text", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_is_no_key_is_said(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "key").write_bytes(text)
    with pytest.raises(KeyInvalid):
        keys.load(tmp_path / "key")
    with pytest.raises(KeyMissing):
        keys.load(tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 31, "00" * 33])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(KeyInvalid):
        keys.parse_public(text)


def test_a_public_key_comes_back(tmp_path: Path) -> None:
    assert keys.parse_public(PUBLIC.hex()) == PUBLIC
    assert keys.is_signed(PUBLIC, KEY.sign(b"words"), b"words")
    assert not keys.is_signed(PUBLIC, KEY.sign(b"words"), b"other words")
    assert not keys.is_signed(b"short", KEY.sign(b"words"), b"words")
