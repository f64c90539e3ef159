"""A report seals its stretch of sound, and is taken also when that cannot be done."""

import shutil
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from balai.evidence import destroying
from balai.evidence.model import Sealed
from balai.evidence.store import Store, make_folders, store_of
from balai.evidence.stretches import StretchWriter
from tests.evidence_house import hiss, packets_of
from tests.journeys.test_flags import scene
from tests.record_house import House
from tests.report_house import S, aged, cases, moment


@pytest.fixture
def store(house: House) -> Iterator[Store]:
    """The folders of evidence where a house has them by default, its keys in `/dev/shm`."""
    kept = store_of(house.settings)
    make_folders(kept)
    yield kept
    shutil.rmtree(kept.keys)


async def test_a_report_seals_exactly_its_window(house: House, store: Store) -> None:
    host, room_id, _, seat_id = await scene(house)
    own_seat = (await host.get(f"/api/rooms/{room_id}"))["me"]["seat_id"]
    aged(house, room_id)
    with house.database.transaction() as session:
        destroying.begin(session, store, room_id)
    writer, block = StretchWriter(store, room_id), packets_of(hiss(24_000))
    for position in range(0, 60 * S, 24_000):
        for voice in (seat_id, own_seat):
            writer.write(voice, position, block)
    writer.close()
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}/reports"
    taken = await stranger.do(path, moment(seat_id, 20, 40))
    of_all = await stranger.do(path, moment(None, 41, 45))
    assert (taken["report"]["is_sealed"], of_all["report"]["is_sealed"]) == (True, True)
    with house.database.reading() as session:
        sealed = {one.why: one for one in session.scalars(select(Sealed))}
    one = sealed[f"report:{taken['report']['id']}"]
    other = sealed[f"report:{of_all['report']['id']}"]
    assert (one.from_position, one.to_position) == (20 * S, 40 * S)
    edge = 960  # a packet that only begins or ends in the window is kept whole
    assert (one.seat_ids, one.voiced_samples) == (frozenset({seat_id}), 20 * S + edge)
    assert (other.seat_ids, other.voiced_samples) == (None, 2 * (4 * S + edge))


async def test_a_report_is_taken_also_when_its_sound_cannot_be_sealed(
    house: House, store: Store
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    with house.database.transaction() as session:
        destroying.begin(session, store, room_id)
    store.vault_key.write_bytes(b"short")
    stranger = await house.stranger()
    taken = await stranger.do(f"/api/rooms/{room_id}/reports", moment(seat_id))
    assert taken["report"]["is_sealed"] is False
    assert len(cases(house)) == 1
    with house.database.reading() as session:
        assert session.scalars(select(Sealed)).all() == []
