"""`make bench NAME=tracks`: what it costs to keep each voice of a recorded room apart.

Three voices take turns, one at a time, said by espeak-ng. Prints the processor's time and the
size of an hour of one voice, what the mixer's thread pays for it, and how long it takes to make
an hour of replay around a voice that speaks a third of it.
"""

import argparse
import io
import json
import subprocess
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import av
import numpy as np

from balai.air.encoder import PART_SAMPLES
from balai.air.programme import Programme
from balai.air.rerender import Omission, render
from balai.air.ring import Ring
from balai.air.shares import Share, Stretch
from balai.air.track_files import TRACKS, TrackWriter
from balai.air.tracks import Tracks
from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm

HOUR_S: Final = 3_600
TURN_S: Final = 12
VOICES: Final = 3
TEXT: Final = (
    "Good evening and welcome to the hall. Tonight we talk about the new bridge, and about "
    "the people who live on the other side of the river. "
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=10, help="of the room that is rendered")
    seconds = parser.parse_args().minutes * 60
    speech = said()
    kept = keeping(speech)
    mixer_ms = {name: mixing_ms(speech, is_kept=name == "kept") for name in ("plain", "kept")}
    rendering = rendering_s(speech, seconds) * HOUR_S / seconds
    figures = {
        "cpu_s_per_voice_hour": round(kept["cpu_s"], 1),
        "mb_per_voice_hour": round(kept["mb"], 1),
        "mixer_part_ms": round(mixer_ms["plain"], 2),
        "mixer_part_ms_with_tracks": round(mixer_ms["kept"], 2),
        "render_s_per_hour": round(rendering, 1),
    }
    for name, figure in figures.items():
        print(f"{name:>28} {figure:>8}")
    print(json.dumps(figures))


def said() -> Pcm:
    """Have a minute of speech said."""
    command = ["espeak-ng", "-v", "en", "--stdout", TEXT * 8]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    resampler = av.AudioResampler("s16", "mono", RATE_HZ)
    with av.open(io.BytesIO(wave), mode="r") as container:
        frames = [
            each.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for each in resampler.resample(frame)
        ]
    return np.concatenate(frames).astype(np.int16)[: 60 * RATE_HZ]


def keeping(speech: Pcm) -> dict[str, float]:
    """Keep one voice that speaks without a pause; give an hour's processor time and size."""
    parts = len(speech) // PART_SAMPLES
    with tempfile.TemporaryDirectory() as folder:
        writer = TrackWriter(Path(folder))
        began = time.process_time()
        for part in range(parts):
            at = part * PART_SAMPLES
            stretches = (Stretch(0, at, PART_SAMPLES),)
            writer.write(at, [Share("a" * 26, speech[at : at + PART_SAMPLES], stretches)])
        writer.end()
        cpu_s = time.process_time() - began
        size = (Path(folder) / TRACKS).stat().st_size
    hours = parts * PART_SAMPLES / RATE_HZ / HOUR_S
    return {"cpu_s": cpu_s / hours, "mb": size / hours / 1e6}


def mixing_ms(speech: Pcm, *, is_kept: bool) -> float:
    """Give the mixer's thread time for a part of five voices."""
    with tempfile.TemporaryDirectory() as folder:
        tracks = Tracks(Path(folder) / "tracks") if is_kept else None
        programme = opened(Path(folder), tracks)
        spent, parts = 0, 0
        for position in range(0, 30 * RATE_HZ, BLOCK_SAMPLES):
            block = speech[position : position + BLOCK_SAMPLES]
            began = time.thread_time_ns()
            programme.write(position, {f"seat{i}": block // (i + 2) for i in range(5)})
            parts += len(programme.advance(position + BLOCK_SAMPLES))
            spent += time.thread_time_ns() - began
        programme.end()
    return spent / parts / 1e6


def rendering_s(speech: Pcm, seconds: int) -> float:
    """Leave one of three voices out of a room; give how long that takes."""
    with tempfile.TemporaryDirectory() as folder:
        ring, kept = Path(folder) / "air", Path(folder) / "tracks"
        tracks = Tracks(kept)
        programme = opened(Path(folder), tracks)
        for position in range(0, seconds * RATE_HZ, BLOCK_SAMPLES):
            seat = position // (TURN_S * RATE_HZ) % VOICES
            at = position % (len(speech) - BLOCK_SAMPLES)
            programme.write(position, {f"seat{seat}": speech[at : at + BLOCK_SAMPLES]})
            programme.advance(position + BLOCK_SAMPLES)
            if position % RATE_HZ == 0:
                time.sleep(0.03)  # the writer's turn: this room runs much faster than time
        programme.end()
        assert programme.lost_track_records == 0
        began = time.perf_counter()
        seen = render(ring, kept, [Omission("seat1")])
        took_s = time.perf_counter() - began
        assert seen.silent_samples == 0
        print(f"{seen.changed_segments} of {seen.segments} segments in {took_s:.1f} s")
    return took_s


def opened(folder: Path, tracks: Tracks | None) -> Programme:
    return Programme(
        ring=Ring(folder / "air"),
        on_air_at=datetime.now(UTC),
        delay_samples=RATE_HZ,
        tracks=tracks,
    )


if __name__ == "__main__":
    main()
