"""Kept packs: whole or not there, the same for ever, and refused once changed."""

from pathlib import Path

import pytest

from balai.policy import store
from balai.policy.errors import (
    PackInvalid,
    PackMissing,
    PackStoreUnusable,
    PackTampered,
)
from balai.policy.pack import load, pack_hash
from tests.policy_packs import PACK, encoded, written


def test_a_kept_pack_comes_back_the_same(tmp_path: Path) -> None:
    folder, kept = written(tmp_path / "pack"), tmp_path / "a" / "store"
    assert store.listed(kept) == []
    hash_ = store.put(kept, folder)
    assert hash_ == pack_hash(folder)
    assert store.get(kept, hash_) == load(folder)
    assert store.put(kept, folder) == hash_
    assert store.listed(kept) == [hash_]
    assert [one.name for one in kept.iterdir()] == [hash_]


def test_changing_the_folder_changes_nothing_that_is_kept(tmp_path: Path) -> None:
    folder, kept = written(tmp_path / "pack"), tmp_path / "store"
    first = store.put(kept, folder)
    written(folder, encoded(pack=PACK.replace("1.0.0", "1.0.1")))
    second = store.put(kept, folder)
    assert store.listed(kept) == sorted([first, second])
    assert [store.get(kept, one).version for one in (first, second)] == ["1.0.0", "1.0.1"]


@pytest.mark.parametrize("change", ["byte", "missing", "added", "link", "empty"])
def test_a_changed_pack_is_refused(tmp_path: Path, change: str) -> None:
    folder, kept = written(tmp_path / "pack"), tmp_path / "store"
    hash_ = store.put(kept, folder)
    rules = kept / hash_ / "rules.yaml"
    if change == "byte":
        rules.write_bytes(rules.read_bytes().replace(b"90", b"91"))
    elif change == "added":
        (kept / hash_ / "note.md").write_text("hello")
    else:
        rules.unlink()
        if change == "link":
            rules.symlink_to(folder / "rules.yaml")
        if change == "empty":
            rules.touch()
    with pytest.raises(PackTampered, match=hash_):
        store.get(kept, hash_)
    with pytest.raises(PackTampered, match=hash_):
        store.put(kept, folder)


@pytest.mark.parametrize(
    "hash_", ["", ".", "..", "../pack", "0" * 64, "0" * 63, "A" * 64, "/etc", "\0"]
)
def test_what_is_not_kept_is_missing(tmp_path: Path, hash_: str) -> None:
    store.put(tmp_path / "store", written(tmp_path / "pack"))
    with pytest.raises(PackMissing):
        store.get(tmp_path / "store", hash_)


def test_a_pack_that_cannot_be_used_is_not_kept(tmp_path: Path) -> None:
    folder = written(tmp_path / "pack", encoded(rules="[]"))
    with pytest.raises(PackInvalid):
        store.put(tmp_path / "store", folder)
    assert store.listed(tmp_path / "store") == []


def test_a_store_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").touch()
    with pytest.raises(PackStoreUnusable):
        store.put(tmp_path / "store", written(tmp_path / "pack"))
    with pytest.raises(PackStoreUnusable):
        store.listed(tmp_path / "store")
