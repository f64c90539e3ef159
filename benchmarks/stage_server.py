"""The stage alone in a process: `python -m benchmarks.stage_server SOCKET` serves offers there.

Each connection to the socket opens a stage; each line is one seat's offer.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

import uvloop

from balai.broadcast.mixer import MixerClock, News
from balai.stage.embedded import EmbeddedEngine
from balai.stage.engine import Stage


class Room:
    """Ticks a stage and throws away what it hears."""

    def __init__(self, room_id: str, stage: Stage) -> None:
        self.room_id = room_id
        self._stage = stage

    def tick(self, *, skipped: int) -> Sequence[News]:  # noqa: ARG002 - silence is silence
        self._stage.tick()
        return ()


async def serve(path: str) -> None:
    engine = EmbeddedEngine(stages_max=1)
    clock = MixerClock(lambda _: None)
    clock.start()

    async def stage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened = await engine.open("room", tell=lambda _: None)
        await clock.add(Room("room", opened))
        while line := await reader.readline():
            asked = json.loads(line)
            answer = await opened.connect(asked["seat"], asked["offer"])
            writer.write(json.dumps(answer).encode() + b"\n")
        await clock.remove("room")
        await opened.close()
        told = {"late_ticks": clock.counts.late, **asdict(opened.counters)}
        print(json.dumps(told), flush=True)

    server = await asyncio.start_unix_server(stage, path, limit=2**20)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
