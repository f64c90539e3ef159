"""Withdrawals from replays of which files are damaged or gone: they are never in the way."""

import json
from pathlib import Path

import numpy as np
import pytest

from balai.air import cmaf
from balai.air.rerender import forget
from balai.air.track_reading import TrackReader
from tests.air_replay import (
    ADA,
    BEN,
    SEATS,
    check_gone,
    check_names,
    contents,
    heard,
    listed,
    loudest,
    made,
    overlaps,
    words_in,
)
from tests.air_replay import GONE as QUIET
from tests.air_sound import FRAME

HOW = ["empty", "torn", "garbled", "gone"]
Grid = list[tuple[int, int]]


def damage(path: Path, how: str) -> None:
    data = path.read_bytes()
    match how:
        case "empty":
            path.write_bytes(b"")
        case "torn":
            path.write_bytes(data[: len(data) * 2 // 3])
        case "garbled":
            path.write_bytes(bytes(byte ^ 0x5A for byte in data))
        case "gone":
            path.unlink()


def grid(ring: Path) -> list[Grid]:
    """What each segment of the replay says of its place."""
    return [
        [(chunk.media_time, chunk.samples) for chunk in cmaf.read_chunks(data)]
        for data in ((ring / name).read_bytes() for name in listed(ring))
    ]


def samples(segment: Grid) -> int:
    return sum(length for _, length in segment)


def loudness(ring: Path, segment: Grid) -> float:
    """How loud a replay is in the middle of a segment."""
    start, (last, length) = segment[0][0] + 2 * FRAME, segment[-1]
    return float(np.abs(heard(ring)[start : last + length - 6 * FRAME]).max())


def bens(home: Path) -> list[int]:
    """The segments in which Ben sounds."""
    with TrackReader(home / "tracks") as voices:
        spans = [(each.media_time, each.media_end) for each in voices.stretches["ben"]]
    segments = enumerate(grid(home / "air"))
    return [n for n, each in segments if overlaps(spans, each[0][0], each[-1][0] + 13 * FRAME)]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("at", [0, 3, -1])
def test_a_damaged_segment_is_silent_and_the_voice_is_gone(
    copied: Path, how: str, at: int
) -> None:
    ring, tracks = copied / "air", copied / "tracks"
    before = grid(ring)
    damage(ring / listed(ring)[at], how)
    damaged = contents(ring)
    assert made(copied).changed_segments == 0
    assert contents(ring) == damaged
    seen = made(copied, BEN)
    check_withdrawn(ring, before)
    assert seen.silent_samples == samples(before[at])
    assert loudness(ring, before[at]) < 30
    made(copied)
    assert contents(ring) == damaged  # until it is forgotten, all can be back
    forget(ring, tracks, "ben")
    check_withdrawn(ring, before)
    made(copied)
    check_withdrawn(ring, before)
    assert made(copied, ADA).silent_samples == 0  # of an original that is whole again
    assert loudest(ring, tracks / "originals", "ben") < QUIET
    assert b"ben" not in (tracks / "voices.tracks").read_bytes()
    assert json.loads((tracks / "replay.json").read_text())["forgotten"] == ["ben"]


def check_withdrawn(ring: Path, before: list[Grid]) -> None:
    check_names(ring)
    check_gone(ring, "ben")
    assert grid(ring) == before
    assert words_in(ring) == set(SEATS) - {"ben"}


@pytest.mark.parametrize("how", HOW)
def test_an_original_that_is_damaged_later_is_made_from_its_voices(
    copied: Path, how: str
) -> None:
    ring, tracks = copied / "air", copied / "tracks"
    before, name = grid(ring), listed(ring)[bens(copied)[1]]
    made(copied, ADA)
    made(copied)
    damage(ring / name, how)
    seen = made(copied, BEN)
    check_withdrawn(ring, before)
    assert seen.silent_samples == (samples(before[0]) if how == "gone" else 0)
    forget(ring, tracks, "ben")
    check_withdrawn(ring, before)


def test_an_original_that_is_lost_where_it_lay_aside_is_silent(copied: Path) -> None:
    """It cannot be back, and nothing else waits for it."""
    ring, tracks = copied / "air", copied / "tracks"
    before, name = grid(ring), listed(ring)[bens(copied)[1]]
    others = [each for each in listed(ring) if each != name]
    made(copied, BEN)
    (tracks / "originals" / name).unlink()
    assert made(copied).changed_segments == 0
    assert [each for each in listed(ring) if (ring / each).exists()] == others
    assert made(copied, BEN).silent_samples == samples(before[0])
    forget(ring, tracks, "ben")
    check_withdrawn(ring, before)


@pytest.mark.parametrize("how", HOW)
def test_with_all_segments_damaged_and_no_voices_kept_nothing_is_left(
    copied: Path, how: str
) -> None:
    ring, tracks = copied / "air", copied / "tracks"
    before = grid(ring)
    for name in listed(ring):
        damage(ring / name, how)
    (tracks / "voices.tracks").unlink()
    seen = made(copied, BEN)
    check_withdrawn(ring, before)
    assert seen.silent_samples == sum(map(samples, before))
    forget(ring, tracks, "ben")
    check_withdrawn(ring, before)
    assert [path.suffix for path in (tracks / "originals").glob("*.m4s")] == []


@pytest.mark.parametrize("how", HOW)
def test_damaged_captions_and_playlists_are_not_in_the_way(copied: Path, how: str) -> None:
    ring, tracks = copied / "air", copied / "tracks"
    before = grid(ring)
    made(copied, ADA)
    made(copied)
    captions = sorted(ring.glob("c[0-9]*.vtt"))
    for path in [*captions, ring / "live.m3u8", ring / "transcript.vtt"]:
        damage(path, how)
    made(copied, BEN)
    forget(ring, tracks, "ben")
    check_names(ring)
    check_gone(ring, "ben")
    assert grid(ring) == before
    assert "ben" not in words_in(ring)
