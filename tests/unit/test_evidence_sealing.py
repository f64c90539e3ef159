"""Sealing takes exactly a window, once; reading it needs a purpose and leaves a trace."""

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.evidence import custody, destroying, keeping, keys, reading, sealing, stretches
from balai.evidence.destroying import Why
from balai.evidence.errors import (
    EvidenceDestroyed,
    KeysForeign,
    KeysNotInMemory,
    NotOnHold,
    PurposeMissing,
    SealBroken,
    SealedMissing,
    SoundGone,
    VaultKeyBroken,
    WindowInvalid,
)
from balai.evidence.model import Handling, KeptRing, Sealed
from balai.evidence.sound import Window, unpack
from balai.evidence.store import make_folders, store_of
from balai.ledger.model import LedgerEntry
from balai.settings import Settings
from tests.evidence_house import OLGA, RATE_HZ, EvidenceHouse, evidence_house

PURPOSE = "case 12"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EvidenceHouse]:
    with evidence_house(tmp_path / "var") as house:
        yield house


def kinds(house: EvidenceHouse) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.index)))


def read(house: EvidenceHouse, sealed: Sealed, purpose: str = PURPOSE) -> bytes:
    return reading.read(
        house.database, house.store, sealed.id, by_person_id=OLGA, purpose=purpose
    )


def fresh(house: EvidenceHouse, sealed: Sealed) -> Sealed:
    with house.database.reading() as session:
        return session.get_one(Sealed, sealed.id)


def finished(session: Session, house: EvidenceHouse, sealed: Sealed, *, to_s: int) -> bool:
    return sealing.finish(session, house.store, sealed.id, written_to=to_s * RATE_HZ)


def test_exactly_the_window_is_sealed(house: EvidenceHouse) -> None:
    room = house.room()
    said = house.speak(room, "ada", "ben", to_s=40)
    sealed = house.seal(room, 8, 21, "ada")
    window = Window(room, 8 * RATE_HZ, 21 * RATE_HZ, frozenset({"ada"}))
    sound = unpack(read(house, sealed))
    assert sound.window == window
    assert sound.voices == {"ada": {p: d for p, d in said["ada"].items() if window.covers(p)}}
    assert sealed.voiced_samples == sum(map(len, sound.voices.values())) * 960
    assert 13 * RATE_HZ <= sealed.voiced_samples <= 13 * RATE_HZ + 2 * 960
    assert sealed.completed_at is not None


