"""Replays made from what was left of the voices, and by a process that dies on the way."""

import errno
import functools
import os
import random
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air.files import Files
from balai.air.rerender import Omission, forget, render
from tests.air_replay import (
    ADA,
    BEN,
    EARLY_EVE,
    GONE,
    SEATS,
    Room,
    check_gone,
    check_names,
    check_timing,
    contents,
    heard,
    loudest,
    made,
    words_in,
)


def test_without_tracks_a_voice_is_left_out_by_silence(copied: Path) -> None:
    before = contents(copied / "air")
    shutil.rmtree(copied / "tracks")
    seen = made(copied, BEN)
    assert (seen.changed_segments, seen.remade_samples) == (seen.segments, 0)
    assert seen.silent_samples == len(heard(copied / "air"))
    assert np.abs(heard(copied / "air")).max() < 30
    assert "ben" not in words_in(copied / "air")
    made(copied)
    assert contents(copied / "air") == before


@given(left=st.floats(0, 1))
@settings(deadline=None, max_examples=3)
def test_of_torn_tracks_what_is_whole_is_used(home: Path, left: float) -> None:
    with tempfile.TemporaryDirectory() as parent:
        copied = Path(parent) / "room"
        shutil.copytree(home, copied)
        path = copied / "tracks" / "voices.tracks"
        with path.open("rb+") as file:
            file.truncate(int(path.stat().st_size * left))
        before = contents(copied / "air")
        made(copied, ADA)
        check_names(copied / "air")
        check_gone(copied / "air", "ada")
        made(copied)
        assert contents(copied / "air") == before


