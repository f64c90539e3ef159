"""Secrets in files: made once, whole, and without a copy that stays behind."""

import multiprocessing
import os
from pathlib import Path

import pytest

from balai import lasting_files
from balai.lasting_files import make_once


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "house.key"
    make_once(path, b"first")
    make_once(path, b"second")
    assert path.read_bytes() == b"first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["house.key"]


def test_a_killed_maker_leaves_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "house.key"
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(lasting_files, "sync_folder", lambda _: None)
        monkeypatch.setattr(Path, "replace", lambda *_: os.kill(os.getpid(), 9))
        make_once(path, b"a long secret of the dead")
    os.waitpid(child, 0)
    assert [one.name for one in tmp_path.iterdir()] == [".house.key.draft"]
    make_once(path, b"short")
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [
        ("house.key", b"short")
    ]


def test_of_many_makers_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "house.key"
    context = multiprocessing.get_context("fork")
    makers = [
        context.Process(target=make_once, args=(path, bytes([number]) * 32))
        for number in range(12)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert {maker.exitcode for maker in makers} == {0}
    made = path.read_bytes()
    assert made == made[:1] * 32
    assert [one.name for one in tmp_path.iterdir()] == ["house.key"]


def test_a_full_disk_leaves_nothing_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "house.key"
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda _descriptor, _data: 3)
        with pytest.raises(OSError, match="No space left"):
            make_once(path, b"first")
    assert not path.exists()
    make_once(path, b"second")
    assert path.read_bytes() == b"second"