def test_without_seats_all_voices_are_sealed(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", "ben", to_s=20)
    assert sorted(unpack(read(house, house.seal(room, 1, 2))).voices) == ["ada", "ben"]


def test_for_one_thing_it_is_sealed_once(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=40)
    sealed = house.seal(room, 8, 21, "ada")
    again = house.seal(room, 9, 20, "ada")
    assert (again.id, again.generation) == (sealed.id, 1)
    assert kinds(house) == ["evidence_sealed"]
    assert len(list(house.store.sealed.iterdir())) == 1
    assert house.seal(room, 8, 21, "ada", why="report:x").id != sealed.id


def test_a_window_that_grows_keeps_what_the_ring_has_lost(house: EvidenceHouse) -> None:
    room = house.room()
    said = house.speak(room, "ada", to_s=40)
    house.seal(room, 2, 12, "ada")
    stretches.trim(house.store, room, 15 * RATE_HZ)
    sealed = house.seal(room, 2, 25, "ada")
    places = unpack(read(house, sealed)).voices["ada"]
    lost = range(12 * RATE_HZ + 960, 20 * RATE_HZ)
    window = Window(room, 2 * RATE_HZ, 25 * RATE_HZ)
    expected = {p for p in said["ada"] if window.covers(p) and p not in lost}
    assert set(places) == expected
    assert sealed.generation == 2
    assert kinds(house)[:2] == ["evidence_sealed", "evidence_completed"]


def test_what_is_still_to_be_spoken_follows(house: EvidenceHouse) -> None:
    room = house.room()
    writer = stretches.StretchWriter(house.store, room)
    said = house.speak(room, "ada", to_s=12.5, writer=writer)
    sealed = house.seal(room, 5, 20)
    assert sealed.completed_at is None
    with house.database.transaction() as session:
        assert finished(session, house, sealed, to_s=14) is False
    said["ada"] |= house.speak(room, "ada", from_s=12.5, to_s=30, writer=writer)["ada"]
    with house.database.transaction() as session:
        assert finished(session, house, sealed, to_s=30) is True
        assert finished(session, house, sealed, to_s=30) is False
    sealed = fresh(house, sealed)
    window = sealing.window_of(sealed)
    whole = {p: d for p, d in said["ada"].items() if window.covers(p)}
    assert unpack(read(house, sealed)).voices == {"ada": whole}
    assert sealed.completed_at is not None


def test_a_room_that_is_over_completes_with_what_there_is(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    house.seal(room, 2, 30)
    other = house.room()
    house.speak(other, "ada", to_s=6)
    house.seal(other, 2, 30)
    assert sealing.finish_room(house.database, house.store, room) == 1
    assert sealing.finish_room(house.database, house.store, room) == 0
    with house.database.reading() as session:
        assert [one.room_id for one in sealing.pending(session)] == [other]


def test_silence_is_sealed_as_silence(house: EvidenceHouse) -> None:
    sealed = house.seal(house.room(), 2, 30)
    assert (sealed.voiced_samples, unpack(read(house, sealed)).voices) == (0, {})


@pytest.mark.parametrize("begin_and_end", [(5, 5), (6, 5), (-1, 5), (0, 1801)])
def test_a_window_has_a_length(house: EvidenceHouse, begin_and_end: tuple[int, int]) -> None:
    with pytest.raises(WindowInvalid):
        house.seal(house.room(), *begin_and_end)


def test_nothing_is_sealed_of_a_room_that_keeps_nothing(house: EvidenceHouse) -> None:
    with pytest.raises(SoundGone):
        house.seal(house.room(kept=False), 1, 2)
    room = house.room()
    house.speak(room, "ada", to_s=6)
    destroying.destroy(house.database, house.store, room, why=Why.WINDOW_PASSED)
    with pytest.raises(SoundGone):
        house.seal(room, 1, 2)


def test_reading_needs_a_purpose_and_is_written_first(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    sealed = house.seal(room, 1, 2)
    with pytest.raises(PurposeMissing):
        read(house, sealed, "  \n ")
    assert kinds(house) == ["evidence_sealed"]
    (house.store.sealed / sealed.file_name).unlink()
    with pytest.raises(SealBroken):
        read(house, sealed)
    assert kinds(house) == ["evidence_sealed", "evidence_read"]  # the attempt is on record
    with house.database.reading() as session:
        log = custody.of(session, sealed.id)
        assert [(one.what, one.by_person_id, one.purpose) for one in log] == [
            (Handling.SEALED, None, ""),
            (Handling.READ, OLGA, PURPOSE),
        ]
        assert [one.ledger_index for one in log] == [0, 1]
    with pytest.raises(SealedMissing):
        reading.read(house.database, house.store, "none", by_person_id=OLGA, purpose="x")


def test_any_changed_byte_breaks_the_seal(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=1)
    sealed = house.seal(room, 0.1, 0.2)
    path = house.store.sealed / sealed.file_name
    whole = path.read_bytes()
    read(house, sealed)
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(SealBroken):
            read(house, sealed)
    for cut in (0, 10, 107, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(SealBroken):
            read(house, sealed)


def test_another_evidence_cannot_take_its_place(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    one, other = house.seal(room, 1, 2), house.seal(room, 1, 2, why="flag:two")
    path = house.store.sealed / other.file_name
    path.write_bytes((house.store.sealed / one.file_name).read_bytes())
    with pytest.raises(SealBroken):
        read(house, other)


def test_the_vault_key_is_never_made_a_second_time(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    sealed = house.seal(room, 1, 2)
    assert stat.S_IMODE(house.store.vault_key.stat().st_mode) == 0o600
    key = house.store.vault_key.read_bytes()
    house.store.vault_key.unlink()
    with pytest.raises(VaultKeyBroken):
        read(house, sealed)
    house.store.vault_key.write_bytes(key[:-1])
    with pytest.raises(VaultKeyBroken):
        read(house, sealed)


def test_what_expires_is_destroyed_unless_it_is_held(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    held, gone = house.seal(room, 1, 2), house.seal(room, 1, 2, why="flag:two")
    later = now() + timedelta(days=211)
    until = later + timedelta(days=1)
    with house.database.transaction() as session:
        keeping.hold(session, held.id, reason="order 7", by_person_id=OLGA, until=until)
        with pytest.raises(NotOnHold):
            keeping.end_hold(session, gone.id, reason="none", by_person_id=OLGA)
    with house.database.transaction() as session:
        assert keeping.expire_due(session, house.store, now()) == 0
        assert keeping.expire_due(session, house.store, later) == 1
        assert keeping.expire_due(session, house.store, later) == 0
    assert [path.name for path in house.store.sealed.iterdir()] == [held.file_name]
    with pytest.raises(EvidenceDestroyed):
        read(house, gone)
    with house.database.transaction() as session:
        assert keeping.expire_due(session, house.store, until) == 1
    assert list(house.store.sealed.iterdir()) == []
    assert kinds(house)[-3:] == ["evidence_held", "evidence_destroyed", "evidence_destroyed"]


def test_a_hold_ends_with_a_reason(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    sealed = house.seal(room, 1, 2)
    later = now() + timedelta(days=211)
    with house.database.transaction() as session:
        keeping.hold(session, sealed.id, reason="order 7", by_person_id=OLGA)
        assert keeping.expire_due(session, house.store, later) == 0
        with pytest.raises(PurposeMissing):
            keeping.end_hold(session, sealed.id, reason="", by_person_id=OLGA)
        keeping.end_hold(session, sealed.id, reason="withdrawn", by_person_id=OLGA)
        keeping.keep_until(session, sealed.id, later, reason="appeal", by_person_id=OLGA)
        assert keeping.expire_due(session, house.store, later - timedelta(seconds=1)) == 0
        assert keeping.expire_due(session, house.store, later) == 1
    assert kinds(house) == [
        "evidence_sealed",
        "evidence_held",
        "evidence_hold_ended",
        "evidence_kept",
        "evidence_destroyed",
    ]


def test_files_that_no_row_names_go_after_a_while(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=40)
    house.seal(room, 2, 12)
    sealed = house.seal(room, 2, 20)
    draft = house.store.sealed / ".x.1.sealed.abcd"
    draft.write_bytes(b"x")
    for path in house.store.sealed.iterdir():
        os.utime(path, (0, 0))
    with house.database.reading() as session:
        assert sealing.sweep(session, house.store) == 2
    assert [path.name for path in house.store.sealed.iterdir()] == [sealed.file_name]


def test_an_older_generation_is_overwritten_before_it_goes(
    house: EvidenceHouse, tmp_path: Path
) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=40)
    old = house.store.sealed / house.seal(room, 2, 12).file_name
    house.seal(room, 2, 20)
    medium = tmp_path / "medium"
    os.link(old, medium)  # what somebody who looks at the disk would still find
    os.utime(old, (0, 0))
    with house.database.reading() as session:
        assert sealing.sweep(session, house.store) == 1
    assert not old.exists()
    assert medium.read_bytes() == bytes(medium.stat().st_size)


def test_the_ring_forgets_what_is_older_than_it_is_long(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=40)
    assert stretches.trim(house.store, room, 20 * RATE_HZ) == 2
    assert stretches.numbers(house.store, room) == [2, 3]
    assert keys.numbers_with_key(house.store, room) == [2, 3]


@pytest.mark.parametrize("at", [0, 3, 4, 2_000, -1])
def test_a_damaged_stretch_is_told_and_the_rest_is_sealed(
    house: EvidenceHouse, at: int
) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=30)
    path = house.store.ring / room / "1.ring"
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    sound = unpack(read(house, house.seal(room, 5, 25)))
    assert sound.damaged == {1}
    places = set(sound.voices["ada"])
    assert places < set(range(5 * RATE_HZ, 25 * RATE_HZ + 960, 960))
    assert {place for place in places if not 10 <= place / RATE_HZ < 20} == {
        *range(5 * RATE_HZ, 10 * RATE_HZ, 960),
        *range(20 * RATE_HZ, 25 * RATE_HZ + 312, 960),
    }


def test_a_half_written_record_is_no_damage(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=6)
    path = house.store.ring / room / "0.ring"
    path.write_bytes(path.read_bytes()[:-5])
    sound = unpack(read(house, house.seal(room, 0, 6)))
    assert sound.damaged == set()
    assert max(sound.voices["ada"]) == 11 * 24_000 - 960


def test_destruction_is_told_once(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=25)
    for _ in range(2):
        destroying.destroy(house.database, house.store, room, why=Why.WINDOW_PASSED)
    with house.database.reading() as session:
        (entry,) = session.scalars(select(LedgerEntry))
        kept = session.get_one(KeptRing, room)
        assert entry.kind == "evidence_keys_destroyed"
        assert b'"stretches":3' in (entry.record_bytes or b"")
        assert (kept.ledger_index, kept.stretches) == (0, 3)
    assert not (house.store.ring / room).exists()
    assert not (house.store.keys / room).exists()


def test_keys_lie_in_memory_that_is_ours(tmp_path: Path, house: EvidenceHouse) -> None:
    with pytest.raises(KeysNotInMemory):
        make_folders(store_of(Settings(data=tmp_path, evidence_keys=tmp_path)))
    with pytest.raises(KeysNotInMemory):
        make_folders(store_of(Settings(data=tmp_path, evidence_keys=tmp_path / "none")))
    house.store.keys.chmod(0o755)
    with pytest.raises(KeysForeign):
        make_folders(house.store)
    house.store.keys.rmdir()
    house.store.keys.symlink_to(tmp_path)
    with pytest.raises(KeysForeign):
        make_folders(house.store)
    house.store.keys.unlink()


def test_houses_do_not_share_keys(tmp_path: Path) -> None:
    one, other = (store_of(Settings(data=tmp_path / name)) for name in ("one", "other"))
    assert one.keys != other.keys
    assert one.keys.parent == Path("/dev/shm")
