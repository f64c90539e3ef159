"""Sound on air is kept encrypted; a flag seals its window; the rest is destroyed in time."""

import asyncio
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import av
import numpy as np
import pytest
from sqlalchemy import select

from balai.clock import now
from balai.database import Database
from balai.evidence import keys, reading, stretches
from balai.evidence.model import Sealed
from balai.evidence.ogg import ogg_opus
from balai.evidence.sound import RATE_HZ, unpack
from balai.evidence.store import store_of
from balai.ids import new_id
from balai.ledger.model import LedgerEntry
from balai.people.model import Person as PersonRow
from balai.rooms.model import Flag, FlagStage, Seat
from balai.settings import Settings
from rig.chirps import Sound, find, render, sequence
from rig.house import Person, start_house
from rig.speaker import Speaker, encode

pytestmark = pytest.mark.alone

WINDOW_S: Final = 4


@pytest.fixture
def memory() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm", prefix="balai-test-"))
    yield folder
    shutil.rmtree(folder)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(40):
        while not is_so():
            await asyncio.sleep(0.2)


def raise_flag(database: Database, room_id: str, *, to_s: float) -> str:
    """Raise a flag of the only voice in the room, as a detector's would be."""
    flag_id = new_id()
    with database.transaction() as session:
        seat_id = session.scalars(select(Seat.id).where(Seat.room_id == room_id)).one()
        session.add(
            Flag(
                id=flag_id, room_id=room_id, seat_id=seat_id, title="t", category="",
                list_name="l", stage=FlagStage.CONFIRMED, from_position=0,
                to_position=round(to_s * RATE_HZ), detector="test", at=now(),
            )
        )  # fmt: skip
    return flag_id


def sealed_of(database: Database, flag_id: str) -> Sealed | None:
    with database.reading() as session:
        return session.scalars(select(Sealed).where(Sealed.why == f"flag:{flag_id}")).first()


def kinds(database: Database) -> list[str]:
    with database.reading() as session:
        entries = session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.index))
        return [kind for kind in entries if kind.startswith("evidence_")]


def heard(data: bytes) -> Sound:
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.asarray(np.concatenate(frames, axis=1)[0], np.float32)


def in_threes(symbols: list[int]) -> list[tuple[int, ...]]:
    return list(zip(symbols, symbols[1:], symbols[2:], strict=False))


async def test_from_the_air_to_the_seal_and_to_nothing(tmp_path: Path, memory: Path) -> None:
    settings = Settings(data=tmp_path / "var", evidence_keys=memory)
    store = store_of(settings)
    environment = {
        "BALAI_EVIDENCE_KEYS": str(memory),
        "BALAI_REPORT_WINDOW_S": str(WINDOW_S),
        "BALAI_WORDS_PROCESSES": "0",
    }
    house = await start_house(settings.data, environment=environment)
    host = Person(house.url)
    await host.become_operator(house.operator_link)
    room_id = await host.open_room(delay_s=1.0)
    speaker = Speaker(encode(render(sequence(60))))
    await speaker.go_on_stage(host, room_id)
    database = Database(settings.database_path)
    await until(lambda: bool(stretches.numbers(store, room_id)))
    await asyncio.sleep(5)
    flag_id = raise_flag(database, room_id, to_s=1)
    await until(lambda: sealed_of(database, flag_id) is not None)
    await house.kill()  # the window is not complete, and more was said since
    await speaker.vanish()
    await host.close()

    house = await start_house(settings.data, environment=environment)
    await until(lambda: "evidence_keys_destroyed" in kinds(database))
    await house.stop()
    assert kinds(database) == [
        "evidence_sealed", "evidence_completed", "evidence_keys_destroyed",
    ]  # fmt: skip
    assert keys.numbers_with_key(store, room_id) == []
    assert not (store.ring / room_id).exists()
    sealed = sealed_of(database, flag_id)
    assert sealed is not None
    with database.reading() as session:
        olga = session.scalars(select(PersonRow.id)).one()
    content = reading.read(database, store, sealed.id, by_person_id=olga, purpose="test")
    sound = unpack(content)
    (packets,) = sound.voices.values()
    assert sound.damaged == set()
    symbols = [one.symbol for one in find(heard(ogg_opus(sound.window, packets)), RATE_HZ)]
    said, triples = set(in_threes(sequence(60))), in_threes(symbols)
    assert len(triples) >= 6  # five seconds were said for sure
    assert sum(three in said for three in triples) > 0.8 * len(triples)
    assert kinds(database)[-1] == "evidence_read"
    database.close()
