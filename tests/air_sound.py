"""Tones in, decoded sound out: what tests of the air have in common."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from balai.air.programme import Aired, Programme
from balai.air.ring import Ring
from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm

ON_AIR_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
FRAME = 1_024
PART = 12_288
TONES_HZ = {"ada": 750.0, "ben": 1_500.0, "eve": 3_000.0}

Floats = NDArray[np.float64]


def tone(seat: str, position: int, samples: int = BLOCK_SAMPLES) -> Pcm:
    """A seat's own tone, continuous over positions."""
    at = np.arange(position, position + samples)
    return (6_000 * np.sin(2 * np.pi * TONES_HZ[seat] * at / RATE_HZ)).astype(np.int16)


def level(sound: Floats, seat: str) -> float:
    """How much of a seat's tone is in a stretch: 1.0 is all of it."""
    at = np.arange(len(sound))
    wave = np.exp(-2j * np.pi * TONES_HZ[seat] * at / RATE_HZ)
    return float(abs((sound * wave * np.hanning(len(sound))).mean()) * 4 / 6_000)


@dataclass
class Room:
    """A programme in a folder, spoken into tick by tick."""

    programme: Programme
    folder: Path
    now: int = 0

    @classmethod
    def open(cls, folder: Path, *, delay_samples: int = 0) -> "Room":
        programme = Programme(
            ring=Ring(folder), on_air_at=ON_AIR_AT, delay_samples=delay_samples
        )
        return cls(programme, folder)

    def speak(self, seats: Iterable[str], ticks: int) -> list[Aired]:
        aired = []
        for _ in range(ticks):
            aired += self.say({seat: tone(seat, self.now) for seat in seats})
        return aired

    def say(self, voices: Mapping[str, Pcm]) -> list[Aired]:
        self.programme.write(self.now, voices)
        self.now += BLOCK_SAMPLES
        return self.programme.advance(self.now)


def names(folder: Path, pattern: str) -> list[str]:
    """Files by name, in the order of the numbers in them."""
    found = [p.name for p in folder.iterdir() if re.fullmatch(pattern, p.name)]
    return sorted(found, key=lambda name: [int(n) for n in re.findall(r"\d+", name)[:2]])


def segments(folder: Path) -> list[str]:
    return names(folder, r"s\d+-[\w-]{8}\.m4s")


def media(folder: Path) -> bytes:
    """All that is published: finished segments, and the parts of the open one."""
    done = segments(folder)
    data = b"".join((folder / name).read_bytes() for name in done)
    parts = names(folder, r"p\d+\.\d-[\w-]{8}\.m4s")
    tail = [name for name in parts if int(name[1:].split(".")[0]) >= len(done)]
    return data + b"".join((folder / name).read_bytes() for name in tail)


def decode(folder: Path, data: bytes) -> Floats:
    """Decode published bytes with FFmpeg's decoder; sample 0 is the first one published."""
    whole = folder.parent / "whole.mp4"
    (init,) = folder.glob("init-*.mp4")
    whole.write_bytes(init.read_bytes() + data)
    with av.open(str(whole)) as container:
        frames = list(container.decode(audio=0))
    expected = [i * FRAME for i in range(len(frames))]
    assert [frame.pts for frame in frames] == expected
    return np.concatenate([f.to_ndarray()[0] for f in frames]).astype(np.float64) * 32_768
