"""The ear's library: what was indexed is found, where it plays, and nothing else is."""

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from balai.detect.fingerprint import (
    Calibration,
    Fingerprint,
    Index,
    SegmentStore,
    StreamMatcher,
    fingerprint,
)
from balai.detect.fingerprint.calibration import LENGTHS_S, VERSION, Tail, paired
from balai.detect.fingerprint.errors import (
    CalibrationInvalid,
    FingerprintDamaged,
    IndexDamaged,
    IndexMissing,
    IndexOutdated,
)
from balai.detect.fingerprint.learning import fitted, looks_at, seconds_of
from balai.detect.fingerprint.query import Query
from balai.detect.fingerprint.search import NOTHING_LISTED, Finding, InForce, Search
from balai.detect.fingerprint.segment import Segment
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, Spectrogram, spectrogram
from balai.detect.fingerprint.store import CURRENT
from balai.detect.fingerprint.stream import Sighting
from tests.unit.ear_sounds import RATE_HZ, Sound, noise, tune

SONGS = {f"song-{number}": tune(number, 30) for number in range(4)}
STRANGE = tune(99, 12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segments")
    SegmentStore(path).add((name, fingerprint(song)) for name, song in SONGS.items())
    return path


def excerpt(name: str, start_s: float, seconds: float) -> Sound:
    return SONGS[name][round(start_s * RATE_HZ) : round((start_s + seconds) * RATE_HZ)]


@pytest.mark.parametrize("seconds", [5, 12])
@pytest.mark.parametrize("name", SONGS)
def test_an_excerpt_is_found_at_its_place(folder: Path, name: str, seconds: float) -> None:
    sound = excerpt(name, 11.3, seconds) + noise(5, seconds, 0.02)
    match = Index.open(folder).match(sound, RATE_HZ, calibration=Calibration.default())
    assert (match.verdict, match.recording) == ("confirmed", name)
    assert match.offset_s == pytest.approx(11.3, abs=0.1)
    assert match.speed == pytest.approx(1, abs=0.006)
    assert match.pitch_semitones == 0


def test_what_begins_before_the_recording_has_a_negative_place(folder: Path) -> None:
    sound = np.concatenate([noise(6, 4, 0.05), excerpt("song-2", 0, 12)])
    match = Index.open(folder).match(sound, RATE_HZ, calibration=Calibration.default())
    assert match.recording == "song-2"
    assert match.offset_s == pytest.approx(-4, abs=0.2)
    assert match.at_s is not None
    assert match.at_s > 1


def test_a_faster_and_higher_playing_is_found_with_its_speed(folder: Path) -> None:
    faster = resample_poly(excerpt("song-1", 5, 14), 50, 52).astype(np.float32)
    match = Index.open(folder).match(faster, RATE_HZ, calibration=Calibration.default())
    assert (match.verdict, match.recording) == ("confirmed", "song-1")
    assert match.speed == pytest.approx(1.04, abs=0.01)
    assert match.pitch_semitones == pytest.approx(0.68, abs=0.5)


@pytest.mark.parametrize(
    "sound", [STRANGE, noise(7, 12, 0.2), np.zeros(8 * RATE_HZ, np.float32), noise(8, 0.1, 0.1)]
)
def test_the_unknown_is_not_recognised(folder: Path, sound: Sound) -> None:
    match = Index.open(folder).match(sound, RATE_HZ, calibration=Calibration.default())
    assert match.verdict == "none"


def test_what_was_withdrawn_matches_no_more_and_may_come_back(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    store.add((name, fingerprint(song)) for name, song in SONGS.items())
    index, calibration = Index.open(tmp_path), Calibration.default()
    sound = excerpt("song-3", 9, 8)
    assert index.match(sound, RATE_HZ, calibration=calibration).recording == "song-3"
    SegmentStore(tmp_path).withdraw(["song-3"])
    assert index.refresh()
    assert index.match(sound, RATE_HZ, calibration=calibration).verdict == "none"
    assert SegmentStore(tmp_path).ids() == SONGS.keys() - {"song-3"}
    SegmentStore(tmp_path).add([("song-3", fingerprint(SONGS["song-3"]))])
    assert index.refresh()
    assert not index.refresh()
    assert index.match(sound, RATE_HZ, calibration=calibration).recording == "song-3"


def test_many_segments_find_what_one_finds(tmp_path: Path, folder: Path) -> None:
    store = SegmentStore(tmp_path)
    for name, song in SONGS.items():
        store.add([(name, fingerprint(song))])
    sound, calibration = excerpt("song-0", 3, 10), Calibration.default()
    whole = Index.open(folder).match(sound, RATE_HZ, calibration=calibration)
    parts = Index.open(tmp_path).match(sound, RATE_HZ, calibration=calibration)
    assert (parts.recording, parts.offset_s) == (whole.recording, whole.offset_s)
    store.compact()
    merged = Index.open(tmp_path)
    assert merged.match(sound, RATE_HZ, calibration=calibration) == whole
    assert store.segment_count == 1
    assert [path.suffix for path in tmp_path.iterdir()].count(".ear") == 1


def test_a_recording_that_is_listed_twice_is_still_recognised(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    store.add((name, fingerprint(song)) for name, song in SONGS.items())
    store.add(
        [("copy-a", fingerprint(SONGS["song-1"])), ("copy-b", fingerprint(SONGS["song-1"]))]
    )
    sound = excerpt("song-1", 9, 8)
    match = Index.open(tmp_path).match(sound, RATE_HZ, calibration=Calibration.default())
    assert match.verdict == "confirmed"
    assert match.recording in {"song-1", "copy-a", "copy-b"}


@pytest.mark.parametrize("chunk", [1_000, 4_000, 9_999])
def test_a_stream_is_recognised_while_it_plays(folder: Path, chunk: int) -> None:
    voice = np.concatenate(
        [STRANGE[: 10 * RATE_HZ], excerpt("song-0", 4, 14), STRANGE[:40_000]]
    )
    matcher = StreamMatcher(Index.open(folder).in_force, Calibration.default())
    told = [
        (sighting, (start + chunk) / RATE_HZ)
        for start in range(0, len(voice), chunk)
        for sighting in matcher.feed(voice[start : start + chunk])
    ]
    confirmed = [(one, at_s) for one, at_s in told if one.stage == "confirmed"]
    assert [one.recording for one, _ in told] == ["song-0"] * len(told)
    assert len(confirmed) == 1
    sighting, at_s = confirmed[0]
    assert at_s - 10 < 7.5
    began_s = sighting.from_sample / RATE_HZ
    assert sighting.offset_s - 4 == pytest.approx(began_s - 10, abs=0.3)


def test_a_stream_of_the_unknown_tells_nothing(folder: Path) -> None:
    matcher = StreamMatcher(Index.open(folder).in_force, Calibration.default())
    sound = np.concatenate([STRANGE, np.zeros(30_000, np.float32), noise(3, 6, 0.2)])
    assert [
        s for at in range(0, len(sound), 4_000) for s in matcher.feed(sound[at : at + 4_000])
    ] == []


def test_a_song_that_repeats_itself_is_placed_by_all_that_is_heard(tmp_path: Path) -> None:
    verse = tune(50, 6)
    song = np.concatenate([tune(51, 5), verse, tune(52, 8), verse, tune(53, 9), verse])
    SegmentStore(tmp_path).add([("song", fingerprint(song))])
    sound = song[(5 + 6 + 3) * RATE_HZ : (5 + 6 + 8 + 6 + 4) * RATE_HZ]
    match = Index.open(tmp_path).match(sound, RATE_HZ, calibration=Calibration.default())
    assert (match.verdict, match.recording) == ("confirmed", "song")
    assert match.offset_s == pytest.approx(14, abs=0.2)


def test_a_damaged_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing):
        Index.open(tmp_path)
    SegmentStore(tmp_path).add([("song", fingerprint(SONGS["song-0"]))])
    (segment,) = tmp_path.glob("*.ear")
    whole = segment.read_bytes()
    for damaged in (
        b"",
        whole[:100],
        whole[:-5],
        b"x" * len(whole),
        whole[:16] + b"[]" + whole[18:],
    ):
        segment.write_bytes(damaged)
        with pytest.raises(IndexDamaged, match="--rebuild"):
            Segment.open(segment)
    segment.write_bytes(whole[:8] + struct.pack("<I", 99) + whole[12:])
    with pytest.raises(IndexOutdated, match="--rebuild"):
        Index.open(tmp_path)
    (tmp_path / CURRENT).write_text('{"version": 99}')
    with pytest.raises(IndexOutdated):
        SegmentStore(tmp_path)


FLAT = {"knee": 1, "fall": 1, "per_hour": 1}
TAILS = {f"{length:g}": FLAT for length in LENGTHS_S}
GOOD = {
    "version": VERSION,
    "hours": 1,
    "tails": TAILS,
    "pairs": FLAT,
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        json.dumps({**GOOD, "version": VERSION - 1}),
        json.dumps({**GOOD, "tails": []}),
        json.dumps({**GOOD, "tails": {"5": FLAT}}),
        json.dumps({**GOOD, "tails": {**TAILS, "5": {**FLAT, "fall": 0}}}),
        json.dumps({**GOOD, "hours": 0}),
        json.dumps({**GOOD, "pairs": {**FLAT, "knee": math.nan}}),
        json.dumps({**GOOD, "pairs": None}),
    ],
)
def test_a_bad_calibration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(json.dumps(GOOD))
    assert Calibration.load(tmp_path / "c.json").hours == 1
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(CalibrationInvalid):
        Calibration.load(tmp_path / "c.json")


def test_a_calibration_finds_the_tail_it_was_given(tmp_path: Path) -> None:
    scores = np.random.default_rng(1).exponential(0.5, 20_000)
    plain = Tail.fit(list(scores), 10)
    tails = {**dict.fromkeys(LENGTHS_S, plain), 3.0: Tail.fit(list(2 * scores), 10)}
    made = Calibration(tails, Tail.of_pairs([], 10), 10)
    made.save(tmp_path / "c.json")
    assert Calibration.load(tmp_path / "c.json") == made
    # 2,000 an hour fall by e every 0.5: one in 1,000 hours is 14.5 times that away.
    expected = 0.5 * np.log(2_000 * 1_000)
    assert made.threshold_for(1, 5.0) == pytest.approx(expected, rel=0.05)
    assert made.threshold_for(1, 3.0) == pytest.approx(2 * expected, rel=0.05)
    # A window is judged by the length that it does not exceed: scores grow with length.
    assert made.threshold_for(1, 3.4) == made.threshold_for(1, 2.0) == made.threshold_for(1, 3)
    assert made.threshold_for(1, 3.9) == made.threshold_for(1, 5)
    assert made.rate_of(made.threshold_for(7, 5.0), 5.0) == pytest.approx(7)
    with pytest.raises(CalibrationInvalid):
        Tail.fit([1.0] * 100, 1)


def test_pairs_that_chance_gave_make_pairs_less_sure() -> None:
    clean = Tail.of_pairs([], 10)
    seen = Tail.of_pairs([paired(30_000, 300), paired(2_000, 5_000)], 10)
    weak, sure = paired(10_000, 10_000), paired(1, 1)
    assert clean.rate_of(weak) < seen.rate_of(weak)
    assert clean.rate_of(sure) < 1 < seen.rate_of(weak)
    # Were both windows of a pair always one event, a pair would be as frequent as its windows.
    assert clean.rate_of(sure) == pytest.approx(100 / 30_000, rel=0.01)


def test_a_fingerprint_is_small_and_holds_no_sound() -> None:
    made = fingerprint(SONGS["song-0"])
    assert len(made.to_bytes()) / made.duration_s * 3600 < 300_000
    with pytest.raises(FingerprintDamaged):
        Fingerprint.from_bytes(b"")


def stream_of(
    score_at: Callable[[float, float], float], line: Callable[[float], float]
) -> list[tuple[float, str, float]]:
    """Hear half a minute in which every look finds one song at scripted scores and places."""
    tail = Tail(knee=1.0, fall=0.5, per_hour=72.0)
    calibration = Calibration(dict.fromkeys(LENGTHS_S, tail), Tail.of_pairs([], 10), 10)
    now_s = [0.0]
    told: list[tuple[float, str, float]] = []

    class Scripted:
        def hear(self, energy: Spectrogram, index: InForce) -> None:
            pass

        def look(self, frames: int, index: InForce) -> Finding:
            window_s = frames / FRAMES_PER_S
            score = calibration.threshold_for(score_at(now_s[0], window_s), window_s)
            return Finding("song", score, window_s, line(now_s[0]) - window_s, 1.0, 0.0, 9)

    matcher = StreamMatcher(lambda: NOTHING_LISTED, calibration, search=Scripted())
    for number in range(60):
        now_s[0] = (number + 1) * 0.5 - 0.128 + 0.016
        sound = noise(number, 0.5, 0.1)
        told += [
            (now_s[0], one.stage, one.false_alarms_per_1000h) for one in matcher.feed(sound)
        ]
    return told


def test_two_weak_looks_that_agree_are_suspected_and_neither_alone_is() -> None:
    told = stream_of(lambda *_: 200.0, lambda at_s: 40 + at_s)
    assert [stage for _, stage, _ in told] == ["suspected"]
    assert 5 < told[0][0] < 9  # as soon as two looks have no sample in common
    assert told[0][2] < 200


def test_looks_that_are_nearly_clear_confirm_when_they_agree() -> None:
    told = stream_of(lambda *_: 0.5, lambda at_s: 40 + at_s)
    assert [stage for _, stage, _ in told][:3] == ["suspected", "confirmed", "continued"]
    assert 5 < told[1][0] < 9
    assert told[1][2] < 0.5


def test_weak_looks_that_disagree_or_overlap_are_nothing() -> None:
    assert stream_of(lambda *_: 200.0, lambda at_s: 40 + 7 * at_s) == []
    assert stream_of(lambda at_s, _: 200.0 if at_s < 5 else 1e8, lambda at_s: at_s) == []
    assert stream_of(lambda *_: 100_000.0, lambda at_s: 40 + at_s) == []


def test_the_same_sound_under_two_names_is_as_surely_there(tmp_path: Path) -> None:
    energy = spectrogram(excerpt("song-0", 3, 5))
    scores = []
    for names in (("song-0",), ("song-0", "copy-a", "copy-b")):
        folder = tmp_path / str(len(names))
        others = [(name, fingerprint(song)) for name, song in SONGS.items() if name != "song-0"]
        SegmentStore(folder).add(
            [*((name, fingerprint(SONGS["song-0"])) for name in names), *others]
        )
        search, index = Search(), Index.open(folder).in_force()
        search.hear(energy, index)
        search.finish(index)
        found = search.look(len(energy), index)
        assert found is not None
        assert {found.recording, *found.alike} == set(names)
        scores.append(found.score)
    assert scores[1] == pytest.approx(scores[0], abs=0.3)


def test_a_recording_that_begins_within_the_window_is_not_taken_for_the_one_before(
    tmp_path: Path,
) -> None:
    """Recordings lie one after another on one time line."""
    SegmentStore(tmp_path).add((name, fingerprint(song)) for name, song in SONGS.items())
    index = Index.open(tmp_path)
    for before_s in (3.5, 6.0):
        sound = np.concatenate([STRANGE[: round(before_s * RATE_HZ)], excerpt("song-2", 0, 7)])
        match = index.match(sound, RATE_HZ, calibration=Calibration.default())
        assert (match.verdict, match.recording) == ("confirmed", "song-2")
        assert match.offset_s == pytest.approx(-before_s, abs=0.2)
    voice = np.concatenate([STRANGE, excerpt("song-2", 0, 12)])
    assert {one.recording for one in sightings(index, voice)} == {"song-2"}


def sightings(index: Index, voice: Sound) -> list[Sighting]:
    matcher = StreamMatcher(index.in_force, Calibration.default())
    return [
        one
        for at in range(0, len(voice), 4_000)
        for one in matcher.feed(voice[at : at + 4_000])
    ]


def test_one_playing_is_confirmed_once_under_whichever_of_its_names(tmp_path: Path) -> None:
    songs = [(name, fingerprint(song)) for name, song in SONGS.items()]
    copies = [(f"copy-{number}", fingerprint(SONGS["song-0"])) for number in range(3)]
    SegmentStore(tmp_path).add(songs + copies)
    told = sightings(Index.open(tmp_path), np.concatenate([STRANGE, excerpt("song-0", 2, 20)]))
    assert [one.stage for one in told].count("confirmed") == 1
    assert [one.stage for one in told].count("continued") >= 2


def test_a_short_match_in_a_long_sound_is_found(folder: Path) -> None:
    other = np.concatenate([tune(seed, 12) for seed in (201, 202, 203, 204)])
    sound = np.concatenate([other, excerpt("song-2", 6, 12)])
    match = Index.open(folder).match(sound, RATE_HZ, calibration=Calibration.default())
    assert (match.verdict, match.recording) == ("confirmed", "song-2")
    assert match.offset_s == pytest.approx(6 - 48, abs=0.2)


def test_what_was_withdrawn_stays_so_when_its_segment_is_gone(tmp_path: Path) -> None:
    store = SegmentStore(tmp_path)
    store.add((name, fingerprint(SONGS[name])) for name in ("song-0", "song-1"))
    index = Index.open(tmp_path)
    store.withdraw(["song-0", "song-1"])
    store.add([("song-0", fingerprint(SONGS["song-0"]))])
    assert index.refresh()
    sound, calibration = excerpt("song-1", 9, 8), Calibration.default()
    assert index.match(sound, RATE_HZ, calibration=calibration).verdict == "none"


@pytest.mark.parametrize("chunk", [7, 31, 62, 200])
def test_a_query_asks_the_same_however_its_sound_arrives(chunk: int) -> None:
    energy = spectrogram(np.concatenate([STRANGE, noise(4, 3, 0.1)]))
    whole, pieces = Query(), Query()
    asked = [*whole.hear(energy), *whole.finish()]
    piecewise = [
        one
        for start in range(0, len(energy), chunk)
        for one in pieces.hear(energy[start : start + chunk])
    ]
    piecewise += pieces.finish()
    assert len(asked) == len(piecewise)
    for one, other in zip(asked, piecewise, strict=True):
        for part, counterpart in zip(one, other, strict=True):
            np.testing.assert_array_equal(part, counterpart)
    assert sum(len(one.key) for one in asked) > 10_000


def test_a_calibration_is_learned_from_looks_at_the_unknown(folder: Path) -> None:
    strange = np.concatenate([tune(seed, 60) for seed in range(300, 306)])
    looks = looks_at(spectrogram(strange), Index.open(folder).in_force())
    assert seconds_of([looks]) == pytest.approx(350, abs=5)
    made = fitted([looks] * 4)
    assert made.hours == pytest.approx(4 * 350 / 3600, rel=0.02)
    assert made.pairs.per_hour == pytest.approx(1 / made.hours)  # nothing agreed by chance
    for length, tail in made.tails.items():
        seen = [one[length] for one in looks]
        scores = [sight.finding.score for sight in seen if sight is not None]
        share = np.mean([score > tail.knee for score in scores])
        assert share == pytest.approx(0.05, abs=0.02)
