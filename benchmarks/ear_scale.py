"""`make bench NAME=ear-scale`: what a longer list costs, and what it does to recall.

Lists of 10, 100 and 1,000 hours: the corpus' reference, and decoys of it (rig/decoys.py). At
each size: recall of distorted excerpts at 5 s, CPU of a live voice, size, memory, and the
time from opening the index cold to the first answer. `ARGS="--hours 10 100"` takes fewer.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from balai.detect.fingerprint import (
    Calibration,
    Fingerprint,
    Index,
    SegmentStore,
    StreamMatcher,
    fingerprint,
)
from balai.detect.fingerprint.segment import VERSION
from balai.detect.fingerprint.spectrum import resampled
from benchmarks.ear import PLACE_S, Excerpt, cut, excerpts
from rig.corpus import RATE_HZ, Piece, corpus
from rig.decoys import decoys
from rig.distort import World, distorted

CONDITIONS: Final = (
    "clean", "opus16", "white5", "babble5", "talk0", "reverb", "speed4", "pitch-2", "room",
    "roomhard",
)  # fmt: skip
SEGMENT_H: Final = 120.0  # so much is made and written at once: less memory than a full segment
STREAM_S: Final = 40
_HEARD_HZ: Final = 8_000

Named = tuple[str, Fingerprint]


def prints(piece: Piece) -> Named:
    """Fingerprint one piece."""
    return piece.name, fingerprint(piece.sound(), RATE_HZ)


def build(folder: Path, real: list[Named], hours: float) -> None:
    """Make a list of so many hours, unless it is there."""
    done = folder / f"done-{hours:g}-v{VERSION}"
    if done.exists():
        return
    with SegmentStore.replacing(folder) as store:
        left_h = hours - sum(one.duration_s for _, one in real) / 3600
        store.add(real)
        number = 0
        while left_h > 0.01:
            part = decoys(real, min(SEGMENT_H, left_h), seed=number)
            store.add((f"{number}-{name}", one) for name, one in part)
            left_h -= SEGMENT_H
            number += 1
    done.touch()


class Listener:
    """One process's ear over one list."""

    def __init__(self, pieces: list[Piece], folder: Path) -> None:
        self._index = Index.open(folder)
        self._talk = [piece.sound() for piece in pieces if piece.role == "talk"]
        self._calibration = Calibration.default()

    def found(self, excerpt: Excerpt) -> list[tuple[str, bool, float]]:
        """Match an excerpt in every condition: was it found, and the CPU it took."""
        sound, told = cut(excerpt), []
        for condition in CONDITIONS:
            chance = np.random.default_rng([excerpt.number, *condition.encode()])
            bent, _ = distorted(sound, condition, World(self._talk, [], chance))
            samples = resampled(bent, RATE_HZ)[: 5 * _HEARD_HZ]
            began = time.process_time()
            match = self._index.match(samples, _HEARD_HZ, calibration=self._calibration)
            cpu_s = time.process_time() - began
            is_found = (
                match.verdict != "none"
                and match.recording == excerpt.piece.name
                and match.offset_s is not None
                and abs(match.offset_s - excerpt.start_s) <= PLACE_S
            )
            told.append((condition, is_found, cpu_s))
        return told

    def stream_cpu(self, piece: Piece) -> float:
        """Give the CPU seconds that one second of a live voice costs."""
        samples = resampled(piece.sound()[30 * RATE_HZ : (30 + STREAM_S) * RATE_HZ], RATE_HZ)
        matcher = StreamMatcher(self._index.in_force, self._calibration)
        began = time.process_time()
        for at in range(0, len(samples), _HEARD_HZ // 2):
            matcher.feed(samples[at : at + _HEARD_HZ // 2])
        return (time.process_time() - began) / (len(samples) / _HEARD_HZ)


_listener: list[Listener] = []


def _begin(pieces: list[Piece], folder: Path) -> None:
    _listener.append(Listener(pieces, folder))


def _found(excerpt: Excerpt) -> list[tuple[str, bool, float]]:
    return _listener[0].found(excerpt)


def cold_start(folder: Path) -> dict[str, float]:
    """Open the index in a new process with nothing of it in memory, and ask once."""
    for path in folder.glob("*.ear"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    script = (
        "import json, resource, sys, time, numpy as np\n"
        "from pathlib import Path\n"
        "from balai.detect.fingerprint import Index, Search\n"
        "from balai.detect.fingerprint.spectrum import spectrogram\n"
        "noise = np.random.default_rng(1).normal(0, .1, 40_000).astype(np.float32)\n"
        "began = time.monotonic()\n"
        "index = Index.open(Path(sys.argv[1]))\n"
        "opened = time.monotonic() - began\n"
        "search = Search()\n"
        "search.hear(spectrogram(noise), index.in_force())\n"
        "search.look(312, index.in_force())\n"
        "answered = time.monotonic() - began\n"
        "status = Path('/proc/self/status').read_text()\n"
        "line = lambda name: int(status.split(name)[1].split()[0]) / 1024\n"
        "print(json.dumps([opened, answered, line('RssAnon:'), line('VmRSS:')]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, check=True, text=True
    )
    opened, answered, own, whole = json.loads(done.stdout)
    return {
        "open_s": round(opened, 2),
        "cold_start_s": round(answered, 2),
        "memory_mb": round(own),
        "memory_with_map_mb": round(whole),
    }


def measure(
    folder: Path, pieces: list[Piece], chosen: list[Excerpt], hours: float
) -> dict[str, float]:
    """Measure one list."""
    with ProcessPoolExecutor(2, initializer=_begin, initargs=(pieces, folder)) as pool:
        told = [one for found in pool.map(_found, chosen) for one in found]
    for condition in CONDITIONS:
        hits = [is_found for name, is_found, _ in told if name == condition]
        print(f"  {condition:10} {100 * np.mean(hits):6.1f}")
    ear = Listener([], folder)
    unknown = [p for p in pieces if p.role == "unknown" and p.seconds > 30 + STREAM_S]
    some = unknown[:: max(1, len(unknown) // 6)][:6]
    cpu_s = float(np.mean([ear.stream_cpu(piece) for piece in some]))
    size = sum(path.stat().st_size for path in folder.glob("*.ear"))
    return {
        "hours": hours,
        "recall_5s": round(100 * float(np.mean([hit for _, hit, _ in told])), 2),
        "query_ms_5s": round(1000 * float(np.median([cpu for *_, cpu in told])), 1),
        "streams_per_core": round(1 / cpu_s, 1),
        "gb": round(size / 1e9, 3),
        **cold_start(folder),
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, nargs="+", default=[10.0, 100.0, 1000.0])
    parser.add_argument("--excerpts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    with ProcessPoolExecutor(2) as pool:
        real = list(pool.map(prints, [p for p in pieces if p.role == "reference"]))
    chosen = excerpts(pieces, asked.excerpts, asked.seed)
    figures: dict[str, float] = {}
    for hours in asked.hours:
        folder = asked.folder / f"index-{hours:g}h"
        build(folder, real, hours)
        told = measure(folder, pieces, chosen, hours)
        print(told, flush=True)
        figures |= {f"{name}_{hours:g}h": value for name, value in told.items()}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
