"""Words for tests of captions: spoken into a programme, and read back from its folder."""

import errno
import os
import re
from collections.abc import Sequence
from pathlib import Path

from balai.air import webvtt
from balai.air.captions import SpokenWord
from balai.air.files import Files
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_sound import Room

S = 48_000


class Full(Files):
    """A disk that may be full."""

    is_full = False

    def write(self, name: str, data: bytes, *, lasting: bool = False) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().write(name, data, lasting=lasting)


def words(start: int, *texts: str, length: int = 12_000) -> list[SpokenWord]:
    """Words one after the other, a quarter of a second each."""
    spans = [start + number * length for number in range(len(texts))]
    return [
        SpokenWord(at, at + length, text, 0.9) for at, text in zip(spans, texts, strict=True)
    ]


def say(room: Room, said: Sequence[SpokenWord], *, seat: str = "ada", phrase: int = 1) -> None:
    room.programme.write_words(seat, speaker=seat.title(), phrase=phrase, words=said)


def speak(room: Room, *texts: str, seat: str = "ada", phrase: int = 1) -> int:
    """Speak for as long as the words take, and let them be recognised at once."""
    start = room.now
    room.speak([seat], len(texts) * 12_000 // BLOCK_SAMPLES + 1)
    say(room, words(start, *texts), seat=seat, phrase=phrase)
    return start


def cues(folder: Path) -> list[str]:
    """Every cue that has left the process, without its times."""
    path = folder / "transcript.vtt"
    found = path.read_text().split("\n\n")[1:] if path.exists() else []
    return [block.strip("\n").split("\n")[-1] for block in found if block.strip("\n")]


def times(folder: Path) -> list[str]:
    return re.findall(r".+ --> .+", (folder / "transcript.vtt").read_text())


def captions_of(folder: Path, playlist: str) -> str:
    """All captions that a playlist names, in order, heads taken off."""
    names = re.findall(r"^c.*\.vtt$", (folder / playlist).read_text(), re.MULTILINE)
    files = [(folder / name).read_text() for name in names]
    assert [text for text in files if not text.startswith(webvtt.SEGMENT_HEAD)] == []
    return "".join(text.removeprefix(webvtt.SEGMENT_HEAD) for text in files)


def rewind(folder: Path) -> str:
    path = folder / "rewind.m3u8"
    return path.read_text() if path.exists() else ""
