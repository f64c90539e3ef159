"""`make bench NAME=start`: how long a house takes to open, and what its processes cost.

A house that has its records is started, left alone for a moment and stopped. The time is until
it says that it is open; CPU and memory are those of each process once all of them have loaded.
"""

import asyncio
import json
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Final

import psutil

from rig.house import RunningHouse, start_house

STARTS: Final = 5
SETTLE_S: Final = 5.0
Cost = tuple[float, float]  # CPU seconds, MiB


def costs(house: RunningHouse) -> dict[str, Cost]:
    """Give what each process has cost so far."""
    supervisor = psutil.Process(house.process.pid)
    return {
        process.cmdline()[-1]: (
            sum(process.cpu_times()[:2]),
            process.memory_info().rss / 2**20,
        )
        for process in (supervisor, *supervisor.children())
    }


async def measure(folder: Path) -> dict[str, object]:
    """Start a house again and again; give medians."""
    await (await start_house(folder / "var")).stop()
    open_s: list[float] = []
    seen: dict[str, list[Cost]] = defaultdict(list)
    loop = asyncio.get_running_loop()
    for _ in range(STARTS):
        began = loop.time()
        house = await start_house(folder / "var")
        open_s.append(loop.time() - began)
        await asyncio.sleep(SETTLE_S)
        for role, cost in costs(house).items():
            seen[role].append(cost)
        await house.stop()
    roles = {
        role: {
            "cpu_s": round(statistics.median(cpu for cpu, _ in each), 2),
            "mib": round(statistics.median(mib for _, mib in each)),
        }
        for role, each in seen.items()
    }
    return {
        "open_s": round(statistics.median(open_s), 2),
        "cpu_s": round(sum(one["cpu_s"] for one in roles.values()), 2),
        "mib": sum(one["mib"] for one in roles.values()),
        "roles": roles,
    }


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
