"""What is kept of each voice: which of it, where, how it sounds, and what is lost when."""

import errno
import os
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from balai.air import track_files
from balai.air.files import Files
from balai.air.omitted import FOR_EVER, Omission, Omitted
from balai.air.shares import Share, Stretch
from balai.air.track_files import TRACKS, TrackWriter
from balai.air.track_reading import Span, TrackReader, without
from balai.air.tracks import INBOX_MAX, Tracks, delete_tracks
from balai.air.voices import Voices
from balai.audio.blocks import BLOCK_SAMPLES, Pcm, silence
from tests.air_sound import PART, tone


def said(seat: str, part: int) -> Share:
    """A part of a seat's tone, a second late on air."""
    position = part * PART
    return Share(seat, tone(seat, position, PART), (Stretch(0, position, PART),))


def written(folder: Path, *seats_of_parts: str) -> TrackWriter:
    """Write parts in which these seats sound; names are parted by blanks."""
    writer = TrackWriter(folder)
    for part, seats in enumerate(seats_of_parts):
        writer.write(part * PART, [said(seat, part) for seat in seats.split()])
    writer.end()
    return writer


def difference_db(kept: Pcm, sound: Pcm) -> float:
    """How far below the sound its difference from what was kept lies."""
    wrong = kept.astype(np.float64) - sound
    return float(10 * np.log10((sound.astype(np.float64) ** 2).sum() / (wrong**2).sum()))


class Fickle(Files):
    """A disk that can be full."""

    is_full = False

    def extend(self, name: str, data: bytes, *, size: int) -> int:
        if self.is_full:
            with (self.folder / name).open("ab") as file:
                file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().extend(name, data, size=size)


# ── which part of a voice a part of the programme plays ───────────────────────────────────────


def shares_of(voices: Voices, now: int) -> list[Share]:
    take = voices.take(now)
    return list(take.shares) if take else []


def test_a_voice_is_kept_apart_only_if_asked_for() -> None:
    for keeps, seats in ((False, []), (True, ["ada"])):
        voices = Voices(0, keeps_shares=keeps)
        for tick in range(15):
            at = tick * BLOCK_SAMPLES
            voices.write(at, {"ada": tone("ada", at), "ben": silence()})
        assert [share.seat for share in shares_of(voices, 15 * BLOCK_SAMPLES)] == seats


def test_a_share_is_the_voice_at_its_positions() -> None:
    voices = Voices(0, keeps_shares=True)
    for tick in range(15):
        at = tick * BLOCK_SAMPLES
        voices.write(at, {"ada": tone("ada", at), "ben": tone("ben", at)})
    one, other = shares_of(voices, 15 * BLOCK_SAMPLES)
    assert one.stretches == other.stretches == (Stretch(0, -2_048, PART),)
    np.testing.assert_array_equal(one.pcm[2_048:], tone("ada", 0, PART - 2_048))
    np.testing.assert_array_equal(other.pcm[2_048:], tone("ben", 0, PART - 2_048))


def test_a_held_voice_is_no_share_and_airs_late_at_its_own_positions() -> None:
    voices = Voices(0, keeps_shares=True)
    voices.hold("ada")
    heard = []
    for tick in range(120):
        at = tick * BLOCK_SAMPLES
        if tick == 60:
            voices.release("ada", air_held=True)
        voices.write(at, {"ada": tone("ada", at)} if tick < 40 else {})
        heard += [(tick, share) for share in shares_of(voices, at + BLOCK_SAMPLES)]
    assert min(tick for tick, _ in heard) >= 60
    positions = [stretch for _, share in heard for stretch in share.stretches]
    first = 1  # a tone begins with a 0, and silence is left out
    assert [s.position for s in positions] == [first + i * PART for i in range(len(positions))]


def test_a_splice_shows_in_the_positions_and_all_voices_are_spliced_alike() -> None:
    voices = Voices(9_600, keeps_shares=True)
    voices.set_delay(0)
    stretches: list[Stretch] = []
    for tick in range(100):
        at = tick * BLOCK_SAMPLES
        voices.write(at, {"ada": tone("ada", at), "ben": tone("ben", at)})
        for one, other in pairwise(shares_of(voices, at + BLOCK_SAMPLES)):
            assert one.stretches == other.stretches
            stretches += one.stretches
    assert [s.samples for s in stretches if s.samples > PART] == []
    skipped = [b.position - a.end_position for a, b in pairwise(stretches)]
    assert min(skipped) == 0
    assert 0 < sum(skipped) <= 9_600


