"""Which files `balai ear` reads, and what it shows of them."""

import os
from pathlib import Path

import pytest

from balai.app.ear_sound import check_is_file, find_sound
from balai.app.ear_terminal import clock, counted, hours, printable, size, table
from balai.errors import Invalid


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_a_folder_is_gone_through_and_named_from_its_top(tmp_path: Path) -> None:
    touch(tmp_path, "b/c.ogg", "a.wav", "b/d/e.mp3", "no-ending", "talk.ts", "film.mkv")
    found = find_sound([tmp_path])
    assert [sound.relative for sound in found.files] == [
        "a.wav",
        "film.mkv",
        "no-ending",
        "talk.ts",
        "b/c.ogg",
        "b/d/e.mp3",
    ]
    assert (found.passed_over, found.missing) == (0, [])


def test_what_is_no_sound_by_its_name_is_passed_over_in_folders_only(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt", "b.JPG", "c.json", ".hidden.wav", ".git/d.wav", "list.m3u8")
    assert find_sound([tmp_path]).files == []
    assert find_sound([tmp_path]).passed_over == 5
    assert [one.relative for one in find_sound([tmp_path / "a.txt"]).files] == ["a.txt"]


def test_a_file_meant_twice_is_read_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.wav")
    found = find_sound([tmp_path, tmp_path / "a.wav", tmp_path])
    assert [sound.relative for sound in found.files] == ["a.wav"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path, "b/a.wav")
    (tmp_path / "b" / "round").symlink_to(tmp_path)
    assert [sound.relative for sound in find_sound([tmp_path]).files] == ["b/a.wav"]


def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    for path in (tmp_path / "pipe.wav", Path("/dev/zero"), tmp_path):
        with pytest.raises(Invalid, match="this is no file"):
            check_is_file(path)
    assert find_sound([tmp_path]).files == []


def test_figures_are_written_as_people_say_them() -> None:
    assert [hours(one) for one in (5, 90, 7200)] == ["5.0 s", "1.5 min", "2.0 h"]
    assert [clock(one) for one in (5, 90, 7265)] == ["0:05", "1:30", "2:01:05"]
    assert [size(one) for one in (5, 1500, 2.5e6, 3e10)] == [
        "5 bytes",
        "1.5 kB",
        "2.5 MB",
        "30.0 GB",
    ]
    assert [counted(one, "file") for one in (0, 1, 2000)] == [
        "0 files",
        "1 file",
        "2,000 files",
    ]


def test_a_table_has_straight_columns() -> None:
    assert table([("a", "b"), ("long", "c")]) == "a     b\nlong  c"


def test_a_name_does_not_steer_the_terminal() -> None:
    assert printable("a\x1b[2Jb\n") == "a?[2Jb?"
