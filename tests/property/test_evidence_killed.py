"""What seals and destroys is killed for real: nothing is lost, nothing happens twice."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from balai.database import Database
from balai.evidence import destroying, reading, sealing, stretches
from balai.evidence.destroying import Why
from balai.evidence.model import KeptRing, Sealed
from balai.evidence.sound import Window, unpack
from balai.ledger.model import LedgerEntry
from tests.evidence_house import OLGA, RATE_HZ, EvidenceHouse, evidence_house

SEALS = 40


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EvidenceHouse]:
    with evidence_house(tmp_path / "var") as house:
        yield house


def killed(work: Callable[[Callable[[], None]], None], delay_s: float) -> int:
    """Run work in a process, kill it at some moment; give how often it told of work done."""
    heard, told = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(told, b".")
            work(lambda: tell(told))
        finally:
            os._exit(0)  # never back into the test run
    os.close(told)
    os.read(heard, 1)
    time.sleep(delay_s)  # any moment will do: this is not waiting for something
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    done = 0
    while data := os.read(heard, 65_536):
        done += len(data)
    os.close(heard)
    return done


def tell(told: int) -> None:
    os.write(told, b".")


def seal_all(house: EvidenceHouse, room: str, told: Callable[[], None]) -> None:
    database = Database(house.settings.database_path)
    for number in range(SEALS):
        window = Window(room, number * RATE_HZ, (number + 2) * RATE_HZ)
        with database.transaction() as session:
            sealing.seal(session, house.store, window, why=f"flag:{number}")
        told()


@pytest.mark.parametrize("seed", range(8))
def test_what_was_sealed_stays_and_is_sealed_once(house: EvidenceHouse, seed: int) -> None:
    room = house.room()
    said = house.speak(room, "ada", to_s=SEALS + 20)
    house.database.close()
    delay_s = random.Random(seed).uniform(0, 0.3)
    done = killed(lambda told: seal_all(house, room, told), delay_s)
    with house.database.reading() as session:
        rows = list(session.scalars(select(Sealed)))
        entries = list(session.scalars(select(LedgerEntry.kind)))
    assert len(rows) in (done, done + 1)
    assert entries == ["evidence_sealed"] * len(rows)
    seal_all(house, room, lambda: None)
    with house.database.reading() as session:
        rows = list(session.scalars(select(Sealed)))
        assert len(list(session.scalars(select(LedgerEntry)))) == SEALS
    assert len(rows) == SEALS
    for row in rows:
        content = reading.read(
            house.database, house.store, row.id, by_person_id=OLGA, purpose="test"
        )
        window = sealing.window_of(row)
        whole = {place: data for place, data in said["ada"].items() if window.covers(place)}
        assert unpack(content).voices == {"ada": whole}
    for path in house.store.sealed.iterdir():
        os.utime(path, (0, 0))
    with house.database.reading() as session:
        sealing.sweep(session, house.store)
    assert {path.name for path in house.store.sealed.iterdir()} == {r.file_name for r in rows}


@pytest.mark.parametrize("seed", range(8))
def test_destruction_goes_on_where_it_was(house: EvidenceHouse, seed: int) -> None:
    rooms = [house.room() for _ in range(6)]
    for room in rooms:
        house.speak(room, "ada", to_s=30)
        house.seal(room, 25, 45)  # not complete: what there is is sealed before the end
    house.database.close()

    def destroy_all(told: Callable[[], None]) -> None:
        database = Database(house.settings.database_path)
        for room in rooms:
            destroying.destroy(database, house.store, room, why=Why.WINDOW_PASSED)
            told()

    killed(destroy_all, random.Random(seed).uniform(0, 0.1))
    destroy_all(lambda: None)
    assert list(house.store.keys.iterdir()) == []
    assert list(house.store.ring.iterdir()) == []
    with house.database.reading() as session:
        kinds = list(session.scalars(select(LedgerEntry.kind)))
        assert kinds.count("evidence_keys_destroyed") == len(rooms)
        assert kinds.count("evidence_completed") == len(rooms)
        assert {kept.stretches for kept in session.scalars(select(KeptRing))} == {3}
        assert {one.voiced_samples for one in session.scalars(select(Sealed))} == {5 * RATE_HZ}


@pytest.mark.parametrize("seed", range(8))
def test_what_was_completed_between_two_pieces_stays_and_the_others_follow(
    house: EvidenceHouse, seed: int
) -> None:
    room = house.room()
    said = house.speak(room, "ada", to_s=SEALS + 25)
    for number in range(SEALS):
        house.seal(room, number, SEALS + 24, why=f"report:{number}")
    house.database.close()

    def finish_all(told: Callable[[], None]) -> None:
        database = Database(house.settings.database_path)
        with database.reading() as session:
            ids = [one.id for one in sealing.pending(session)]
        for one in ids:
            with database.transaction() as session:
                sealing.finish(session, house.store, one, written_to=(SEALS + 25) * RATE_HZ)
            told()

    done = killed(finish_all, random.Random(seed).uniform(0, 0.3))
    with house.database.reading() as session:
        assert SEALS - len(sealing.pending(session)) in (done, done + 1)
    assert sealing.finish_room(house.database, house.store, room) in (
        SEALS - done,
        SEALS - done - 1,
    )
    with house.database.reading() as session:
        rows = list(session.scalars(select(Sealed)))
        kinds = list(session.scalars(select(LedgerEntry.kind)))
    assert (kinds.count("evidence_sealed"), kinds.count("evidence_completed")) == (SEALS, SEALS)
    for row in rows:
        content = reading.read(
            house.database, house.store, row.id, by_person_id=OLGA, purpose="test"
        )
        window = sealing.window_of(row)
        whole = {place: data for place, data in said["ada"].items() if window.covers(place)}
        assert unpack(content).voices == {"ada": whole}


@pytest.mark.parametrize("seed", range(6))
def test_what_a_killed_writer_wrote_can_be_sealed(house: EvidenceHouse, seed: int) -> None:
    room = house.room()

    def speak(told: Callable[[], None]) -> None:
        writer = stretches.StretchWriter(house.store, room)
        for position in range(0, 3600 * RATE_HZ, 24_000):
            writer.write("ada", position, [bytes([position % 251] * 90)] * 25)
            told()

    done = killed(speak, random.Random(seed).uniform(0, 0.05))
    sound = stretches.gather(house.store, Window(room, 0, 3600 * RATE_HZ))
    assert sound.damaged == set()
    assert len(sound.voices.get("ada", {})) in (done * 25, (done + 1) * 25)
