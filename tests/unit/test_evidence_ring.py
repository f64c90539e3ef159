"""The ring on air: voices at their samples, and what a worker does by itself."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.audio.opus import Decoder
from balai.broadcast import evidence_care, evidence_ring
from balai.broadcast.evidence_care import EvidenceCare
from balai.broadcast.evidence_ring import EvidenceRing
from balai.clock import now
from balai.database import Database
from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.evidence import keys, sealing, stretches
from balai.evidence.model import KeptRing, Sealed
from balai.evidence.sound import Window
from balai.ids import new_id
from balai.ledger.model import LedgerEntry
from balai.rooms.model import Flag, FlagStage, Role, Room, RoomState, Seat, SeatState
from tests.evidence_house import OLGA, RATE_HZ, EvidenceHouse, evidence_house, hiss

if TYPE_CHECKING:
    from balai.broadcast.studio import Studio


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no busy machine decide how much is written: a house on air would go on without it."""
    monkeypatch.setattr(evidence_ring, "STOP_S_MAX", 60.0)
    monkeypatch.setattr(evidence_care, "WRITTEN_S_MAX", 60.0)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EvidenceHouse]:
    with evidence_house(tmp_path / "var", evidence_s=30) as house:
        yield house


def chunk(room: str, seat: str, number: int, *, silent: bool = False) -> Chunk:
    pcm = hiss(CHUNK_SAMPLES, number)
    return Chunk(room, seat, number * CHUNK_SAMPLES, pcm * (not silent))


def write(house: EvidenceHouse, *chunks: Chunk, rooms: set[str]) -> EvidenceRing:
    ring = EvidenceRing(house.store)
    for room in rooms:
        ring.begin(room)
    ring.start()
    for one in chunks:
        ring.give(one)
    ring.stop()
    return ring


def test_voices_are_kept_at_their_samples(house: EvidenceHouse) -> None:
    room = house.room()
    chunks = [chunk(room, seat, number) for number in range(44) for seat in ("ada", "ben")]
    ring = write(house, *chunks, rooms={room})
    assert (ring.dropped, ring.given, ring.done) == (0, 88, 88)
    assert stretches.numbers(house.store, room) == [0, 1, 2]
    sound = stretches.gather(house.store, Window(room, 0, 22 * RATE_HZ))
    assert sorted(sound.voices) == ["ada", "ben"]
    assert list(sound.voices["ada"]) == list(range(0, 22 * RATE_HZ, 960))
    decoder, out = Decoder(), np.zeros(960, np.int16)
    heard = []
    for packet in sound.voices["ada"].values():
        decoder.decode(packet, out)
        heard.append(out.copy())
    assert np.concatenate(heard).std() == pytest.approx(3000, rel=0.25)


def test_silence_and_other_rooms_are_not_kept(house: EvidenceHouse) -> None:
    room, other = house.room(), house.room()
    chunks = [chunk(room, "ada", 0, silent=True), chunk(other, "ada", 0)]
    ring = write(house, *chunks, rooms={room})
    assert ring.given == 1
    assert stretches.numbers(house.store, room) == stretches.numbers(house.store, other) == []


def test_when_the_disk_is_slow_the_oldest_goes(
    house: EvidenceHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_ring, "INBOX_MAX", 3)
    room = house.room()
    ring = EvidenceRing(house.store)
    ring.begin(room)
    for number in range(10):
        ring.give(chunk(room, "ada", number))
    ring.start()
    ring.stop()
    assert (ring.dropped, ring.given, ring.done) == (7, 10, 10)
    sound = stretches.gather(house.store, Window(room, 0, 10 * RATE_HZ))
    assert next(iter(sound.voices["ada"])) == 7 * CHUNK_SAMPLES


def test_a_stretch_that_the_disk_refuses_is_lost_and_counted(house: EvidenceHouse) -> None:
    room = house.room()
    blocked = house.store.ring / room
    blocked.write_bytes(b"in the way")
    ring = EvidenceRing(house.store)
    ring.begin(room)
    ring.start()
    ring.give(chunk(room, "ada", 0))
    while ring.done < 1:
        time.sleep(0.01)
    blocked.unlink()
    for number in range(18, 24):
        ring.give(chunk(room, "ada", number))
    ring.stop()
    assert (ring.dropped, ring.done) == (1, 7)
    assert stretches.numbers(house.store, room) == [0, 1]


# ── what a worker does by itself ─────────────────────────────────────────────────────────────


