"""What other people's players make of a published room."""

import json
import re
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Discard

from balai.air import webvtt
from balai.air.captions import SpokenWord
from tests.air_sound import FRAME, ON_AIR_AT, Floats, Room, level, names, segments
from tests.hall_origin import TOKEN, hall_process

pytestmark = pytest.mark.alone

Spans = dict[str, tuple[int, int]]


@dataclass
class Broadcast:
    """A room that has ended, and where in stage time each voice is to be heard."""

    folder: Path
    before: Spans  # until the delay was lengthened
    after: Spans


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Broadcast:
    """Twelve seconds: ada is held while ben goes on; both come back after a longer delay."""
    room = Room.open(tmp_path_factory.mktemp("players") / "air")
    room.speak(["ada"], 200)
    silent_from = room.programme.hold("ada")
    ben_from = room.now
    room.speak(["ada", "ben"], 100)
    turned_at = room.programme.aired_to
    room.programme.set_delay(48_000)
    ada_from = room.programme.release("ada", air_held=False).position
    room.speak(["ada", "ben"], 300)
    assert room.programme.end()
    return Broadcast(
        room.folder,
        before={"ada": (0, silent_from), "ben": (ben_from, turned_at)},
        after={"ada": (ada_from, room.now), "ben": (turned_at, room.now)},
    )


def ffmpeg(playlist: Path, *options: str) -> Floats:
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(playlist), *options]
    raw = subprocess.run(
        [*command, "-f", "s16le", "-"], check=True, capture_output=True, timeout=60
    )
    assert raw.stderr == b""
    return np.frombuffer(raw.stdout, "<i2").astype(np.float64)


def times(playlist: Path) -> list[int]:
    command = ["ffprobe", "-v", "error", "-show_packets", "-of", "json", str(playlist)]
    run = subprocess.run(command, check=True, capture_output=True, timeout=60)
    found = json.loads(run.stdout)["packets"]
    return [int(packet["pts"]) for packet in found]


def entries(playlist: Path) -> list[tuple[datetime, float, str]]:
    return listed(playlist.read_text())


def listed(text: str) -> list[tuple[datetime, float, str]]:
    found = re.findall(r"DATE-TIME:(.+)Z\n#EXTINF:([\d.]+),\n(.+)\n", text)
    return [(datetime.fromisoformat(at + "+00:00"), float(s), name) for at, s, name in found]


def test_ffmpeg_plays_the_replay_to_the_last_sample(room: Broadcast) -> None:
    sound = ffmpeg(room.folder / "replay.m3u8")
    parts = sum(round(s / 0.256) for _, s, _ in entries(room.folder / "replay.m3u8"))
    assert len(sound) == parts * 12 * FRAME


@pytest.mark.parametrize("name", ["replay.m3u8", "rewind.m3u8", "live.m3u8", "low.m3u8"])
def test_ffmpeg_finds_no_hole_in_time(room: Room, name: str) -> None:
    steps = np.diff(times(room.folder / name))
    assert set(steps.tolist()) == {FRAME}


def test_time_of_day_leads_to_the_sample_that_was_spoken_then(room: Broadcast) -> None:
    """The playlist's clock and the decoded sound agree, before and after a longer delay."""
    sound = ffmpeg(room.folder / "replay.m3u8")
    before, after = (room.folder / "replay.m3u8").read_text().split("#EXT-X-DISCONTINUITY\n")
    at, compared = 0, set()
    for text, spans in ((before, room.before), (after, room.after)):
        for starts_at, duration_s, _ in listed(text):
            start, samples = _samples(starts_at - ON_AIR_AT), round(duration_s * 48_000)
            stretch = sound[at + FRAME : at + samples - FRAME]
            for seat, is_heard in heard(spans, start + FRAME, start + samples - FRAME).items():
                assert (seat, start, level(stretch, seat) > 0.9) == (seat, start, is_heard)
                compared.add((seat, is_heard))
            at += samples
    assert compared == {("ada", True), ("ada", False), ("ben", True), ("ben", False)}


def heard(spans: Spans, start: int, end: int) -> dict[str, bool]:
    """Who is heard in a stretch; a seat that begins or ends in it is left out."""
    return {
        seat: first <= start and end <= last
        for seat, (first, last) in spans.items()
        if (first <= start and end <= last) or end <= first or last <= start
    }


def _samples(time: timedelta) -> int:
    return round(time.total_seconds() * 48_000)


def test_playlist_durations_are_those_of_the_files(room: Broadcast) -> None:
    for _, duration_s, name in entries(room.folder / "rewind.m3u8"):
        (init,) = room.folder.glob("init-*.mp4")
        one = room.folder.parent / "one.mp4"
        one.write_bytes(init.read_bytes() + (room.folder / name).read_bytes())
        assert len(times(one)) * FRAME == round(duration_s * 48_000)


