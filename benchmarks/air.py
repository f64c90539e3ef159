"""`make bench NAME=air`: what one room's air costs the mixer's thread.

Prints the time of one `advance` that airs a part (256 ms of sound), for 1 to 20 voices.
"""

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from balai.air.programme import Programme
from balai.air.ring import Ring
from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ

TICKS: Final = 1_000


def main() -> None:
    print(f"{'voices':>6} {'median ms':>10} {'p99 ms':>8} {'% of a core':>12}")
    figures: dict[str, float] = {}
    for voices in (1, 5, 10, 20):
        times, all_ms = part_times_ms(voices)
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        core = 100 * all_ms / (TICKS * BLOCK_SAMPLES / RATE_HZ * 1e3)
        print(f"{voices:>6} {median:>10.2f} {p99:>8.2f} {core:>12.2f}")
        figures |= {f"part_ms_{voices}": round(median, 2), f"core_pct_{voices}": round(core, 2)}
    print(json.dumps(figures))


def part_times_ms(voices: int) -> tuple[list[float], float]:
    """Speak for a while; give the time of each part, and of all ticks together."""
    noise = np.random.default_rng(1).integers(-900, 900, (voices, BLOCK_SAMPLES), np.int16)
    block = {f"seat{i}": noise[i] for i in range(voices)}
    times, total = [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        programme = Programme(
            ring=Ring(Path(folder) / "air"), on_air_at=datetime.now(UTC), delay_samples=RATE_HZ
        )
        for tick in range(TICKS):
            began = time.perf_counter()
            programme.write(tick * BLOCK_SAMPLES, block)
            aired = programme.advance((tick + 1) * BLOCK_SAMPLES)
            took_ms = (time.perf_counter() - began) * 1e3
            total += took_ms
            if aired:
                times.append(took_ms)
    return times, total


if __name__ == "__main__":
    main()
