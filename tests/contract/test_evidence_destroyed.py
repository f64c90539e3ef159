"""J5: after the window for reports nothing unsealed can be decrypted, not even from a backup.

The proof tries every byte string there is. It takes a whole copy of the data folder and of the
database while the room is live, and afterwards tries each run of 32 bytes of copy, present
folder and database dumps as the key of each stretch that the copy still has. The same search
finds the key when it may look into the memory of before.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from balai.evidence import destroying, keeping, reading, vault
from balai.evidence.destroying import Why
from balai.evidence.errors import SealBroken
from balai.evidence.sound import unpack
from balai.ledger.model import LedgerEntry
from tests.evidence_house import OLGA, EvidenceHouse, evidence_house

KEY_BYTES = 32


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EvidenceHouse]:
    with evidence_house(tmp_path / "var") as house:
        yield house


def opens(stretch: bytes, about: str, key: bytes) -> bool:
    """Tell whether a key decrypts the first record of a stretch."""
    length = int.from_bytes(stretch[:4], "big")
    try:
        AESGCM(key).decrypt(bytes(12), stretch[4 : 4 + length], about.encode())
    except InvalidTag:
        return False
    return True


def files(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.read_bytes()


def dump(database: Path) -> bytes:
    with sqlite3.connect(database) as records:
        return "\n".join(records.iterdump()).encode()


def finds_key(stretch: bytes, about: str, hay: Iterator[bytes]) -> bool:
    """Try every run of 32 bytes, and every 64 digits, as the key.

    Only runs with as many different bytes as a random key has are tried: at least 16 of 32.
    """
    tried: set[bytes] = set()
    for data in hay:
        for at in range(len(data) - KEY_BYTES + 1):
            key = data[at : at + KEY_BYTES]
            if len(set(key)) < 16 or key in tried:
                continue
            tried.add(key)
            if opens(stretch, about, key):
                return True
    return False


def test_nothing_can_be_decrypted_after_the_window(
    house: EvidenceHouse, tmp_path: Path
) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=12)
    sealed = house.seal(room, 3, 4, "ada")
    stretches = {
        f"{room}:{path.stem}": path.read_bytes()
        for path in (house.store.ring / room).glob("*.ring")
    }
    assert len(stretches) == 2
    backup, memory = tmp_path / "backup", tmp_path / "memory"
    with house.database.transaction():  # at rest: a backup as a careful operator takes it
        shutil.copytree(house.settings.data, backup)
    before = dump(house.settings.database_path)
    shutil.copytree(house.store.keys, memory)  # what no backup has
    for about, stretch in stretches.items():
        assert finds_key(stretch, about, files(memory))  # the search finds what is there
        assert not opens(stretch, about, house.store.vault_key.read_bytes())

    house.end(room, ago=timedelta(hours=1))
    destroying.destroy(house.database, house.store, room, why=Why.WINDOW_PASSED)

    assert not house.store.keys.exists() or list(files(house.store.keys)) == []
    assert list((backup / "evidence" / "ring" / room).iterdir()) != []
    after = dump(house.settings.database_path)
    for about, stretch in stretches.items():
        hay = (*files(backup, house.settings.data, house.store.keys), before, after)
        assert not finds_key(stretch, about, iter(hay))
    with house.database.reading() as session:
        kinds = [one.kind for one in session.query(LedgerEntry).order_by(LedgerEntry.index)]
    assert kinds == ["evidence_sealed", "evidence_keys_destroyed"]
    content = reading.read(
        house.database, house.store, sealed.id, by_person_id=OLGA, purpose="case 1"
    )
    assert sorted(unpack(content).voices) == ["ada"]  # what was sealed is still there


def test_keys_are_overwritten_where_they_lie(house: EvidenceHouse) -> None:
    """Somebody who holds the file open sees zeros afterwards, not the key."""
    room = house.room()
    house.speak(room, "ada", to_s=1)
    with (house.store.keys / room / "0.key").open("rb") as held:
        assert any(held.read())
        destroying.destroy(house.database, house.store, room, why=Why.WINDOW_PASSED)
        held.seek(0)
        assert held.read() == bytes(KEY_BYTES)


def test_one_sealed_minute_does_not_open_its_neighbours(house: EvidenceHouse) -> None:
    room = house.room()
    house.speak(room, "ada", to_s=40)
    one, other = house.seal(room, 1, 5), house.seal(room, 5, 9, why="flag:two")
    wrapping = vault.vault_key(house.store)
    for sealed in (one, other):
        window = (sealed.from_position, sealed.to_position)
        data = (house.store.sealed / sealed.file_name).read_bytes()
        sound = unpack(vault.unlock(wrapping, sealed.file_name, data))
        (packets,) = sound.voices.values()
        assert min(packets) > window[0] - 960
        assert max(packets) < window[1] + 960
    first, second = (
        (house.store.sealed / sealed.file_name).read_bytes() for sealed in (one, other)
    )
    head = 16 + 12 + 48
    with pytest.raises(SealBroken):  # the key of one is none for the other
        vault.unlock(wrapping, other.file_name, first[:head] + second[head:])


def test_what_expired_cannot_be_read_from_its_own_file(house: EvidenceHouse) -> None:
    """The wrapped key is overwritten in place; the vault's key alone opens nothing."""
    room = house.room()
    house.speak(room, "ada", to_s=6)
    sealed = house.seal(room, 1, 2)
    with (house.store.sealed / sealed.file_name).open("rb") as held:
        before = held.read()
        with house.database.transaction() as session:
            keeping.expire_due(session, house.store, sealed.expires_at)
        held.seek(0)
        assert (any(before), any(held.read())) == (True, False)
