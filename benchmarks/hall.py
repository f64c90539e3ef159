"""How many listeners one core of hall workers carries, beside nginx and icecast2.

CPU per request comes from the server's own processes in /proc while another process asks. Then

    listeners per core = 0.70 s of CPU / (CPU of a request x requests of a listener per second)

A plain listener asks for one playlist and one segment per 1.024 s; a low-latency listener for
one blocking playlist (gzip) and one part per 256 ms. Requests carry a browser's header fields.
All servers run one worker and take turns on one ring, which a room publishes into meanwhile.
"""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.hall_servers import PART_S, TOKEN, OnAir, Server, icecast, nginx, our_hall

CORE_SHARE = 0.70
PLAIN_REQUESTS_PER_S = 2 / 1.024
PARTS_REQUESTS_PER_S = 2 / PART_S
ROUNDS, ROUND_S = 3, 4
PLAYERS, PLAYERS_S = 1_000, 10
STREAM_LISTENERS, STREAM_S = 2_000, 10
_LUA = """
local paths = {{ {paths} }}
local at = 0
wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140"
wrk.headers["Accept"] = "*/*"
wrk.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"
wrk.headers["Accept-Language"] = "en-US,en;q=0.9"
wrk.headers["Origin"] = "http://127.0.0.1:8000"
wrk.headers["Referer"] = "http://127.0.0.1:8000/"
wrk.headers["Sec-Fetch-Mode"] = "cors"
wrk.headers["Sec-Fetch-Site"] = "same-site"
wrk.headers["Sec-Fetch-Dest"] = "empty"
request = function()
  at = at + 1
  if at % 2 == 0 then return wrk.format("GET", "/hall/{token}/live.m3u8") end
  return wrk.format("GET", paths[(math.floor(at / 2) % #paths) + 1])
end
done = function(summary)
  local e = summary.errors
  local failed = e.status + e.connect + e.read + e.write + e.timeout
  io.write("COUNT " .. summary.requests .. " " .. failed .. "\\n")
end
"""


def plain_cpu_us(server: Server, script: Path) -> float:
    """Give the CPU time of one plain request in microseconds."""
    before = server.cpu_s()
    command = ["wrk", "-t1", "-c64", f"-d{ROUND_S}s", "-s", str(script), server.url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("COUNT"))
    requests, errors = map(int, line.split()[1:])
    if errors:
        raise SystemExit(f"{errors} of {requests} requests failed")
    return (server.cpu_s() - before) / requests * 1e6


def load(kind: str, url: str, count: int, seconds: int, server: Server) -> tuple[float, float]:
    """Let listeners play; gives the server's CPU share and what they got, both per second."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.hall_load",
        kind,
        url,
        str(count),
        str(seconds),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listeners:
        assert listeners.stdout is not None
        assert listeners.stdout.readline() == "READY\n"
        before = server.cpu_s()
        result = json.loads(listeners.stdout.readline())
        share = (server.cpu_s() - before) / result["seconds"]
    if result["errors"]:
        raise SystemExit(f"{result['errors']} listeners failed")
    per_s = result["received_bytes" if kind == "stream" else "answers"] / result["seconds"]
    return share, per_s


def best(values: list[float]) -> float:
    """Take the median round: the machine's other work comes and goes."""
    return sorted(values)[len(values) // 2]


def measure_plain(data: Path, work: Path, on_air: OnAir) -> dict[str, float]:
    script = work / "plain.lua"
    paths = ", ".join(f'"/hall/{TOKEN}/{name}"' for name in on_air.segments())
    script.write_text(_LUA.format(paths=paths, token=TOKEN))
    with our_hall(data) as ours, nginx(data, work) as theirs:
        rounds: dict[str, list[float]] = {
            name: [] for name, server in {"hall": ours, "nginx": theirs}.items() if server
        }
        for _ in range(ROUNDS):  # in turns, so that both meet the same machine
            rounds["hall"].append(plain_cpu_us(ours, script))
            if theirs:
                rounds["nginx"].append(plain_cpu_us(theirs, script))
    return {name: best(values) for name, values in rounds.items()}


def measure_parts(data: Path) -> float:
    with our_hall(data) as ours:
        share, answers = load("parts", f"{ours.url}/hall/{TOKEN}", PLAYERS, PLAYERS_S, ours)
    asked = PLAYERS * PARTS_REQUESTS_PER_S
    if answers < 0.97 * asked:
        raise SystemExit(f"players fell behind: {answers:.0f} of {asked:.0f} requests a second")
    return share / answers * 1e6


def measure_icecast(work: Path) -> float | None:
    with icecast(work) as server:
        if server is None:
            return None
        url = f"{server.url}/live"
        share, _ = load("stream", url, STREAM_LISTENERS, STREAM_S, server)
    return CORE_SHARE / (share / STREAM_LISTENERS)


def main() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as name:
        data, work = Path(name) / "var", Path(name) / "work"
        work.mkdir()
        on_air = OnAir(data)
        on_air.start()
        plain_us = measure_plain(data, work, on_air)
        parts_us = measure_parts(data)
        on_air.stop()
        Path(name).chmod(0o755)
        icecast_listeners = measure_icecast(work)
    report(plain_us, parts_us, icecast_listeners)


def report(
    plain_us: dict[str, float], parts_us: float, icecast_listeners: float | None
) -> None:
    plain = {k: CORE_SHARE * 1e6 / us / PLAIN_REQUESTS_PER_S for k, us in plain_us.items()}
    parts = CORE_SHARE * 1e6 / parts_us / PARTS_REQUESTS_PER_S
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'server':28}{'CPU us/request':>15}{'requests/CPU-s':>16}{'listeners/core':>16}")
    rows = [(f"{name}, plain", us, plain[name]) for name, us in plain_us.items()]
    for name, us, listeners in [*rows, ("hall, low latency", parts_us, parts)]:
        print(f"{name:28}{us:>15.1f}{1e6 / us:>16,.0f}{listeners:>16,.0f}")
    if icecast_listeners:
        print(f"{'icecast2, one 64 kbit/s':28}{'-':>15}{'-':>16}{icecast_listeners:>16,.0f}")
    nginx_listeners = plain.get("nginx")
    print(
        json.dumps(
            {
                "plain_listeners_per_core": round(plain["hall"]),
                "ll_listeners_per_core": round(parts),
                "plain_requests_per_cpu_s": round(1e6 / plain_us["hall"]),
                "ll_requests_per_cpu_s": round(1e6 / parts_us),
                "nginx_listeners_per_core": nginx_listeners and round(nginx_listeners),
                "icecast_listeners_per_core": icecast_listeners and round(icecast_listeners),
                "ratio_to_nginx": nginx_listeners and round(plain["hall"] / nginx_listeners, 3),
                "ratio_to_icecast": icecast_listeners
                and round(plain["hall"] / icecast_listeners, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
