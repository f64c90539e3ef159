"""What detectors are given and what they tell, without a house."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from balai.audio.blocks import BLOCK_SAMPLES, Pcm
from balai.detect import detector
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.decimate import Decimator
from balai.detect.detector import Library, Voices
from balai.detect.fingerprint import Search, SegmentStore, fingerprint
from balai.detect.fingerprint.errors import IndexDamaged
from balai.detect.fingerprint.search import Finding
from balai.detect.fingerprint.spectrum import RATE_HZ, Samples, spectrogram
from balai.detect.fingerprint.store import CURRENT
from balai.detect.fingerprint.stream import Sighting
from balai.detect.tap import Tap
from balai.detect.voice import DECIMATION
from balai.detect.wire import (
    HEAD,
    DetectorGarbled,
    Head,
    Heard,
    Missed,
    Recognised,
    Said,
    SaidWord,
    frame,
    line,
    told,
)
from tests.unit.ear_sounds import tune

NOISE = np.random.default_rng(5)


def noise(samples: int) -> Pcm:
    return NOISE.integers(-9000, 9000, samples, np.int16)


def chunk(position: int, seat: str = "ada") -> Chunk:
    return Chunk("room", seat, position, noise(CHUNK_SAMPLES))


class Scripted:
    """A matcher that sees a recording at each of certain samples."""

    def __init__(self, at: Sequence[int]) -> None:
        self._at = at
        self.heard = 0

    def feed(self, samples: Samples) -> list[Sighting]:
        before, self.heard = self.heard, self.heard + len(samples)
        return [
            Sighting("confirmed", "song", at - 800, at, 4.0, 9.0, 0.1, 1.0, 0.0)
            for at in self._at
            if before <= at < self.heard
        ]


def test_a_tap_gives_each_voice_in_chunks_at_multiples_of_half_a_second() -> None:
    given: list[Chunk] = []
    tap = Tap("room", given.append)
    said = noise(CHUNK_SAMPLES * 2)
    for position in range(0, CHUNK_SAMPLES * 2, BLOCK_SAMPLES):
        voices = {"ada": said[position : position + BLOCK_SAMPLES]}
        if position == CHUNK_SAMPLES:
            voices["ben"] = noise(BLOCK_SAMPLES)
        tap.write(position, voices)
    assert [(c.seat_id, c.position) for c in given] == [
        ("ada", 0), ("ada", CHUNK_SAMPLES), ("ben", CHUNK_SAMPLES),
    ]  # fmt: skip
    assert np.array_equal(np.concatenate([given[0].pcm, given[1].pcm]), said)
    assert not given[2].pcm[BLOCK_SAMPLES:].any()


def test_a_tap_keeps_its_places_when_ticks_are_skipped() -> None:
    given: list[Chunk] = []
    tap = Tap("room", given.append)
    tap.write(0, {"ada": noise(BLOCK_SAMPLES)})
    late = CHUNK_SAMPLES * 3 + BLOCK_SAMPLES
    tap.write(late, {"ada": noise(BLOCK_SAMPLES)})
    tap.flush()
    assert [c.position for c in given] == [0, CHUNK_SAMPLES * 3]
    assert not given[1].pcm[:BLOCK_SAMPLES].any()
    assert given[1].pcm[BLOCK_SAMPLES : 2 * BLOCK_SAMPLES].any()


def test_a_chunk_crosses_unchanged() -> None:
    sent = Chunk("room", "søta", 2**40, noise(CHUNK_SAMPLES), "id")
    data = frame(sent)
    head = Head.read(data[: HEAD.size])
    assert head.rest == len(data) - HEAD.size
    got = head.chunk(data[HEAD.size :])
    assert dataclasses.replace(got, pcm=sent.pcm) == sent
    assert np.array_equal(got.pcm, sent.pcm)


@pytest.mark.parametrize(
    "head",
    [
        HEAD.pack(b"nope", 4, 4, 2, 0, 960),
        HEAD.pack(b"BAL2", 4, 65, 2, 0, 960),
        HEAD.pack(b"BAL2", 4, 4, 65, 0, 960),
        HEAD.pack(b"BAL2", 4, 4, 2, 0, CHUNK_SAMPLES + 1),
        HEAD.pack(b"BAL2", 4, 4, 2, 0, 2**63),
    ],
)
def test_a_frame_that_claims_nonsense_is_refused(head: bytes) -> None:
    with pytest.raises(DetectorGarbled):
        Head.read(head)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"kind":"heard"}',
        b'{"kind":"x"}',
        b'{"kind":"said","words":[{}]}',
        b"\xff",
        b"7",
    ],
)
def test_a_line_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(DetectorGarbled):
        told(data)


def test_lines_cross_unchanged() -> None:
    heard = Heard("room", "ada", 0, 24_000)
    seen = Recognised(
        "room", "ada", "confirmed", "r", 1, 2, 3.5, 4.5, 0.01, 1.02, -0.5, ("s",), "x/1"
    )
    assert told(line(heard)) == heard
    word = SaidWord("ya", 10, 20, 0.5)
    said = Said("room", "ada", 0, 30, (word,), "id", True, "x/1", False, True)
    assert told(line(said)) == said
    missed = Missed("room", "ada", 0, 30, "deadline")
    assert told(line(missed)) == missed
    assert told(line(seen)) == seen


@pytest.mark.parametrize("factor", [3, DECIMATION])
@pytest.mark.parametrize("pieces", [1, 4, 4_000])
def test_decimation_piece_by_piece_is_the_same_as_at_once(factor: int, pieces: int) -> None:
    sound = NOISE.normal(0, 0.2, CHUNK_SAMPLES * 4).astype(np.float32)
    decimate = Decimator(factor)
    heard = np.concatenate([decimate(part) for part in sound.reshape(pieces, -1)])
    whole = resample_poly(sound, 1, factor)
    late = 10  # half the filter: what comes piece by piece comes that much later
    assert np.allclose(heard[late:], whole[: len(heard) - late], atol=1e-6)


def test_sightings_are_told_on_the_rooms_clock_and_every_chunk_is_told_as_heard() -> None:
    voices = Voices(lambda: Scripted([1_000, 4_500]), detector="fake/1")
    start = CHUNK_SAMPLES * 10
    first = voices.hear(chunk(start))
    second = voices.hear(chunk(start + CHUNK_SAMPLES))
    assert [type(one) for one in first] == [Recognised, Heard]
    assert isinstance(first[0], Recognised)
    assert first[0].to_position == start + 1_000 * DECIMATION
    assert first[0].from_position == start + 200 * DECIMATION
    assert first[-1] == Heard("room", "ada", start, start + CHUNK_SAMPLES)
    assert len(second) == 2


def test_silence_between_chunks_is_heard_and_a_long_one_begins_anew() -> None:
    made: list[Scripted] = []

    def new() -> Scripted:
        made.append(Scripted([]))
        return made[-1]

    voices = Voices(new)
    voices.hear(chunk(0))
    voices.hear(chunk(CHUNK_SAMPLES * 3))
    assert [one.heard for one in made] == [4 * CHUNK_SAMPLES // DECIMATION]
    voices.hear(chunk(CHUNK_SAMPLES * 40))
    voices.hear(chunk(CHUNK_SAMPLES * 41, seat="ben"))
    assert len(made) == 3


def test_a_library_follows_what_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector, "REFRESH_S", 0)
    library = Library(tmp_path / "segments")
    song = tune(3, 20)
    energy = spectrogram(song[3 * RATE_HZ : 8 * RATE_HZ])
    search = Search()

    def look() -> Finding | None:
        for part in np.array_split(energy, 10):
            search.hear(part, library.in_force())
        return search.look(len(energy), library.in_force())

    library.refresh()
    assert look() is None  # nothing was ever listed
    store = SegmentStore(tmp_path / "segments")
    store.add([("song", fingerprint(song))])
    library.refresh()
    found = look()
    assert found is not None
    assert found.recording == "song"
    store.withdraw(["song"])
    library.refresh()
    assert look() is None
    (tmp_path / "segments" / CURRENT).write_text("torn")
    with pytest.raises(IndexDamaged):
        library.refresh()


def test_an_index_whose_parts_are_gone_is_not_passed_off_as_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector, "REFRESH_S", 0)
    SegmentStore(tmp_path).add([("song", fingerprint(tune(3, 20)))])
    for segment in tmp_path.glob("*.ear"):
        segment.unlink()
    library = Library(tmp_path)
    with pytest.raises(IndexDamaged):  # noqa: PT012 - a few looks are forgiven
        for _ in range(detector.LOOKS_MISSED_MAX + 1):
            library.refresh()


def test_one_voice_too_many_is_not_heard_until_another_is_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(detector, "VOICES_MAX", 2)
    now_s = [0.0]
    voices = Voices(lambda: Scripted([]), clock=lambda: now_s[0])
    assert voices.hear(chunk(0, seat="ann"))
    assert voices.hear(chunk(0, seat="ben"))
    assert voices.hear(chunk(0, seat="cleo")) == []  # nobody says it was heard
    now_s[0] = 4.0
    assert voices.hear(chunk(CHUNK_SAMPLES, seat="ann"))
    now_s[0] = 6.5
    assert voices.hear(chunk(CHUNK_SAMPLES, seat="cleo"))
    assert voices.hear(chunk(CHUNK_SAMPLES, seat="ben")) == []