class Worker:
    """A worker's rooms as evidence sees them."""

    def __init__(self, house: EvidenceHouse) -> None:
        self.house = house
        self.rooms: dict[str, Any] = {}

        async def insist(act: Callable[[], Any]) -> Any:
            return act()

        studio = SimpleNamespace(
            settings=house.settings,
            database=house.database,
            records=SimpleNamespace(insist=insist),
            rooms=self.rooms,
        )
        self.care = EvidenceCare(cast("Studio", studio))

    def begin(self, room: str) -> None:
        self.care.start()
        self.rooms[room] = SimpleNamespace(position=0)
        asyncio.run(self.care.begin(room))

    def speak(self, room: str, seat: str, *, to_s: float) -> None:
        begin = self.rooms[room].position // CHUNK_SAMPLES
        for number in range(begin, round(to_s * RATE_HZ) // CHUNK_SAMPLES):
            self.care.give(chunk(room, seat, number))
        self.rooms[room].position = round(to_s * RATE_HZ)
        self.look()

    def look(self) -> None:
        async def once() -> None:
            await self.care._look(await self.care._written())

        asyncio.run(once())


@pytest.fixture
def worker(house: EvidenceHouse) -> Worker:
    return Worker(house)


def flag(house: EvidenceHouse, room: str, from_s: float, to_s: float) -> tuple[str, str]:
    """Raise a flag of a new seat; give both."""
    seat_id, flag_id = new_id(), new_id()
    with house.database.transaction() as session:
        session.add(
            Seat(
                id=seat_id,
                room_id=room,
                person_id=OLGA,
                role=Role.HOST,
                state=SeatState.ON_STAGE,
            )
        )
        session.flush()
        session.add(
            Flag(
                id=flag_id, room_id=room, seat_id=seat_id, title="t", category="",
                list_name="l", stage=FlagStage.CONFIRMED, from_position=round(from_s * RATE_HZ),
                to_position=round(to_s * RATE_HZ), detector="d", at=now(),
            )
        )  # fmt: skip
    return flag_id, seat_id


def sealed_of(house: EvidenceHouse, flag_id: str) -> Sealed:
    with house.database.reading() as session:
        return session.scalars(select(Sealed).where(Sealed.why == f"flag:{flag_id}")).one()


def test_a_flag_seals_its_window_and_grows_with_it(
    house: EvidenceHouse, worker: Worker
) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    flag_id, seat = flag(house, room, 18, 20)
    worker.speak(room, seat, to_s=21)
    sealed = sealed_of(house, flag_id)
    assert sealing.window_of(sealed) == Window(
        room, 3 * RATE_HZ, 35 * RATE_HZ, frozenset({seat})
    )
    assert sealed.completed_at is None
    with house.database.transaction() as session:
        session.get_one(Flag, flag_id).to_position = 24 * RATE_HZ
    worker.speak(room, seat, to_s=38)
    worker.speak(room, seat, to_s=45)
    sealed = sealed_of(house, flag_id)
    assert sealed.to_position == 39 * RATE_HZ
    assert sealed.completed_at is not None
    assert sealed.voiced_samples // 960 in (36 * 50, 36 * 50 + 1)
    before = sealed.generation
    worker.look()
    assert sealed_of(house, flag_id).generation == before


def test_each_piece_has_its_turn_and_a_look_has_an_end(
    house: EvidenceHouse, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence_care, "PIECES_MAX", 3)
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=12)
    for number in range(7):
        house.seal(room, 1, 18, why=f"report:{number}")
    turns, left = list[int](), list[int]()
    transaction = Database.transaction

    @contextlib.contextmanager
    def counted(self: Database) -> Iterator[Session]:
        turns.append(1)
        with transaction(self) as session:
            yield session

    monkeypatch.setattr(Database, "transaction", counted)
    worker.speak(room, "ada", to_s=30)
    for _ in range(3):
        with house.database.reading() as session:
            left.append(len(sealing.pending(session)))
        worker.look()
    assert (left, len(turns)) == ([4, 1, 0], 7)


def test_the_ring_is_not_longer_than_told(house: EvidenceHouse, worker: Worker) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=75)
    assert stretches.numbers(house.store, room) == [5, 6, 7]
    assert keys.numbers_with_key(house.store, room) == [5, 6, 7]


def test_keys_go_when_nobody_can_report_any_more(house: EvidenceHouse, worker: Worker) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=12)
    worker.rooms.clear()
    worker.care.forget(room)
    house.end(room, ago=timedelta(seconds=1799))
    worker.look()
    assert keys.numbers_with_key(house.store, room) == [0, 1]
    house.end(room, ago=timedelta(seconds=1801))
    worker.look()
    worker.look()
    assert keys.numbers_with_key(house.store, room) == []
    with house.database.reading() as session:
        (entry,) = session.scalars(select(LedgerEntry))
        assert b'"why":"window_passed"' in (entry.record_bytes or b"")
        assert session.get_one(KeptRing, room).destroyed_at is not None


def test_lost_keys_are_told_at_once(house: EvidenceHouse, worker: Worker) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=12)
    worker.rooms.clear()
    house.end(room)
    for path in (house.store.keys / room).iterdir():
        path.unlink()  # as when the machine is started again
    worker.look()
    with house.database.reading() as session:
        (entry,) = session.scalars(select(LedgerEntry))
        assert b'"why":"keys_lost"' in (entry.record_bytes or b"")
    assert not (house.store.ring / room).exists()


def test_a_room_that_never_went_live_leaves_nothing(
    house: EvidenceHouse, worker: Worker
) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=3)
    worker.rooms.clear()
    with house.database.transaction() as session:
        session.get_one(Room, room).state = RoomState.DRAFT
    worker.look()
    assert keys.numbers_with_key(house.store, room) == []


def test_what_has_expired_goes_by_itself(house: EvidenceHouse, worker: Worker) -> None:
    room = house.room(kept=False)
    worker.begin(room)
    worker.speak(room, "ada", to_s=12)
    sealed = house.seal(room, 1, 2)
    with house.database.transaction() as session:
        session.get_one(Sealed, sealed.id).expires_at = now()
    worker.look()
    with house.database.reading() as session:
        assert session.get_one(Sealed, sealed.id).destroyed_at is not None


def test_a_house_that_keeps_nothing_keeps_nothing(tmp_path: Path) -> None:
    with evidence_house(tmp_path / "var", evidence_s=0) as house:
        worker = Worker(house)
        room = house.room(kept=False)
        worker.begin(room)
        worker.speak(room, "ada", to_s=12)
        assert stretches.numbers(house.store, room) == []
        assert evidence_care.FLAG_MARGIN_S == 15
