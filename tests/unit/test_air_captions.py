"""What is published of words that were spoken into a programme."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from balai.air.captions import WORDS_MAX, SpokenWord
from balai.air.delay_line import PAGE_SAMPLES
from balai.air.programme import Programme
from balai.air.ring import Ring
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_sound import ON_AIR_AT, Room
from tests.air_words import Full, S, captions_of, cues, rewind, say, speak, times, words


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "air"


def test_words_are_told_after_they_aired_with_their_media_time(folder: Path) -> None:
    room = Room.open(folder, delay_samples=2 * S)
    speak(room, "hello", "world")
    room.speak([], 100)
    assert b"hello" not in b"".join(path.read_bytes() for path in folder.iterdir())
    room.speak([], 150)
    assert cues(folder) == ["<v Ada>hello world"]
    assert times(folder) == ["00:00:02.000 --> 00:00:02.500"]
    assert captions_of(folder, "captions.m3u8") == (
        "ada-1\n00:00:02.000 --> 00:00:02.500\n<v Ada>hello world\n\n"
    )


def test_no_word_leaves_before_its_last_sample(folder: Path) -> None:
    """At every moment: the published sound reaches at least to the end of every cue."""
    room = Room.open(folder, delay_samples=S)
    for phrase in range(6):
        speak(room, "so", "it", "goes", phrase=phrase)
        published = sum(
            float(length) for length in re.findall(r"EXTINF:([\d.]+)", rewind(folder))
        )
        ends = [time.split("00:")[-1] for time in times(folder)] if cues(folder) else []
        assert [end for end in ends if float(end) > published] == []


def test_a_cue_ends_with_its_phrase_a_pause_its_length_or_its_width(folder: Path) -> None:
    room = Room.open(folder)
    speak(room, "one", "two", phrase=1)
    speak(room, "three", phrase=2)
    room.speak([], 40)
    speak(room, "four", phrase=2)
    room.speak([], 40)
    speak(room, *"abcdefghijklmnop", phrase=3)
    room.speak([], 40)
    speak(room, "x" * 40, "y" * 42, "z", phrase=4)
    room.speak([], 100)
    assert cues(folder) == [
        "<v Ada>one two",
        "<v Ada>three",
        "<v Ada>four",
        "<v Ada>a b c d e f g h i j k l",
        "<v Ada>m n o p",
        f"<v Ada>{'x' * 40} {'y' * 42}",
        "<v Ada>z",
    ]
    names = re.findall(r"^ada-.*$", (folder / "transcript.vtt").read_text(), re.MULTILINE)
    assert names == ["ada-1", "ada-2", "ada-2.2", "ada-3", "ada-3.2", "ada-4", "ada-4.2"]


def test_a_complete_cue_does_not_wait_for_a_pause(folder: Path) -> None:
    """While the next phrase is known already, the one before is told when it has aired."""
    room = Room.open(folder, delay_samples=4 * S)
    speak(room, "one", "two", phrase=1)
    speak(room, "three", "four", phrase=2)
    while room.programme.aired_to < S // 2 + 12_288:
        room.speak([], 1)
    room.programme.end()
    assert cues(folder)[0] == "<v Ada>one two"


def test_doubt_is_marked(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada"], 100)
    said = [
        SpokenWord(0, 12_000, "sure", 0.5),
        SpokenWord(12_000, 24_000, "unsure", 0.49),
        SpokenWord(24_000, 36_000, "unknown", float("nan")),
    ]
    say(room, said)
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>sure <c.doubt>unsure</c> <c.doubt>unknown</c>"]


@pytest.mark.parametrize("is_late", [False, True])
def test_dumped_words_are_never_told(folder: Path, *, is_late: bool) -> None:
    """Whether they are known when the sound is dumped, or come afterwards."""
    room = Room.open(folder, delay_samples=4 * S)
    start = room.now
    room.speak(["ada"], 100)
    said = words(start, "a", "b", "c", "d", "e", "f", "g", "h")
    if not is_late:
        say(room, said)
    dumped = room.programme.dump(room.now, S)
    if is_late:
        say(room, said)
    speak(room, "after")
    room.speak([], 300)
    kept = [word.text for word in said if word.to_position <= dumped.from_position]
    assert cues(folder) == [f"<v Ada>{' '.join(kept)}", "<v Ada>after"]
    assert kept == ["a", "b", "c", "d"]


@pytest.mark.parametrize("stop", ["dump", "hold", "drop", "switch"])
def test_a_word_of_which_only_the_middle_was_stopped_is_not_told(
    folder: Path, stop: str
) -> None:
    """A recogniser may take what was said before and after it for one word."""
    room = Room.open(folder, delay_samples=S // 2)
    start = room.now
    room.speak(["ada"], 50)
    if stop == "hold":
        room.programme.hold("ada")
    room.speak(["ada"], 10)
    if stop == "hold":
        room.programme.release("ada", air_held=False)
    if stop == "dump":
        room.programme.dump(room.now, 4_800)
    if stop == "drop":
        room.programme.drop_voice("ada")
    if stop == "switch":
        room.programme.set_captions(on=False)
        room.programme.set_captions(on=True)
    room.speak(["ada"], 50)
    say(room, [SpokenWord(start + 4_800, start + 96_000, "across", 0.9)])
    say(room, [SpokenWord(start + 97_000, start + 100_000, "after", 0.9)])
    room.speak([], 200)
    assert cues(folder) == ["<v Ada>after"]


def test_a_word_across_a_lost_part_is_not_told(folder: Path) -> None:
    disk = Full(folder)
    programme = Programme(ring=Ring(folder, files=disk), on_air_at=ON_AIR_AT, delay_samples=0)
    room = Room(programme, folder)
    room.speak(["ada"], 60)
    disk.is_full = True
    room.speak(["ada"], 20)
    disk.is_full = False
    room.speak(["ada"], 60)
    assert programme.lost_parts in (1, 2)
    say(room, [SpokenWord(9_600, 120_000, "across", 0.9)])
    say(room, [SpokenWord(120_000, 130_000, "after", 0.9)])
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>after"]


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("air_held", [False, True])
def test_held_words_air_with_their_sound_or_never(
    folder: Path, *, is_late: bool, air_held: bool
) -> None:
    room = Room.open(folder)
    speak(room, "before")
    room.speak([], 30)
    room.programme.hold("ada")
    start = room.now
    room.speak(["ada"], 50)
    if not is_late:
        say(room, words(start, "held"), phrase=2)
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>before"]
    resumes_at = room.programme.aired_to + 2_048
    room.programme.release("ada", air_held=air_held)
    if is_late:
        say(room, words(start, "held"), phrase=2)
    room.speak([], 200)
    assert cues(folder) == ["<v Ada>before"] + ["<v Ada>held"] * air_held
    if air_held:
        at = times(folder)[1].split(" ")[0]
        assert at == f"00:00:0{resumes_at / S:.3f}"


def test_a_word_may_end_after_its_sound(folder: Path) -> None:
    """Recognisers say that words are longer than they are; also of a voice that is late."""
    room = Room.open(folder)
    room.speak(["ada"], 25)
    room.speak([], 13)
    say(room, words(12_000, "on-time", length=24_000), phrase=1)
    room.speak([], 100)
    room.programme.hold("ada")
    room.speak([], (39 - room.now // BLOCK_SAMPLES) % 64)
    start = room.now
    room.speak(["ada"], 25)
    assert room.now % PAGE_SAMPLES == 0  # its line is forgotten while it is still late
    room.speak([], 100)
    say(room, words(start, "late", length=36_000), phrase=2)
    room.programme.release("ada", air_held=True)
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>on-time", "<v Ada>late"]


def test_a_removed_voice_keeps_what_it_had_said_on_air(folder: Path) -> None:
    room = Room.open(folder, delay_samples=2 * S)
    start = room.now
    room.speak(["ada"], 200)
    said = words(start, *"abcdefghijklmnop")
    say(room, said[:10])
    room.programme.drop_voice("ada")
    say(room, said[10:])
    aired_to = room.programme.aired_to
    room.speak([], 200)
    kept = [word.text for word in said[:10] if word.to_position <= aired_to]
    assert cues(folder) == [f"<v Ada>{' '.join(kept)}"]


def test_words_that_come_late_are_told_with_the_time_at_which_they_aired(folder: Path) -> None:
    room = Room.open(folder)
    start = room.now
    room.speak(["ada"], 50)
    room.speak([], 1_000)
    say(room, words(start, "slow", "ear"))
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>slow ear"]
    assert times(folder) == ["00:00:00.042 --> 00:00:00.542"]


def test_words_that_come_far_too_late_are_counted(folder: Path) -> None:
    room = Room.open(folder)
    start = room.now
    room.speak(["ada"], 50)
    room.speak(["ben"], 50 * 31)
    say(room, words(start, "too", "slow"))
    room.speak([], 100)
    assert cues(folder) == []
    assert room.programme.dropped_words == 2


def test_hostile_words_are_dropped_and_counted(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada"], 100)
    hostile = [
        SpokenWord(0, 0, "empty", 0.9),
        SpokenWord(500, 100, "backwards", 0.9),
        SpokenWord(0, 10**15, "future", 0.9),
        SpokenWord(-(10**15), 100, "past", 0.9),
        SpokenWord(0, 100, "x" * 85, 0.9),
        SpokenWord(0, 100, "\n\u200b", 0.9),
    ]
    say(room, hostile)
    say(room, words(0, "nobody"), seat="nobody")
    say(room, [*words(0, "true"), *words(0, "twice"), *words(48_000, "true")])
    room.speak([], 100)
    assert cues(folder) == ["<v Ada>true", "<v Ada>true"]
    assert room.programme.dropped_words == len(hostile) + 2


def test_waiting_words_are_bounded(folder: Path) -> None:
    room = Room.open(folder)
    room.programme.hold("ada")
    room.speak(["ada"], 300)
    say(room, words(0, *["x"] * (WORDS_MAX + 7), length=100))
    assert room.programme.dropped_words == 7


def test_captions_can_be_switched_off_and_on(folder: Path) -> None:
    room = Room.open(folder, delay_samples=2 * S)
    assert room.programme.captions_on
    speak(room, "shown", phrase=1)
    room.speak([], 200)
    aired_untold = room.now
    room.speak(["ada"], 113)
    say(room, words(aired_untold, "aired", "waits", "x", "x", "x", "x", "x", "x"), phrase=2)
    room.programme.set_captions(on=False)
    assert not room.programme.captions_on
    speak(room, "off", phrase=3)
    while_off = room.now
    room.speak(["ada"], 50)
    room.programme.set_captions(on=True)
    say(room, words(while_off, "off"), phrase=4)
    speak(room, "again", phrase=5)
    room.speak([], 300)
    assert cues(folder) == ["<v Ada>shown", "<v Ada>again"]
    assert captions_of(folder, "captions.m3u8").count("<v ") == 2


def test_a_lost_part_takes_its_words_with_it(folder: Path) -> None:
    disk = Full(folder)
    programme = Programme(
        ring=Ring(folder, files=disk), on_air_at=ON_AIR_AT, delay_samples=0, language="en"
    )
    room = Room(programme, folder)
    speak(room, *"abcd", phrase=1)
    room.speak([], 60)
    disk.is_full = True
    speak(room, "lost", phrase=2)
    room.speak([], 60)
    disk.is_full = False
    speak(room, "back", phrase=3)
    room.speak([], 100)
    assert programme.lost_parts > 4
    assert cues(folder) == ["<v Ada>a b c d", "<v Ada>back"]
    at = float(times(folder)[1].split(":")[2].split(" ")[0])
    total = sum(float(x) for x in re.findall(r"EXTINF:([\d.]+)", rewind(folder)))
    assert 0 < total - at < timedelta(seconds=3).total_seconds()
