"""Replays made without a voice, from rooms made by code: what is gone, and what has stayed."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.air.rerender import Omission, forget, render
from balai.air.track_reading import TrackReader
from balai.audio.blocks import BLOCK_SAMPLES
from tests.air_replay import (
    ADA,
    BEN,
    EARLY_EVE,
    FRAMES_OF_LEVEL,
    GONE,
    HEARD,
    SEATS,
    Room,
    check_names,
    check_timing,
    check_untouched,
    contents,
    heard,
    listed,
    loudest,
    made,
    said,
    stretches,
    words_in,
)
from tests.air_sound import FRAME, level


@contextmanager
def room() -> Iterator[Room]:
    with tempfile.TemporaryDirectory() as home:
        yield Room(Path(home))


ACTS = st.tuples(
    st.sampled_from(["speak", "speak", "speak", "hold", "release", "dump", "delay"]),
    st.sampled_from(SEATS),
    st.integers(0, 47),
)


@given(acts=st.lists(ACTS, min_size=4, max_size=12), omitted=st.sampled_from(SEATS))
@settings(deadline=None, max_examples=6)
def test_a_voice_is_gone_and_the_others_stay(
    acts: list[tuple[str, str, int]], omitted: str
) -> None:
    with room() as one:
        one.speak(SEATS, 60)
        for act in acts:
            one.act(*act)
        one.end()
        before, sound = contents(one.ring), heard(one.ring)
        spans = stretches(one, omitted)
        rendered = render(one.ring, one.voices, [Omission(omitted)])
        assert rendered.silent_samples == 0
        check_names(one.ring)
        check_timing(before, one.ring)
        after = heard(one.ring)
        window = FRAMES_OF_LEVEL * FRAME
        for at in range(0, len(after) - window + 1, window):
            here = slice(at, at + window)
            assert level(after[here], omitted) < GONE
            for seat in set(SEATS) - {omitted}:
                assert level(after[here], seat) == pytest.approx(
                    level(sound[here], seat), abs=0.15
                )
        check_untouched(one.ring, before, spans)
        assert omitted not in words_in(one.ring)
        assert words_in(one.ring) == said(before) - {omitted}
        assert render(one.ring, one.voices, []).changed_segments == 0
        assert contents(one.ring) == before


def test_a_replay_without_two_voices_is_the_same_by_whatever_way(copied: Path) -> None:
    before = contents(copied / "air")
    seen = [made(copied, ADA), made(copied, ADA, EARLY_EVE)]
    by_one_way = contents(copied / "air")
    assert made(copied, ADA, EARLY_EVE) == seen[1]
    made(copied, EARLY_EVE)
    assert made(copied, EARLY_EVE, ADA) == seen[1]
    assert contents(copied / "air") == by_one_way
    assert made(copied, ADA) == seen[0]
    made(copied)
    assert contents(copied / "air") == before
    assert seen[0].sha256 != seen[1].sha256
    assert 0 < seen[0].changed_segments <= seen[1].changed_segments < seen[0].segments


def test_only_a_stretch_is_left_out(copied: Path) -> None:
    """What was said on stage before and after it stays, though it aired late and shifted."""
    sound = heard(copied / "air")
    with TrackReader(copied / "tracks") as voices:
        kept = voices.stretches["ben"]
    middle = kept[len(kept) // 2]
    start, end = middle.position, middle.end_position
    made(copied, Omission("ben", start, end))
    after = heard(copied / "air")
    for stretch in kept:
        low, high = stretch.media_time, stretch.media_end
        for at in range(low, high - 4 * FRAME, FRAME):
            here = slice(at, at + 4 * FRAME)
            inside = stretch.position + at - low
            if start <= inside and inside + 4 * FRAME <= end:
                assert level(after[here], "ben") < GONE
            elif inside + 5 * FRAME < start or inside > end + FRAME:
                assert level(after[here], "ben") == pytest.approx(
                    level(sound[here], "ben"), abs=0.1
                )


def test_a_cue_that_lies_partly_in_the_stretch_goes_whole(copied: Path) -> None:
    transcript = copied / "air" / "transcript.vtt"
    before = cues_of(transcript)
    inside = 340 * BLOCK_SAMPLES  # of what ben says last
    made(copied, Omission("ben", inside, inside + 1_000))
    after = cues_of(transcript)
    (gone,) = [cue for cue in before if cue not in after]
    assert gone.startswith("ben-9\n")
    assert after == [cue for cue in before if cue != gone]
    assert len([cue for cue in after if cue.startswith("ben-")]) > 0
    whole = (copied / "air" / "captions.m3u8").read_text()
    names = [line for line in whole.splitlines() if line.endswith(".vtt")]
    told = [c for n in dict.fromkeys(names) for c in cues_of(copied / "air" / n)]
    assert told == after


def cues_of(path: Path) -> list[str]:
    """The cues of a file, without the lines before them."""
    return [block for block in path.read_text().split("\n\n")[1:] if block.strip()]


def test_half_a_window_of_what_comes_next_goes_too(tmp_path: Path) -> None:
    """Who begins with a segment is in the last packet of the one before."""
    one = Room(tmp_path)
    one.speak(["ada"], 27)
    one.speak(["ada", "ben"], 100)
    one.end()
    before = contents(one.ring)
    assert stretches(one, "ben")[0][0] == len(heard(one.ring)[:49_152])
    made(tmp_path, BEN)
    assert listed(one.ring)[0] not in before
    check_untouched(one.ring, before, stretches(one, "ben"))


def test_where_old_and_new_sound_meet_nothing_clicks(copied: Path) -> None:
    before = np.abs(np.diff(heard(copied / "air"), n=2)).max()
    made(copied, BEN)
    assert np.abs(np.diff(heard(copied / "air"), n=2)).max() < 1.5 * before


def test_who_is_forgotten_is_nowhere_and_never_back(copied: Path) -> None:
    made(copied, BEN, EARLY_EVE)
    with TrackReader(copied / "tracks") as voices:
        kept = voices.stretches
    forget(copied / "air", copied / "tracks", "ben")
    made(copied, EARLY_EVE)
    without_both = contents(copied / "air")
    made(copied)
    check_names(copied / "air")
    only_ben_gone = contents(copied / "air")
    everything = {path for path in copied.rglob("*") if path.is_file()}
    for path in everything:
        assert b"ben" not in path.read_bytes().replace(b'"forgotten":["ben"]', b"")
    after = heard(copied / "air")
    for stretch in kept["ben"]:
        assert level(after[stretch.media_time : stretch.media_end], "ben") < GONE
    eve = kept["eve"][0]
    assert level(after[eve.media_time : eve.media_end], "eve") > HEARD
    made(copied, BEN)
    assert contents(copied / "air") == only_ben_gone
    made(copied, EARLY_EVE)
    assert contents(copied / "air") == without_both
    forget(copied / "air", copied / "tracks", "ben")
    assert contents(copied / "air") == without_both


def test_no_original_of_the_forgotten_is_left_to_decode(copied: Path) -> None:
    """Not in the ring, and not aside: each file that holds sound is decoded."""
    made(copied, ADA, BEN)
    aside = copied / "tracks" / "originals"
    assert loudest(copied / "air", aside, "ben") > HEARD  # the secret exists
    forget(copied / "air", copied / "tracks", "ben")
    assert loudest(copied / "air", aside, "ben") < GONE
    assert loudest(copied / "air", copied / "air", "ben") < GONE
    assert loudest(copied / "air", aside, "ada") > HEARD  # who was not forgotten can be back
    with TrackReader(copied / "tracks") as voices:
        assert sorted(voices.stretches) == ["ada", "eve"]
