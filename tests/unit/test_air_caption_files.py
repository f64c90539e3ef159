"""The files of captions: in step with the sound, whole at the end, joined by a playlist."""

import re
from pathlib import Path

import pytest

from balai.air import webvtt
from balai.air.programme import Programme
from balai.air.recover import recover
from balai.air.ring import Ring
from tests.air_sound import ON_AIR_AT, Room
from tests.air_words import S, captions_of, cues, say, speak, words

PLAYLISTS = {
    *("live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8"),
    *("captions-live.m3u8", "captions.m3u8"),
    *("room-live.m3u8", "room-low.m3u8", "room-rewind.m3u8", "room-replay.m3u8"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "air"


def test_a_room_without_words_has_captions_without_cues(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada"], 60)
    assert room.programme.end()
    listed = re.findall(r"^c.*\.vtt$", (folder / "captions.m3u8").read_text(), re.MULTILINE)
    assert len(set(listed)) == 1
    assert (folder / listed[0]).read_text() == webvtt.SEGMENT_HEAD
    assert not (folder / "transcript.vtt").exists()
    others = {path.name for path in folder.glob("*.vtt")}
    assert others == set(listed)
    assert {path.name for path in folder.glob("*.m3u8")} == PLAYLISTS


def test_nothing_of_captions_exists_before_the_first_segment(folder: Path) -> None:
    room = Room.open(folder)
    while not list(folder.glob("*.m3u8")):
        room.speak(["ada"], 1)
    expected = PLAYLISTS - {"replay.m3u8", "room-replay.m3u8"}
    assert {path.name for path in folder.glob("*.m3u8")} == expected


def skeleton(playlist: str) -> str:
    """A playlist without the names of its files."""
    text = re.sub(r"#EXT-X-MAP[^\n]*\n", "", playlist)
    return re.sub(r"^(s|c)\d*-[\w-]{8}\.(m4s|vtt)$", "name", text, flags=re.MULTILINE)


def test_captions_have_the_segments_of_the_sound(folder: Path) -> None:
    room = Room.open(folder)
    for turn in range(12):
        speak(room, "turn", str(turn), phrase=turn)
        room.speak([], 40)
        if turn in (4, 8):
            room.programme.set_delay(turn * S)
        if turn == 6:
            room.programme.set_delay(0)
        for sound, text in (("live", "captions-live"), ("rewind", "captions")):
            one, other = folder / f"{sound}.m3u8", folder / f"{text}.m3u8"
            if one.exists():
                assert skeleton(one.read_text()) == skeleton(other.read_text())
    assert room.programme.end()
    replay = (folder / "replay.m3u8").read_text()
    assert skeleton(replay) == skeleton((folder / "captions.m3u8").read_text())
    assert "DISCONTINUITY\n" in replay
    live, shown = (folder / name for name in ("live.m3u8", "captions-live.m3u8"))
    assert skeleton(live.read_text()) == skeleton(shown.read_text())


@pytest.mark.parametrize(
    ("language", "tag", "name"),
    [
        ("en", "en", "English"),
        ("id-ID", "id-ID", "Bahasa Indonesia"),
        ("sw", "sw", "sw"),
        ('x",URI="evil', "und", "Captions"),
    ],
)
def test_a_playlist_joins_sound_and_captions(
    folder: Path, language: str, tag: str, name: str
) -> None:
    programme = Programme(
        ring=Ring(folder), on_air_at=ON_AIR_AT, delay_samples=0, language=language
    )
    room = Room(programme, folder)
    room.speak(["ada"], 60)
    assert (folder / "room-rewind.m3u8").read_text() == (
        "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="{name}",LANGUAGE="{tag}",'
        "DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,"
        'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog",'
        'URI="captions.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=96000,CODECS="mp4a.40.2",SUBTITLES="captions"\n'
        "rewind.m3u8\n"
    )
    recover(folder)
    joined = [(folder / f"room-{each}.m3u8").read_text() for each in ("live", "replay")]
    assert [f'LANGUAGE="{tag}"' in text for text in joined] == [True, True]


@pytest.mark.parametrize("ticks", range(100, 116, 3))
def test_the_end_tells_all_that_aired_whatever_part_was_the_last(
    folder: Path, ticks: int
) -> None:
    room = Room.open(folder)
    room.speak(["ada"], ticks)
    last = room.programme.aired_to
    say(room, words(last - 24_000, "last", "words"))
    say(room, words(last, "unaired", length=900), phrase=2)
    assert room.programme.end()
    assert cues(folder) == ["<v Ada>last words"]
    assert captions_of(folder, "captions.m3u8") == captions_of(folder, "captions-live.m3u8")
    assert captions_of(folder, "captions.m3u8").count("<v Ada>last words") == 1
    listed = re.findall(r"^c.*\.vtt$", (folder / "captions.m3u8").read_text(), re.MULTILINE)
    assert {path.name for path in folder.glob("c*.vtt")} - set(listed) == empty(folder, listed)


def empty(folder: Path, listed: list[str]) -> set[str]:
    """The file for segments without cues, if none is in the room."""
    return {path.name for path in folder.glob("c-*.vtt")} - set(listed)


def test_a_segment_takes_less_than_its_playlist_says(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada", "ben", "eve"], 500)
    sizes = [path.stat().st_size for path in folder.glob("s*.m4s")]
    assert max(sizes) * 8 / 1.024 < 96_000
