"""A house's evidence for tests: records and folders on the disk, keys in memory."""

import atexit
import contextlib
import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from balai.audio.blocks import BLOCK_SAMPLES, Pcm
from balai.audio.opus import Encoder
from balai.clock import now
from balai.database import Database, open_database
from balai.evidence import destroying, sealing
from balai.evidence.model import Sealed
from balai.evidence.sound import Window
from balai.evidence.store import Store, make_folders, store_of
from balai.evidence.stretches import StretchWriter
from balai.ids import new_id
from balai.people.model import Person
from balai.rooms.model import Openness, Room, RoomState
from balai.settings import Settings

RATE_HZ = 48_000
CHUNK = 24_000
OLGA = "olga00000000"


def packets_of(pcm: Pcm) -> list[bytes]:
    """Encode sound as the ring does."""
    encoder = Encoder(bitrate=32_000, complexity=4, loss_percent=0)
    return [encoder.encode(block) for block in pcm.reshape(-1, BLOCK_SAMPLES)]


def hiss(samples: int, seed: int = 1) -> Pcm:
    noise = np.random.default_rng(seed).standard_normal(samples)
    return (noise * 3000).astype(np.int16)


@dataclass
class EvidenceHouse:
    """Records, folders and one operator."""

    settings: Settings
    database: Database
    store: Store

    def room(self, *, state: RoomState = RoomState.LIVE, kept: bool = True) -> str:
        """Make a room of the operator's whose sound is kept."""
        room_id = new_id()
        with self.database.transaction() as session:
            session.add(
                Room(
                    id=room_id, title="Evening", description="", language="en",
                    openness=Openness.OPEN, state=state, delay_s=4.0, recording=False,
                    air_token=new_id() + new_id(), host_id=OLGA, created_at=now(),
                    ended_at=now() if state is RoomState.ENDED else None,
                )
            )  # fmt: skip
            if kept:
                destroying.begin(session, self.store, room_id)
        return room_id

    def end(self, room_id: str, *, ago: timedelta = timedelta(0)) -> None:
        with self.database.transaction() as session:
            room = session.get_one(Room, room_id)
            room.state, room.ended_at = RoomState.ENDED, now() - ago

    def speak(
        self, room_id: str, *seats: str, from_s: float = 0, to_s: float, writer: Any = None
    ) -> dict[str, dict[int, bytes]]:
        """Let voices be kept in the ring; give the packets by seat and place."""
        own = writer or StretchWriter(self.store, room_id)
        told: dict[str, dict[int, bytes]] = {seat: {} for seat in seats}
        begin = round(from_s * RATE_HZ)
        for position in range(begin, round(to_s * RATE_HZ), CHUNK):
            for seat in seats:
                packets = [os.urandom(20) for _ in range(CHUNK // BLOCK_SAMPLES)]
                own.write(seat, position, packets)
                for at, packet in enumerate(packets):
                    told[seat][position + at * BLOCK_SAMPLES] = packet
        if writer is None:
            own.close()
        return told

    def seal(
        self, room_id: str, from_s: float, to_s: float, *seats: str, why: str = "flag:one"
    ) -> Sealed:
        window = Window(
            room_id, round(from_s * RATE_HZ), round(to_s * RATE_HZ), frozenset(seats) or None
        )
        with self.database.transaction() as session:
            return sealing.seal(session, self.store, window, why=why)


@functools.cache
def _empty() -> Path:
    """Give records that were brought up to date once for all tests."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings = Settings(data=folder)
    open_database(settings).close()
    return settings.database_path


@contextlib.contextmanager
def evidence_house(folder: Path, **chosen: Any) -> Iterator[EvidenceHouse]:
    """Open an empty house with its operator."""
    memory = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="balai-test-"))
    try:
        settings = Settings(data=folder, evidence_keys=memory, **chosen)
        store = store_of(settings)
        make_folders(store)
        shutil.copy(_empty(), settings.database_path)
        database = open_database(settings)
        with database.transaction() as session:
            session.add(
                Person(
                    id=OLGA,
                    handle="olga",
                    display_name="Olga",
                    is_operator=True,
                    created_at=now(),
                )
            )
        yield EvidenceHouse(settings, database, store)
        database.close()
    finally:
        shutil.rmtree(memory)
