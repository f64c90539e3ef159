"""`make bench NAME=stage`: what a speaker costs on stage, beside Janus with the same clients.

Prints CPU of the server's process alone, in percent of one core, for 2 to 20 speakers, all
talking or four. Goal: no dearer than Janus' AudioBridge at 20 speakers with 4 talking.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from benchmarks.janus import janus

SECONDS: Final = 6.0
ROOMS: Final = ((2, 2), (5, 5), (10, 10), (20, 20), (5, 4), (10, 4), (20, 4))
GOAL_ROOM: Final = (20, 4)
GOAL_RUNS: Final = 3  # of which the median counts: the machine may be busy with something else
JANUS_PORT: Final = 18_188
PACKETS_PER_S_MIN: Final = 45


@dataclass(frozen=True)
class Server:
    """A server under measurement."""

    name: str
    process: subprocess.Popen[str]
    where: str


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        balai(Path(folder)) as ours,
        janus(Path(folder), port=JANUS_PORT) as theirs,
    ):
        servers = [ours]
        if theirs is not None:
            servers.append(Server("janus", *theirs))
            await_janus(theirs[1])
        figures = measure(servers)
    print_table(figures)
    goal = {name: figures[name, *GOAL_ROOM] for name in {name for name, _, _ in figures}}
    ratio = round(goal["balai"] / goal["janus"], 2) if "janus" in goal else None
    shown = {
        "ratio_to_janus": ratio,
        "cpu_pct_per_speaker": round(goal["balai"] / GOAL_ROOM[0], 2),
        "cpu_pct": {f"{name} {n}/{k}": cpu for (name, n, k), cpu in sorted(figures.items())},
    }
    print(json.dumps(shown))


@contextmanager
def balai(folder: Path) -> Iterator[Server]:
    """Run the stage alone in a process while the block lasts."""
    socket = str(folder / "stage.sock")
    command = [sys.executable, "-m", "benchmarks.stage_server", socket]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line(process)
        yield Server("balai", process, socket)
    finally:
        process.terminate()
        process.wait(timeout=10)


def measure(servers: list[Server]) -> dict[tuple[str, int, int], float]:
    """Measure every room on every server, one after the other."""
    figures: dict[tuple[str, int, int], float] = {}
    for speakers, talking in ROOMS:
        runs = GOAL_RUNS if (speakers, talking) == GOAL_ROOM else 1
        measured: dict[str, list[float]] = {server.name: [] for server in servers}
        for _ in range(runs):
            for server in servers:
                measured[server.name].append(cpu_pct(server, speakers, talking))
        for name, runs_pct in measured.items():
            figures[name, speakers, talking] = sorted(runs_pct)[len(runs_pct) // 2]
    return figures


def cpu_pct(server: Server, speakers: int, talking: int) -> float:
    """Let clients talk for some seconds; give the server's CPU in percent of one core."""
    clients = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.webrtc_clients", server.where]
        + [str(number) for number in (speakers, talking, SECONDS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    process = psutil.Process(server.process.pid)
    line(clients)
    before = process.cpu_times()
    came = json.loads(line(clients))
    after = process.cpu_times()
    clients.wait(timeout=30)
    if min(came["packets_per_s"]) < PACKETS_PER_S_MIN:
        sys.exit(f"{server.name}: a speaker heard too little: {came['packets_per_s']}")
    if server.name == "balai":
        told = json.loads(line(server.process))
        print(f"{speakers:3} speakers, {talking:2} talking: {told}", file=sys.stderr)
    return round((after.user + after.system - before.user - before.system) / SECONDS * 100, 1)


def line(process: subprocess.Popen[str]) -> str:
    """Read a line of what a process says; end here when it has ended."""
    assert process.stdout is not None
    said = process.stdout.readline()
    if not said:
        sys.exit(f"{process.args!r} ended")
    return said


def await_janus(address: str) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport, timeout=10) as client:
        client.get(f"{address}/info").raise_for_status()


def print_table(figures: dict[tuple[str, int, int], float]) -> None:
    names = sorted({name for name, _, _ in figures})
    print(
        "% of one core     " + "".join(f"{name:>10}" for name in names) + "  ours per speaker"
    )
    for speakers, talking in ROOMS:
        row = [figures[name, speakers, talking] for name in names]
        ours = figures["balai", speakers, talking] / speakers
        head = f"{speakers:3} ({talking:2} talking)  "
        print(head + "".join(f"{pct:10.1f}" for pct in row) + f"{ours:18.2f}")


if __name__ == "__main__":
    main()