# ── what is read back ─────────────────────────────────────────────────────────────────────────


def test_what_is_read_is_what_aired_at_its_sample(tmp_path: Path) -> None:
    written(tmp_path, *["ada ben"] * 60)
    with TrackReader(tmp_path) as voices:
        assert voices.whole == [(0, 60 * PART)]
        assert voices.stretches["ben"] == [Stretch(0, 0, 60 * PART)]
        for seat in ("ada", "ben"):
            kept = voices.read(seat, 0, 60 * PART)
            assert difference_db(kept, tone(seat, 0, 60 * PART)) > 25
            for start, samples in ((0, 1), (5_000, 700), (480_000, 5_000), (500_000, 40_000)):
                again = voices.read(seat, start, samples)
                np.testing.assert_array_equal(again, kept[start : start + samples])


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 5])
def test_who_speaks_at_the_end_is_kept_to_the_last_sample(tmp_path: Path, parts: int) -> None:
    written(tmp_path, *["ada"] * parts)  # no multiple of blocks, and Opus gives it back late
    with TrackReader(tmp_path) as voices:
        for at in range(parts * PART - BLOCK_SAMPLES, parts * PART, 120):
            assert difference_db(voices.read("ada", at, 120), tone("ada", at, 120)) > 10


def test_where_a_run_is_followed_by_another_nothing_is_heard_of_it(tmp_path: Path) -> None:
    written(tmp_path, *["ada"] * 90)
    with TrackReader(tmp_path) as voices:
        kept = voices.read("ada", 0, 90 * PART)
    sound = tone("ada", 0, 90 * PART)
    blocks = [
        difference_db(kept[at : at + 960], sound[at : at + 960])
        for at in range(9_600, len(sound) - 960, 960)
    ]
    assert min(blocks) > 15


def test_silence_takes_no_bytes_and_no_voice_begins_with_the_end_of_another(
    tmp_path: Path,
) -> None:
    parts = ["", "ada", "", *[""] * 20, "ben", "ada"]
    written(tmp_path, *parts)
    with TrackReader(tmp_path) as voices:
        assert voices.whole == [(0, len(parts) * PART)]
        assert voices.stretches["ada"] == [
            Stretch(PART, PART, PART),
            Stretch(24 * PART, 24 * PART, PART),
        ]
        assert not voices.read("ada", 3 * PART, 20 * PART).any()
        assert not voices.read("eve", 0, PART).any()
        kept = voices.read("ada", PART, PART)
        assert difference_db(kept, tone("ada", PART, PART)) > 20
    size = (tmp_path / TRACKS).stat().st_size
    assert written(tmp_path / "more", *parts, *[""] * 4_000) is not None
    assert (tmp_path / "more" / TRACKS).stat().st_size - size < 4_000 * 10


def test_a_torn_end_is_cut_off_and_all_before_it_is_whole(tmp_path: Path) -> None:
    written(tmp_path, *["ada ben"] * 7, "")
    path = tmp_path / TRACKS
    whole = path.read_bytes()
    ends = set()
    for size in range(0, len(whole), 97):
        path.write_bytes(whole[:size])
        with TrackReader(tmp_path) as voices:
            (span,) = voices.whole or [(0, 0)]
            ends.add(span[1])
            kept = voices.stretches.get("ada", [])
            assert kept == ([Stretch(0, 0, span[1])] if span[1] else [])
            assert voices.holes(8 * PART) == [(span[1], 8 * PART)]
    assert ends == {part * PART for part in range(8)}


def test_a_changed_byte_ends_the_file(tmp_path: Path) -> None:
    written(tmp_path, *["ada"] * 5, "")
    path = tmp_path / TRACKS
    whole = path.read_bytes()
    for at in range(0, len(whole), 53):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with TrackReader(tmp_path) as voices:
            assert [span[1] < 6 * PART for span in voices.whole] in ([], [True])
            voices.read("ada", 0, 6 * PART)


