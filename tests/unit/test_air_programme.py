"""What is decoded from the published bytes after each effect."""

from pathlib import Path

import numpy as np
import pytest

from balai.air.voices import DELAY_MAX_SAMPLES, LINES_MAX, DelayOutOfRange, Dumped, Voices
from balai.audio.blocks import BLOCK_SAMPLES, silence
from tests.air_sound import FRAME, PART, Room, decode, level, media, tone

AHEAD = 2 * FRAME


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "air"


def levels(room: Room, seat: str, start: int, end: int) -> list[float]:
    """The seat's level in each frame of [start, end), stage positions, at a delay of 0."""
    sound = decode(room.folder, media(room.folder))[AHEAD:]
    return [level(sound[p : p + FRAME], seat) for p in range(start, end - FRAME + 1, FRAME)]


def test_the_first_part_airs_after_256_ms_and_a_segment_has_four(folder: Path) -> None:
    room = Room.open(folder, delay_samples=48_000)
    aired = room.speak([], 54)
    assert [(a.from_position, a.to_position) for a in aired] == [
        (-48_000 + i * PART, -48_000 + (i + 1) * PART) for i in range(4)
    ]
    text = (folder / "live.m3u8").read_text()
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T11:59:59.000Z\n#EXTINF:1.024,\ns0-" in text


def test_sound_is_decoded_at_its_sample(folder: Path) -> None:
    room = Room.open(folder)
    room.speak([], 20)
    room.speak(["ada"], 100)
    sound = decode(folder, media(folder))[AHEAD:]
    expected = np.concatenate([silence(19_200), tone("ada", 19_200, len(sound))])[: len(sound)]
    inner = slice(21_000, len(sound) - AHEAD)
    assert float(np.abs(sound[inner] - expected[inner]).max()) < 300
    assert float(np.abs(sound[: 19_200 - AHEAD]).max()) < 30