def test_time_of_day_never_lies_ahead_of_the_delay(tmp_path: Path) -> None:
    room = Room.open(tmp_path / "air", delay_samples=24_000)
    for _ in range(200):
        room.speak(["ada"], 1)
        live = room.folder / "live.m3u8"
        if live.exists():
            starts_at, duration_s, _ = entries(live)[-1]
            now = ON_AIR_AT + timedelta(seconds=room.now / 48_000)
            assert starts_at + timedelta(seconds=duration_s + 0.5) <= now


def test_a_segment_is_its_parts_one_after_the_other(tmp_path: Path) -> None:
    room = Room.open(tmp_path / "air")
    room.speak(["ada"], 150)
    for number, name in enumerate(segments(room.folder)):
        parts = names(room.folder, rf"p{number}\.\d-[\w-]{{8}}\.m4s")
        joined = b"".join((room.folder / part).read_bytes() for part in parts)
        assert (room.folder / name).read_bytes() == joined


def test_ffmpeg_joins_a_room_that_is_on_air(tmp_path: Path) -> None:
    room = Room.open(tmp_path / "air")
    room.speak(["ada"], 400)
    sound = ffmpeg(room.folder / "live.m3u8", "-t", "2")
    assert len(sound) == 96_000
    assert level(sound[FRAME:], "ada") > 0.9


TEXTS = ("first", "second", "held", "last")
SLACK_MS = 6  # by the ear: where a tone begins in decoded sound


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tones of a second, a word in each; the delay grows, one is held and airs late."""
    data = tmp_path_factory.mktemp("told")
    room = Room.open(data / "air" / TOKEN, delay_samples=48_000)
    for phrase, text in enumerate(TEXTS):
        if text == "held":
            room.programme.hold("ada")
        start = room.now
        room.speak(["ada"], 50)
        word = SpokenWord(start + 9_600, start + 38_400, text, 0.9)
        room.programme.write_words("ada", speaker="Ada & Ben", phrase=phrase, words=[word])
        room.speak([], 150)
        if text == "first":
            room.programme.set_delay(96_000)
        room.programme.release("ada", air_held=True)
        room.speak([], 150)
    assert room.programme.end()
    return data / "air" / TOKEN


def expected(folder: Path) -> list[tuple[int, int, str]]:
    """What a player is to show, and when, in milliseconds: read off the decoded sound."""
    loud = np.abs(ffmpeg(folder / "replay.m3u8")) > 1_000
    at = np.flatnonzero(loud)
    begins = [int(at[0]), *(int(b) for a, b in pairwise(at) if b - a > 9_600)]
    assert len(begins) == len(TEXTS)
    return [
        ((start + 9_600) // 48, (start + 38_400) // 48, f"<v Ada &amp; Ben>{text}")
        for start, text in zip(begins, TEXTS, strict=True)
    ]


def test_ffmpeg_finds_sound_and_captions_through_the_hall(told: Path) -> None:
    """The FFmpeg in PyAV reads subtitles beside sound; Debian's does not yet."""
    shown, frames = [], 0
    with (
        hall_process(told.parents[1]) as url,
        av.open(f"{url}/hall/{TOKEN}/room-replay.m3u8") as container,
    ):
        assert [stream.time_base for stream in container.streams.subtitles] == [
            Fraction(1, 1000)
        ]
        container.streams.subtitles[0].discard = Discard.default  # off until asked for
        for packet in container.demux():
            if packet.stream.type == "subtitle" and packet.size:
                begin = packet.pts or 0
                shown.append((begin, begin + (packet.duration or 0), bytes(packet).decode()))
            frames += packet.stream.type == "audio" and packet.size > 0
    heard = expected(told)
    assert [text for _, _, text in shown] == [text for _, _, text in heard]
    for one, other in zip(shown, heard, strict=True):
        assert one[:2] == pytest.approx(other[:2], abs=SLACK_MS)
    assert frames * FRAME == len(ffmpeg(told / "replay.m3u8"))


def test_debians_ffmpeg_reads_each_of_the_two(told: Path) -> None:
    joined = str(told / "room-replay.m3u8")
    command = ["ffmpeg", "-v", "fatal", "-i", joined, "-f", "s16le", "-"]
    sound = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    assert len(sound) == 2 * len(ffmpeg(told / "replay.m3u8"))
    for name in ("captions.m3u8", "transcript.vtt"):
        command = ["ffmpeg", "-v", "error", "-i", str(told / name), "-f", "srt", "-"]
        run = subprocess.run(command, check=True, capture_output=True, timeout=60)
        assert re.findall("|".join(TEXTS), run.stdout.decode()) == list(TEXTS)


def test_a_segments_captions_are_webvtt(told: Path) -> None:
    for path in told.glob("c*.vtt"):
        assert webvtt.cues_in(path.read_bytes()) is not None
        with av.open(str(path), format="webvtt") as container:
            shown = sum(packet.size > 0 for packet in container.demux())
        assert shown == path.read_text().count(" --> ")