def test_a_voice_that_is_taken_out_leaves_the_others_as_they_were(tmp_path: Path) -> None:
    written(tmp_path, *["ada ben", "ben", "eve"] * 5)
    with TrackReader(tmp_path) as voices:
        before = voices.stretches, voices.whole, voices.read("ben", 0, 15 * PART)
    without(Files(tmp_path), "ada")
    with TrackReader(tmp_path) as voices:
        assert "ada" in before[0]
        assert voices.stretches == {s: k for s, k in before[0].items() if s != "ada"}
        assert voices.whole == before[1]
        np.testing.assert_array_equal(voices.read("ben", 0, 15 * PART), before[2])
    assert b"ada" not in (tmp_path / TRACKS).read_bytes()
    whole = (tmp_path / TRACKS).stat().st_ino
    without(Files(tmp_path), "ada", "who never spoke")
    without(Files(tmp_path))
    assert (tmp_path / TRACKS).stat().st_ino == whole  # nothing was written anew
    without(Files(tmp_path / "nowhere"), "ada")
    assert not (tmp_path / "nowhere").exists()


def test_several_voices_are_taken_out_at_once_or_passed_over(tmp_path: Path) -> None:
    written(tmp_path, *["ada ben", "ben", "eve"] * 5)
    with TrackReader(tmp_path, gone=["ada", "ben"]) as voices:
        passed_over = voices.stretches, voices.whole, voices.read("eve", 0, 15 * PART)
        assert not voices.read("ben", 0, 15 * PART).any()
    without(Files(tmp_path), "ada", "ben")
    with TrackReader(tmp_path) as voices:
        assert list(voices.stretches) == ["eve"]
        assert (voices.stretches, voices.whole) == passed_over[:2]
        np.testing.assert_array_equal(voices.read("eve", 0, 15 * PART), passed_over[2])


def test_what_is_torn_may_hold_a_voice(tmp_path: Path) -> None:
    written(tmp_path, *["eve"] * 5, *["ada"] * 5)
    path = tmp_path / TRACKS
    at = path.read_bytes().index(b"ada")
    path.write_bytes(path.read_bytes()[: at + 20])
    without(Files(tmp_path), "ada")
    assert b"ada" not in path.read_bytes()
    with TrackReader(tmp_path) as voices:
        assert list(voices.stretches) == ["eve"]


def test_on_a_full_disk_a_voice_stays_and_nothing_half_written(tmp_path: Path) -> None:
    written(tmp_path, *["ada ben"] * 5)
    before = (tmp_path / TRACKS).read_bytes()
    files = Fickle(tmp_path)
    files.is_full = True
    with pytest.raises(OSError, match="No space left"):
        without(files, "ada")
    assert [path.name for path in tmp_path.iterdir()] == [TRACKS]
    assert (tmp_path / TRACKS).read_bytes() == before


# ── what is lost ──────────────────────────────────────────────────────────────────────────────


def test_a_full_disk_loses_parts_and_the_file_does_not_claim_them(tmp_path: Path) -> None:
    files = Fickle(tmp_path)
    writer = TrackWriter(tmp_path, files=files)
    for part in range(12):
        files.is_full = 4 <= part < 7
        writer.write(part * PART, [said("ada", part)])
    writer.end()
    assert writer.lost_records == 3
    with TrackReader(tmp_path) as voices:
        assert voices.whole == [(0, 4 * PART), (7 * PART, 12 * PART)]
        assert voices.holes(12 * PART) == [(4 * PART, 7 * PART)]
        kept = voices.read("ada", 8 * PART, 3 * PART)
        assert difference_db(kept, tone("ada", 8 * PART, 3 * PART)) > 20


def test_a_missing_part_is_a_hole(tmp_path: Path) -> None:
    writer = TrackWriter(tmp_path)
    for part in (0, 1, 5, 6):
        writer.write(part * PART, [said("ada", part)])
    writer.end()
    with TrackReader(tmp_path) as voices:
        assert voices.holes(7 * PART) == [(2 * PART, 5 * PART)]


def test_a_file_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(track_files, "FILE_BYTES_MAX", 3_000)
    writer = written(tmp_path, *["ada"] * 20)
    assert (tmp_path / TRACKS).stat().st_size <= 3_000
    with TrackReader(tmp_path) as voices:
        parts = voices.whole[0][1] // PART
    assert 0 < parts == 20 - writer.lost_records


def test_a_name_that_does_not_fit_loses_its_parts_only(tmp_path: Path) -> None:
    writer = TrackWriter(tmp_path)
    for part, seat in enumerate(["ada", "x" * 300, "ada"]):
        writer.write(part * PART, [Share(seat, tone("ada", 0, PART), ())])
    assert writer.lost_records == 1