def test_a_held_voice_is_silent_from_the_first_unaired_sample(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada", "ben"], 100)
    before = media(folder)
    silent_from = room.programme.hold("ada")
    assert silent_from == room.programme.aired_to
    room.speak(["ada", "ben"], 100)
    assert media(folder).startswith(before)
    end = room.programme.aired_to
    heard = levels(room, "ada", silent_from - 8 * FRAME, silent_from)
    assert min(heard) > 0.9
    # One frame on from there, only the half window of the last published frame is left of it.
    assert levels(room, "ada", silent_from, silent_from + FRAME)[0] < 0.3
    assert max(levels(room, "ada", silent_from + FRAME, end)) < 0.01
    assert min(levels(room, "ben", silent_from - 8 * FRAME, end)) > 0.99


def test_nobody_else_hears_an_effect(folder: Path, tmp_path: Path) -> None:
    """One frame after a hold the others sound as if the held voice had never been there."""
    (tmp_path / "calm").mkdir()
    room, calm = Room.open(folder), Room.open(tmp_path / "calm" / "air")
    room.speak(["ada", "ben"], 100)
    calm.speak(["ben"], 100)
    silent_from = room.programme.hold("ada")
    room.speak(["ada", "ben"], 60)
    calm.speak(["ben"], 60)
    difference = decode(folder, media(folder)) - decode(calm.folder, media(calm.folder))
    assert float(np.abs(difference[AHEAD + silent_from + FRAME :]).max()) < 100


def test_what_was_held_airs_only_if_asked(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ben"], 60)
    room.programme.hold("ada")
    room.speak(["ada", "ben"], 50)
    released = room.programme.release("ada", air_held=False)
    assert (released.position, released.late_samples) == (room.now, 0)
    room.speak(["ben"], 100)
    assert max(levels(room, "ada", 0, room.programme.aired_to)) < 0.01
    back_at = room.now
    room.speak(["ada", "ben"], 50)
    assert min(levels(room, "ada", back_at + AHEAD, room.programme.aired_to - FRAME)) > 0.9


def test_what_was_held_airs_late_if_asked(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ben"], 60)
    held_at = room.programme.hold("ada")
    said_at = room.now
    room.speak(["ada", "ben"], 50)
    room.speak(["ben"], 50)
    resumes_at = room.programme.aired_to
    released = room.programme.release("ada", air_held=True)
    assert (released.position, released.late_samples) == (held_at, resumes_at - held_at)
    room.speak(["ben"], 100)
    heard = levels(room, "ada", said_at, room.programme.aired_to - FRAME)
    late = [i for i, each in enumerate(heard) if each > 0.5]
    assert len(late) * FRAME == pytest.approx(50 * BLOCK_SAMPLES, abs=2 * FRAME)
    assert said_at + late[0] * FRAME >= resumes_at


def test_a_dump_leaves_nothing_unaired(folder: Path) -> None:
    room = Room.open(folder, delay_samples=48_000)
    room.speak(["ada", "ben"], 150)
    dumped = room.programme.dump(room.now, None)
    assert dumped == Dumped(room.programme.aired_to, room.now)
    room.speak([], 100)
    sound = decode(folder, media(folder))[48_000 + dumped.from_position :]
    assert float(np.abs(sound[:FRAME]).max()) < 12_000
    assert float(np.abs(sound[FRAME:]).max()) < 30


def test_a_dump_of_a_length_erases_the_last_seconds_only(folder: Path) -> None:
    room = Room.open(folder, delay_samples=144_000)
    room.speak(["ada"], 200)
    dumped = room.programme.dump(room.now, 48_000)
    assert dumped == Dumped(room.now - 48_000, room.now)
    room.speak([], 200)
    sound = decode(folder, media(folder))[144_000:]
    assert level(sound[dumped.from_position - 24_000 : dumped.from_position], "ada") > 0.9
    assert float(np.abs(sound[dumped.from_position + FRAME :]).max()) < 30


def test_a_removed_voice_is_not_heard_again(folder: Path) -> None:
    room = Room.open(folder, delay_samples=48_000)
    room.speak(["ada", "ben"], 100)
    room.programme.drop_voice("ada")
    gone_at = room.programme.aired_to
    room.speak(["ben"], 100)
    sound = decode(folder, media(folder))[48_000 + gone_at + FRAME :]
    assert level(sound, "ada") < 0.01
    assert level(sound, "ben") > 0.9


def test_a_longer_delay_is_silence_once_and_a_discontinuity(folder: Path) -> None:
    room = Room.open(folder)
    room.speak(["ada"], 100)
    turned_at = room.programme.aired_to + AHEAD
    room.programme.set_delay(48_000)
    room.speak(["ada"], 200)
    sound = decode(folder, media(folder))
    gap = 48_000 - AHEAD
    assert float(np.abs(sound[turned_at + FRAME : turned_at + gap - FRAME]).max()) < 30
    assert level(sound[turned_at - 9_600 : turned_at], "ada") > 0.9
    assert level(sound[turned_at + gap + FRAME : -FRAME], "ada") > 0.9
    room.programme.end()
    assert (folder / "replay.m3u8").read_text().count("#EXT-X-DISCONTINUITY\n") == 1


def test_a_shorter_delay_keeps_the_pitch_and_gets_there(folder: Path) -> None:
    room = Room.open(folder, delay_samples=9_600)
    room.speak(["ada"], 100)
    room.programme.set_delay(0)
    aired = room.speak(["ada"], 400)
    assert room.programme.delay_samples - AHEAD < 96
    spans = [a.to_position - a.from_position for a in aired]
    assert max(spans) <= PART * 1.05
    sound = decode(folder, media(folder))[9_600 + FRAME : -FRAME]
    blocks = sound[: len(sound) // 4_800 * 4_800].reshape(-1, 4_800)
    assert min(level(block, "ada") for block in blocks) > 0.8


def test_the_delay_has_bounds(folder: Path) -> None:
    room = Room.open(folder)
    for samples in (-1, DELAY_MAX_SAMPLES + 1):
        with pytest.raises(DelayOutOfRange):
            room.programme.set_delay(samples)
    room.speak(["ada"], 30)
    assert room.programme.delay_samples == AHEAD


def test_after_the_end_nothing_unaired_is_left(folder: Path) -> None:
    room = Room.open(folder, delay_samples=48_000)
    room.speak(["ada"], 150)
    before = media(folder)
    assert room.programme.end()
    assert media(folder) == before
    assert room.speak(["ada"], 100) == []
    assert media(folder) == before
    for name in ("live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8"):
        assert (folder / name).read_text().endswith("#EXT-X-ENDLIST\n")


def test_lines_are_bounded_and_freed_when_their_sound_has_aired() -> None:
    voices = Voices(0)
    crowd = {f"seat{i}": tone("ada", 0) for i in range(LINES_MAX + 5)}
    voices.write(0, crowd)
    assert voices.refused_blocks == 5
    for i in range(1, 40):
        voices.write(i * BLOCK_SAMPLES, {})
        voices.take((i + 1) * BLOCK_SAMPLES)
    voices.write(40 * BLOCK_SAMPLES, {f"new{i}": tone("ada", 0) for i in range(LINES_MAX)})
    assert voices.refused_blocks == 5


def test_a_dump_also_covers_the_tick_that_is_still_coming() -> None:
    voices = Voices(0)
    voices.write(0, {"ada": tone("ada", 0)})
    voices.dump(2 * BLOCK_SAMPLES, None)
    heard = []
    for i in range(1, 40):
        voices.write(
            i * BLOCK_SAMPLES, {"ada": tone("ada", i * BLOCK_SAMPLES)} if i < 3 else {}
        )
        if take := voices.take((i + 1) * BLOCK_SAMPLES):
            heard.append(take.pcm[: take.to_position - take.from_position])
    sound = np.concatenate(heard)[AHEAD:]
    assert not sound[: 2 * BLOCK_SAMPLES].any()
    np.testing.assert_array_equal(sound[1_920:2_880], tone("ada", 1_920))


def test_a_held_voice_keeps_a_minute_and_counts_the_rest() -> None:
    voices = Voices(0)
    voices.hold("ada")
    for i in range(61 * 50):
        voices.write(i * BLOCK_SAMPLES, {"ada": tone("ada", 0)})
        voices.take((i + 1) * BLOCK_SAMPLES)
    assert voices.dropped_samples == 48_000 + AHEAD
    assert voices.release("ada", air_held=True).position == 48_000
