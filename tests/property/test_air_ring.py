"""Publishing on a disk that refuses, and in a process that dies, at any operation."""

import errno
import os
import re
import resource
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air import cmaf, webvtt
from balai.air.files import Files
from balai.air.recover import recover
from balai.air.ring import Ring
from balai.air.webvtt import Cue, CueWord

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PART_S = 0.256
PART_SAMPLES = 12_288
CAPTIONS = ("captions-live.m3u8", "captions.m3u8")
JOINED = ("room-live.m3u8", "room-low.m3u8", "room-rewind.m3u8", "room-replay.m3u8")
PLAYLISTS = ("live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8", *CAPTIONS, *JOINED)


class Killed(BaseException):
    """The process is gone: nothing after this runs."""


class BadDisk(Files):
    """Does what it is told until `fails` says so; then it leaves each thing half done."""

    def __init__(self, folder: Path, fails: Callable[[int], BaseException | None]) -> None:
        super().__init__(folder)
        self._fails = fails
        self._operations = 0

    def write(self, name: str, data: bytes, *, lasting: bool = False) -> None:
        if error := self._error():
            (self.folder / f".{name}").write_bytes(data[: len(data) // 2])
            raise error
        super().write(name, data, lasting=lasting)
        if error := self._error(after=True):
            raise error

    def append(self, name: str, lines: bytes, *, size: int) -> int:
        if error := self._error():
            with (self.folder / name).open("ab") as file:
                file.write(lines[: len(lines) // 2])
            raise error
        return super().append(name, lines, size=size)

    def remove(self, name: str) -> None:
        if error := self._error():
            raise error
        super().remove(name)

    def _error(self, *, after: bool = False) -> BaseException | None:
        self._operations += 1
        error = self._fails(self._operations)
        return error if not after or isinstance(error, Killed) else None


@contextmanager
def new_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as parent:
        yield Path(parent) / "air"


def publish(ring: Ring, number: int, *, cut: bool = False) -> bool:
    """Publish a part whose place in the room can be read from its frames and its cue."""
    packets = [number.to_bytes(4, "big")] * 12
    at = AT + number * timedelta(seconds=PART_S)
    return ring.publish(packets, starts_at=at, discontinuity=cut, cues=partial(cues, number))


def cues(number: int, media_time: int) -> list[Cue]:
    """Two parts of three have something to tell."""
    words = (CueWord(f"part{number}", is_doubtful=False),)
    whole = Cue(f"ada-{number}", media_time, media_time + PART_SAMPLES, "Ada", words)
    return [whole] if number % 3 else []


def told(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^<v Ada>part(\d+)\n\n", text, re.MULTILINE)]


def captioned(folder: Path, playlist: str) -> list[int]:
    """The parts of which a playlist of captions tells, in order."""
    text = (folder / playlist).read_text() if (folder / playlist).exists() else ""
    names = re.findall(r"^c\d*-[\w-]{8}\.vtt$", text, re.MULTILINE)
    assert len(names) == text.count("#EXTINF")
    found = [webvtt.cues_in((folder / name).read_bytes()) for name in names]
    return [number for each in found for number in told("".join(each or ["damaged"]))]


def transcript(folder: Path) -> list[int]:
    path = folder / "transcript.vtt"
    text = path.read_text() if path.exists() else webvtt.HEAD
    assert text.startswith(webvtt.HEAD)
    return told(text)


def check_captions(folder: Path, published: list[int]) -> None:
    """What was told is of published sound, everywhere alike, and at the sound's own times."""
    kept = [number for number in published if number % 3]
    assert captioned(folder, "captions.m3u8") == transcript(folder)
    assert set(transcript(folder)) <= set(kept)
    assert transcript(folder) == sorted(transcript(folder))
    assert times(folder, "captions.m3u8") == times(folder, "replay.m3u8")


def times(folder: Path, playlist: str) -> list[str]:
    text = (folder / playlist).read_text()
    return re.findall(r"^(?:#EXT-X-(?:DISC|PROG)|#EXTINF).*$", text, re.MULTILINE)


def parts_in(data: bytes) -> list[int]:
    chunks = cmaf.read_chunks(data)
    return [round((chunk.starts_at - AT) / timedelta(seconds=PART_S)) for chunk in chunks]


def listed(folder: Path, playlist: str) -> list[str]:
    path = folder / playlist
    text = path.read_text() if path.exists() else ""
    return re.findall(r"^s\d+-[\w-]{8}\.m4s$", text, re.MULTILINE)


def heard(folder: Path, playlist: str) -> list[int]:
    """The parts a listener of a whole playlist gets, in order."""
    return [
        part
        for name in listed(folder, playlist)
        for part in parts_in((folder / name).read_bytes())
    ]


def check_playlists(folder: Path, *, torn_ok: bool = False) -> None:
    """Every name in every playlist is there, and every piece of sound is whole."""
    for name in PLAYLISTS:
        text = (folder / name).read_text() if (folder / name).exists() else ""
        lines = (
            text.splitlines()[:-1] if torn_ok and not text.endswith("\n") else text.splitlines()
        )
        uris = [line for line in lines if line and not line.startswith("#")]
        uris += re.findall(r'URI="([^"]+)"', text)
        assert [uri for uri in uris if not (folder / uri).exists()] == []
        for uri in uris:
            if uri.endswith(".m4s"):
                cmaf.read_chunks((folder / uri).read_bytes())
            if uri.endswith(".vtt"):
                assert webvtt.cues_in((folder / uri).read_bytes()) is not None


def check_time(folder: Path) -> None:
    """Media time runs on without a hole, whatever was lost."""
    expected = 0
    for name in listed(folder, "replay.m3u8"):
        for chunk in cmaf.read_chunks((folder / name).read_bytes()):
            assert chunk.media_time == expected
            expected += chunk.samples


@given(
    parts=st.integers(1, 60),
    bad=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 25)), max_size=3),
    cuts=st.sets(st.integers(0, 60), max_size=4),
)
@settings(deadline=None, max_examples=60)
def test_a_refusing_disk_loses_parts_and_nothing_else(
    parts: int, bad: list[tuple[int, int]], cuts: set[int]
) -> None:
    def fails(operation: int) -> OSError | None:
        is_bad = any(first <= operation < first + count for first, count in bad)
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if is_bad else None

    with new_folder() as folder:
        ring = Ring(folder, files=BadDisk(folder, fails))
        ring.begin(b"\x11\x88")
        published = []
        for number in range(parts):
            if publish(ring, number, cut=number in cuts):
                published.append(number)
            if folder.exists():
                check_playlists(folder, torn_ok=True)
                assert set(transcript(folder)) <= set(published)
        assert ring.lost_parts == parts - len(published)
        is_whole = ring.finish()
        if not is_whole or not published:
            aired = recover(folder)
            assert aired == len(published) * PART_SAMPLES
        if is_whole and published:
            assert transcript(folder) == [number for number in published if number % 3]
        if published:
            check_captions(folder, published)
        assert heard(folder, "replay.m3u8") == heard(folder, "rewind.m3u8") == published
        check_playlists(folder)
        check_time(folder)


@given(parts=st.integers(1, 40), at=st.integers(1, 160), again=st.integers(1, 12))
@settings(deadline=None, max_examples=150)
def test_a_killed_process_leaves_all_that_was_published(
    parts: int, at: int, again: int
) -> None:
    def killer(moment: int) -> Callable[[int], Killed | None]:
        return lambda operation: Killed() if operation >= moment else None

    with new_folder() as folder:
        ring = Ring(folder, files=BadDisk(folder, killer(at)))
        ring.begin(b"\x11\x88")
        published, trying = [], -1
        try:
            for number in range(parts):
                trying = number
                publish(ring, number)
                published.append(number)
            ring.finish()
        except Killed:
            pass
        if not folder.exists():
            return
        with suppress(Killed):
            recover(folder, files=BadDisk(folder, killer(again)))
        aired = recover(folder)
        kept = heard(folder, "replay.m3u8")
        # The part at which it died may have been published, or not: it was due.
        assert kept in (published, [*published, trying])
        assert aired == len(kept) * PART_SAMPLES
        if kept:
            check_captions(folder, kept)
            # Only the last segment can have been told of in part: it was being closed.
            assert set(transcript(folder)) >= {n for n in kept[:-8] if n % 3}
        assert [name for name in Files(folder).names() if name.startswith((".", "p"))] == []
        if kept:
            check_playlists(folder)
            check_time(folder)
        before = {p.name: p.read_bytes() for p in folder.iterdir()}
        assert recover(folder) == aired
        assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


@given(parts=st.integers(1, 40))
@settings(deadline=None, max_examples=10)
def test_the_media_sequence_never_goes_back(parts: int) -> None:
    with new_folder() as folder:
        ring = Ring(folder)
        ring.begin(b"\x11\x88")
        sequence = {"live.m3u8": 0, "low.m3u8": 0}
        for number in range(parts):
            assert publish(ring, number, cut=number % 7 == 6)
            for name in sequence:
                if not (folder / name).exists():
                    continue
                text = (folder / name).read_text()
                (found,) = re.findall(r"MEDIA-SEQUENCE:(\d+)", text)
                assert int(found) >= sequence[name]
                sequence[name] = int(found)
                gone = listed(folder, "rewind.m3u8")[: int(found)]
                rewind = (folder / "rewind.m3u8").read_text()
                marks = sum(f"{n}\n" in rewind and is_marked(rewind, n) for n in gone)
                assert f"#EXT-X-DISCONTINUITY-SEQUENCE:{marks}\n" in text


def is_marked(rewind: str, name: str) -> bool:
    return rewind[: rewind.index(name)].splitlines()[-3] == "#EXT-X-DISCONTINUITY"


def test_a_name_is_unguessable_and_a_file_whole_before_it_has_it(tmp_path: Path) -> None:
    folder = tmp_path / "air"
    ring = Ring(folder)
    ring.begin(b"\x11\x88")
    for number in range(40):
        publish(ring, number)
    names = [name for name in Files(folder).names() if not name.endswith(".m3u8")]
    tokens = [name[-12:-4] for name in names if name != "transcript.vtt"]
    assert len(set(tokens)) == len(tokens)
    assert [name for name in Files(folder).names() if name.startswith(".")] == []


def test_a_line_of_the_rewind_playlist_never_crosses_a_page(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.write("rewind.m3u8", b"#EXTM3U\n")
    size, lines = 8, []
    for number in range(300):
        lines.append(b"#%d%s\n" % (number, b"x" * (number % 90)))
        start = size
        size = files.append("rewind.m3u8", lines[-1], size=size)
        data = (tmp_path / "rewind.m3u8").read_bytes()
        assert len(data) == size
        first = data.index(lines[-1], start)
        assert first // 4_096 == (size - 1) // 4_096
    assert data.replace(b"\n\n", b"\n").split() == [b"#EXTM3U", *(x.strip() for x in lines)]


def test_a_torn_line_is_cut_off_again(tmp_path: Path) -> None:
    """The system itself stops the write in the middle, as on a full disk."""
    files = Files(tmp_path)
    files.write("rewind.m3u8", b"#EXTM3U\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12, limits[1]))
    try:
        with pytest.raises(OSError, match=r"No space left|File too large"):
            files.append("rewind.m3u8", b"#a long line\n", size=8)
        left = files.read("rewind.m3u8")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert left == b"#EXTM3U\n"
    assert files.append("rewind.m3u8", b"#next\n", size=8) == 14


def test_only_a_few_part_files_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "air"
    ring = Ring(folder)
    ring.begin(b"\x11\x88")
    for number in range(400):
        publish(ring, number)
    assert len([name for name in Files(folder).names() if name.startswith("p")]) == 6 * 4


def test_a_room_without_recording_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "air"
    ring = Ring(folder)
    ring.begin(b"\x11\x88")
    publish(ring, 0)
    ring.delete()
    assert not folder.exists()
    ring.delete()
    assert recover(folder) == 0
