"""Nobody closes the way to report for others: limits by the hour, one of their own for harm."""

import datetime as dt

import pytest
from sqlalchemy import func, select
from starlette.requests import Request

from balai.evidence import destroying
from balai.evidence.model import Sealed
from balai.evidence.store import Store
from balai.evidence.stretches import StretchWriter
from balai.web.house import address_of
from tests.evidence_house import hiss, packets_of
from tests.journeys.test_flags import scene
from tests.journeys.test_report_cases import passed
from tests.journeys.test_report_sound import store
from tests.record_house import House
from tests.report_house import S, aged, moment

__all__ = ["store"]  # a fixture


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
    ],
)
def test_who_may_choose_addresses_counts_as_one(host: str, counted: str) -> None:
    assert address_of(Request({"type": "http", "client": (host, 4711)})) == counted


async def test_unknown_reports_are_limited_by_the_hour_and_harm_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}/reports"
    monkeypatch.setattr("balai.cases.reporting.UNKNOWN_MAX", 1)
    full = (409, "room_reports_full")
    for urgent in (False, True):
        said = moment(seat_id, is_urgent=urgent)
        assert (await stranger.do(path, said))["report"]["state"] == "received"
        assert await stranger.refused(path, said) == full
    passed(house, dt.timedelta(hours=1))
    assert (await stranger.do(path, moment(seat_id)))["report"]["state"] == "received"


async def test_unknown_reports_of_one_stretch_share_its_seal(
    house: House, store: Store
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    with house.database.transaction() as session:
        destroying.begin(session, store, room_id)
    writer = StretchWriter(store, room_id)
    for position in range(0, 60 * S, 24_000):
        writer.write(seat_id, position, packets_of(hiss(24_000)))
    writer.close()
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}/reports"
    for from_s, to_s, sealed in ((20, 40, 1), (22, 38, 1), (22, 42, 2)):
        taken = await stranger.do(path, moment(seat_id, from_s, to_s))
        assert taken["report"]["is_sealed"] is True
        with house.database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Sealed)) == sealed
    bob = await house.member("bob")  # somebody known has a seal of their own, which may grow
    await bob.do(path, moment(seat_id, 22, 38))
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Sealed)) == 3
