"""A reviewer chooses which piece of a case's sound is heard, and whose voice in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from balai.cases import contests
from balai.cases.model import CaseKind
from balai.evidence import destroying
from balai.evidence.model import Custody, Sealed
from balai.evidence.store import Store, make_folders, store_of
from balai.evidence.stretches import StretchWriter
from tests.evidence_house import hiss, packets_of
from tests.journeys.test_cases import claimed, reviewer
from tests.journeys.test_flags import scene
from tests.record_house import House, Json, Visitor
from tests.report_house import S, aged, cases, moment


@pytest.fixture
def store(house: House, tmp_path: Path) -> Iterator[Store]:
    kept = store_of(house.settings)
    make_folders(kept)
    yield kept
    shutil.rmtree(kept.keys)


def spoke(house: House, store: Store, room_id: str, *seat_ids: str) -> None:
    """Let the first speak for a minute, each after it for half of what the one before did."""
    with house.database.transaction() as session:
        destroying.begin(session, store, room_id)
    writer, block = StretchWriter(store, room_id), packets_of(hiss(24_000))
    for position in range(0, 60 * S, 24_000):
        for number, seat_id in enumerate(seat_ids):
            if position < 60 * S >> number:
                writer.write(seat_id, position, block)
    writer.close()


async def seen_s(who: Visitor) -> float:
    return float((await who.get("/api/cases/queue"))["spent"]["any_s"])


async def hear(who: Visitor, case_id: str, **asked: object) -> list[str]:
    """Give whose voices are in what is heard."""
    body: Json = {"purpose": "To hear it", **asked}
    answer = await who.ask("POST", f"/api/cases/{case_id}/sound", body)
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"OggS")
    return answer.headers["X-Voices"].split(",")


async def test_every_piece_and_every_voice_can_be_heard(house: House, store: Store) -> None:
    host, room_id, _, ada = await scene(house)
    hana = (await host.get(f"/api/rooms/{room_id}"))["me"]["seat_id"]
    aged(house, room_id, s=61)
    spoke(house, store, room_id, hana, ada)
    path = f"/api/rooms/{room_id}/reports"
    for said in (moment(None, 1, 9), moment(None, 20, 59)):
        await (await house.stranger()).do(path, said)
    rita = await reviewer(house, "rita")
    case_id = (await claimed(rita))["case_id"]
    sound = (await rita.get(f"/api/cases/{case_id}"))["sound"]
    by_place = {one["from_position"] // S: one["id"] for one in sound["pieces"]}
    assert {one["seat_id"] for one in sound["on_stage"]} == {hana, ada}
    assert await hear(rita, case_id) == [hana, ada]  # the longer one, and who speaks most
    assert await hear(rita, case_id, piece_id=by_place[1], seat_id=ada) == [ada, hana]
    with house.database.reading() as session:
        read = select(Custody.sealed_id).where(Custody.what == "read").order_by(Custody.id)
        assert list(session.scalars(read)) == [by_place[20], by_place[1]]


async def test_what_was_not_given_out_is_not_counted(house: House, store: Store) -> None:
    host, room_id, _, ada = await scene(house)
    hana = (await host.get(f"/api/rooms/{room_id}"))["me"]["seat_id"]
    aged(house, room_id, s=61)
    spoke(house, store, room_id, ada)
    stranger = await house.stranger()
    await stranger.do(f"/api/rooms/{room_id}/reports", moment(None, 1, 59))
    rita = await reviewer(house, "rita")
    case_id = (await claimed(rita))["case_id"]
    await rita.get(f"/api/cases/{case_id}")
    path = f"/api/cases/{case_id}/sound"
    refused = [
        await rita.refused(path, {"purpose": " \n "}),
        await rita.refused(path, {"purpose": "x", "seat_id": hana}),
        await rita.refused(path, {"purpose": "x", "piece_id": "none"}),
    ]
    with house.database.reading() as session:
        file = store.sealed / session.scalars(select(Sealed)).one().file_name
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    refused.append(await rita.refused(path, {"purpose": "x"}))
    assert [code for _, code in refused] == [
        "purpose_missing", "voice_silent", "sound_gone", "seal_broken"
    ]  # fmt: skip
    assert await seen_s(rita) < 50
    file.write_bytes(whole)
    await hear(rita, case_id)
    assert await seen_s(rita) > 58


async def test_a_contest_seals_what_its_person_said_until_the_cut(
    house: House, store: Store
) -> None:
    host, room_id, ada, seat_id = await scene(house)
    hana = (await host.get(f"/api/rooms/{room_id}"))["me"]["seat_id"]
    aged(house, room_id, s=61)
    spoke(house, store, room_id, hana, seat_id)
    await house.effect(host, room_id, "mute", seat_id=seat_id, reason="Enough")
    (shown,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    await ada.do(f"/api/restrictions/{shown['id']}/contest", {})
    with house.database.reading() as session:
        sealed = session.scalars(select(Sealed)).one()
        assert (sealed.why, sealed.seats) == (f"contest:{shown['id']}", {"ids": [seat_id]})
    rita = await reviewer(house, "rita")
    case_id = (await claimed(rita))["case_id"]
    assert await hear(rita, case_id) == [seat_id]


async def test_who_contests_more_than_anybody_would_has_no_more_sealed(
    house: House, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contests, "SEALED_MAX", 1)
    host, room_id, ada, seat_id = await scene(house)
    aged(house, room_id, s=61)
    spoke(house, store, room_id, seat_id)
    for number in (1, 2):
        await house.effect(host, room_id, "mute", seat_id=seat_id, reason=f"Enough {number}")
        all_shown = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
        (shown,) = [one for one in all_shown if one["contested_at"] is None]
        await ada.do(f"/api/restrictions/{shown['id']}/contest", {})
        await house.effect(host, room_id, "unmute", seat_id=seat_id)
        with house.database.reading() as session:
            assert len(cases(house, CaseKind.CONTEST)) == number
            assert len(session.scalars(select(Sealed)).all()) == 1
