"""A writer that is killed for real, at moments it does not choose."""

import os
import random
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from balai.air import cmaf, webvtt
from balai.air.recover import recover
from balai.air.ring import Ring
from balai.air.webvtt import Cue, CueWord

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PART_S = 0.256


def cues(media_time: int) -> list[Cue]:
    """Tell of every second part."""
    words = (CueWord("word", is_doubtful=False),) * 20
    cue = Cue(f"ada-{media_time}", media_time, media_time + 12_288, "Ada", words)
    return [cue] if media_time // 12_288 % 2 else []


def publish_until_killed(folder: Path, told: int) -> None:
    """Publish as fast as the disk takes it, telling each part once it is out."""
    ring = Ring(folder)
    ring.begin(b"\x11\x88")
    for number in range(100_000):
        starts_at = AT + number * timedelta(seconds=PART_S)
        ring.publish([bytes(150)] * 12, starts_at=starts_at, cues=cues)
        os.write(told, b".")


def killed_after(folder: Path, delay_s: float) -> int:
    """Run a writer for a while, kill it, and give how many parts it said it had published."""
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            publish_until_killed(folder, told)
        finally:
            os._exit(1)  # never back into the test run
    os.close(told)
    os.read(heard, 1)
    time.sleep(delay_s)  # any moment will do: this is not waiting for something
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    published = 1
    while data := os.read(heard, 65_536):
        published += len(data)
    os.close(heard)
    return published


@pytest.mark.parametrize("seed", range(12))
def test_a_killed_room_is_whole_up_to_its_last_part(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "air"
    published = killed_after(folder, random.Random(seed).uniform(0.0, 0.08))
    aired = recover(folder)
    assert aired in (published * 12_288, (published + 1) * 12_288)
    lines = (folder / "replay.m3u8").read_text().splitlines()
    names = [line for line in lines if line.endswith(".m4s")]
    chunks = [c for name in names for c in cmaf.read_chunks((folder / name).read_bytes())]
    assert [c.media_time for c in chunks] == list(range(0, aired, 12_288))
    whole = (folder / "captions.m3u8").read_text()
    captions = re.findall(r"^c\d*-[\w-]{8}\.vtt$", whole, re.MULTILINE)
    assert len(captions) == len(names)
    cues = [webvtt.cues_in((folder / name).read_bytes()) or [] for name in captions]
    transcript = folder / "transcript.vtt"
    text = transcript.read_text() if transcript.exists() else webvtt.HEAD
    assert text == webvtt.HEAD + "".join(cue for each in cues for cue in each)
    assert {path.name for path in folder.iterdir()} == {
        *names,
        *(path.name for path in folder.glob("init-*.mp4")),
        *(path.name for path in folder.glob("c-*.vtt")),
        *captions,
        *("live.m3u8", "low.m3u8", "rewind.m3u8", "replay.m3u8"),
        *("captions-live.m3u8", "captions.m3u8"),
        *("room-live.m3u8", "room-low.m3u8", "room-rewind.m3u8", "room-replay.m3u8"),
        *(["transcript.vtt"] if transcript.exists() else []),
    }