def test_a_slow_disk_drops_the_oldest_and_the_mixer_never_waits(tmp_path: Path) -> None:
    can_go_on = threading.Event()

    class Slow(Files):
        def extend(self, name: str, data: bytes, *, size: int) -> int:
            assert can_go_on.wait(60)
            return super().extend(name, data, size=size)

    tracks = Tracks(tmp_path, files=Slow(tmp_path))
    count = INBOX_MAX + 20
    for part in range(count):
        tracks.give(part * PART, [said("ada", part)])
    assert tracks.lost_records in (19, 20)  # one may be in the writer's hands
    can_go_on.set()
    tracks.end()
    with TrackReader(tmp_path) as voices:
        missing = sum(end - start for start, end in voices.holes(count * PART))
        assert missing == tracks.lost_records * PART
    tracks.give(count * PART, [said("ada", count)])
    assert tracks.lost_records * PART == missing


def test_what_goes_wrong_in_the_writer_is_counted(tmp_path: Path) -> None:
    tracks = Tracks(tmp_path)
    tracks.give(0, [said("ada", 0)])
    tracks.give(PART, [Share("ada", silence(4).reshape(2, 2), ())])
    tracks.give(2 * PART, [said("ada", 2)])
    tracks.end()
    assert tracks.lost_records == 1
    with TrackReader(tmp_path) as voices:
        assert voices.whole == [(0, PART), (2 * PART, 3 * PART)]


def test_a_room_that_never_aired_leaves_no_folder_and_one_that_did_can_be_removed(
    tmp_path: Path,
) -> None:
    Tracks(tmp_path / "silent").end()
    assert not (tmp_path / "silent").exists()
    written(tmp_path / "room", "ada")
    assert (tmp_path / "room").stat().st_mode & 0o777 == 0o700
    delete_tracks(tmp_path / "room")
    delete_tracks(tmp_path / "room")
    assert not (tmp_path / "room").exists()


# ── what is left out, by media time ───────────────────────────────────────────────────────────


KEPT = {"ada": [Stretch(1_000, 5_000, 1_000), Stretch(4_000, 8_000, 2_000)]}


@pytest.mark.parametrize(
    ("start", "end", "spans"),
    [
        (0, FOR_EVER, [(0, FOR_EVER)]),
        (0, 5_000, [(0, 1_000)]),
        (4_500, 5_100, [(500, 1_100)]),
        (5_200, 5_300, [(1_200, 1_300)]),
        (5_500, 9_000, [(1_500, 5_000)]),
        (6_500, 8_000, [(2_500, 4_000)]),  # it was silent, or too quiet to be kept
        (9_999, 12_000, [(5_999, 8_000)]),
    ],
)
def test_positions_become_media_times(start: int, end: int, spans: list[Span]) -> None:
    omitted = Omitted(KEPT, [], [Omission("ada", start, end)])
    assert omitted.spans("ada", 0, FOR_EVER) == spans
    assert not omitted.is_heard(0, 1_000)
    assert omitted.spans("ben", 0, FOR_EVER) == []


@pytest.mark.parametrize(
    ("start", "end", "is_lost"),
    [(0, 6_000, False), (8_000, FOR_EVER, False), (5_999, 6_001, True), (7_999, 9_000, True)],
)
def test_a_hole_is_left_out_only_if_the_omitted_can_be_there(
    start: int, end: int, is_lost: bool
) -> None:
    omitted = Omitted(KEPT, [(2_500, 3_000)], [Omission("ada", start, end)])
    assert omitted.is_lost(2_900, 3_100) is omitted.is_heard(2_900, 3_100) is is_lost
    assert not omitted.is_lost(3_000, 9_000)


def test_a_voice_of_which_nothing_is_known_may_be_in_every_hole() -> None:
    omitted = Omitted({}, [(0, 500)], [Omission("eve", 7, 8)])
    assert omitted.is_heard(0, 1)
    assert not omitted.is_heard(500, 600)
    assert omitted.is_left_out("eve", 900, 901)


def test_a_file_moves_to_another_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring, aside = Files(tmp_path / "ring"), Files(tmp_path / "aside")
    for files in (ring, aside):
        files.make()
    ring.write("s0", b"sound")
    rename = Path.rename

    def elsewhere(path: Path, target: Path) -> Path:
        if path.parent != target.parent:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", elsewhere)
    ring.move("s0", aside)
    assert (ring.names(), aside.names(), aside.read("s0")) == ([], ["s0"], b"sound")