def test_after_a_killed_worker_a_voice_can_be_left_out(tmp_path: Path) -> None:
    """The folder has no end, and of the voices the last second may be missing."""
    one = Room(tmp_path / "living")
    one.speak(SEATS, 300)
    shutil.copytree(tmp_path / "living", tmp_path / "killed")
    seen = made(tmp_path / "killed", BEN)
    check_names(tmp_path / "killed" / "air")
    after = heard(tmp_path / "killed" / "air")
    assert seen.remade_samples + seen.silent_samples == len(after)
    assert len(after) == one.programme.aired_to + one.programme.delay_samples
    check_gone(tmp_path / "killed" / "air", "ben")
    one.end()


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class Dying(Files):
    """Does so many things, in all folders together; then it leaves one half done."""

    left = 0

    def _do(self, act: Callable[[], None], half: Callable[[], object]) -> None:
        if Dying.left == 0:
            half()
            raise Killed
        Dying.left -= 1
        act()
        if Dying.left == 0 and random.random() < 0.5:
            raise Killed

    def write(self, name: str, data: bytes, *, lasting: bool = False) -> None:
        half = (self.folder / f".{name}").write_bytes
        whole = functools.partial(Files.write, self, name, data, lasting=lasting)
        self._do(whole, lambda: half(data[: len(data) // 2]))

    def extend(self, name: str, data: bytes, *, size: int) -> int:
        def half() -> None:
            with (self.folder / name).open("ab") as file:
                file.write(data[: len(data) // 2])

        self._do(lambda: None, half)
        return super().extend(name, data, size=size)

    def move(self, name: str, to: Files) -> None:
        copy = (to.folder / name).write_bytes
        data = self.read(name)
        self._do(lambda: Files.move(self, name, to), lambda: copy(data))

    def rename(self, name: str, new_name: str) -> None:
        self._do(lambda: Files.rename(self, name, new_name), lambda: None)

    def remove(self, name: str) -> None:
        self._do(lambda: Files.remove(self, name), lambda: None)


@given(
    steps=st.lists(
        st.tuples(st.sets(st.sampled_from([ADA, BEN, EARLY_EVE])), st.integers(0, 70)),
        min_size=1,
        max_size=3,
    ),
    forgets=st.booleans(),
    seed=st.integers(0, 1_000),
)
@settings(deadline=None, max_examples=8)
def test_killed_at_any_moment_the_next_call_completes_it(
    home: Path, steps: list[tuple[set[Omission], int]], forgets: bool, seed: int
) -> None:
    random.seed(seed)
    with tempfile.TemporaryDirectory() as parent:
        copied = Path(parent) / "room"
        shutil.copytree(home, copied)
        ring, tracks = copied / "air", copied / "tracks"
        before = contents(ring)
        for omissions, Dying.left in steps:
            with suppress(Killed):
                render(ring, tracks, omissions, disk=Dying)
            check_names(ring)
        if forgets:
            with suppress(Killed):
                Dying.left = steps[0][1]
                forget(ring, tracks, "ben", disk=Dying)
            check_names(ring)
            made(copied, BEN, EARLY_EVE)  # as the worker begins its next look
            check_names(ring)
            check_gone(ring, "ben")
            forget(ring, tracks, "ben")
            check_names(ring)
            assert words_in(tracks / "originals") <= {"ada", "eve"}
            assert b"ben" not in (tracks / "voices.tracks").read_bytes()
        made(copied, BEN)
        check_names(ring)
        check_timing(before, ring)
        check_gone(ring, "ben")
        made(copied)
        assert forgets or contents(ring) == before
        leftover = [path.name for path in copied.rglob("*") if path.name.startswith(".")]
        assert leftover == []


class Full(Files):
    """A disk on which no file grows."""

    def extend(self, name: str, data: bytes, *, size: int) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


SOME_ADA = Omission("ada", 0, 200_000)


def test_what_a_full_disk_has_left_of_the_forgotten_is_not_heard(copied: Path) -> None:
    """The voice is still in the file of voices; nothing is ever made from it."""
    ring, tracks = copied / "air", copied / "tracks"
    made(copied, SOME_ADA, BEN)
    with pytest.raises(OSError, match="No space left"):
        forget(ring, tracks, "ben", disk=Full)
    for omissions in ([SOME_ADA, BEN], [EARLY_EVE, BEN], [SOME_ADA, EARLY_EVE]):
        render(ring, tracks, omissions, disk=Full)
        assert loudest(ring, ring, "ben") < GONE
    with pytest.raises(OSError, match="No space left"):
        forget(ring, tracks, "ada", disk=Full)
    assert b"ben" in (tracks / "voices.tracks").read_bytes()  # the secret exists
    check_forgotten(copied, ["ada", "ben"])
    made(copied, EARLY_EVE)
    check_forgotten(copied, ["ada", "ben"])
    assert b"ben" not in (tracks / "voices.tracks").read_bytes()


def check_forgotten(home: Path, seats: list[str]) -> None:
    """No file of sound holds these voices."""
    for seat in seats:
        assert loudest(home / "air", home / "air", seat) < GONE
        assert loudest(home / "air", home / "tracks" / "originals", seat) < GONE


@given(
    order=st.permutations(["ada", "ben"]),
    lives=st.tuples(st.integers(0, 120), st.integers(0, 120)),
    seed=st.integers(0, 1_000),
)
@settings(deadline=None, max_examples=8)
def test_two_consents_are_withdrawn_by_a_process_that_dies(
    home: Path, order: list[str], lives: tuple[int, int], seed: int
) -> None:
    random.seed(seed)
    with tempfile.TemporaryDirectory() as parent:
        copied = Path(parent) / "room"
        shutil.copytree(home, copied)
        ring, tracks = copied / "air", copied / "tracks"
        wanted = [EARLY_EVE, *map(Omission, order)]
        made(copied, *wanted)
        for seat, Dying.left in zip(order, lives, strict=True):
            with suppress(Killed):
                forget(ring, tracks, seat, disk=Dying)
            check_names(ring)
            made(copied, *wanted)
            for gone in order:
                assert loudest(ring, ring, gone) < GONE
        forget(ring, tracks, *order)
        check_forgotten(copied, order)
        voices = (tracks / "voices.tracks").read_bytes()
        assert [seat for seat in SEATS if seat.encode() in voices] == ["eve"]
        made(copied)
        check_names(ring)
        check_forgotten(copied, order)
        assert words_in(ring) == {"eve"}


def test_many_voices_are_forgotten_at_once(copied: Path, tmp_path: Path) -> None:
    other = shutil.copytree(copied, tmp_path / "other")
    forget(copied / "air", copied / "tracks", "ada", "ben")
    for seat in ("ben", "ada"):
        forget(other / "air", other / "tracks", seat)
    for one in (copied, other):
        made(one)
        check_forgotten(one, ["ada", "ben"])
        assert (one / "tracks" / "voices.tracks").read_bytes().count(b"eve") > 0
    assert np.abs(heard(copied / "air") - heard(other / "air")).max() < 300
    before = (copied / "tracks" / "voices.tracks").stat()
    forget(copied / "air", copied / "tracks", "ada", "ben")
    after = (copied / "tracks" / "voices.tracks").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
