"""What hosts took is contested with one tap; hosts who cut whoever disagrees are noticed."""

from sqlalchemy import select

from balai.cases.host_looks import HostLooks
from balai.cases.model import CaseKind, CaseRestriction, JobKind
from balai.rooms.model import Restriction
from tests.journeys.test_flags import raised, scene, seen
from tests.record_house import House
from tests.report_house import S, aged, cases, jobs, rows


async def test_a_contest_is_one_tap_and_a_case_for_the_safety_team(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    aged(house, room_id)
    await house.effect(host, room_id, "mute", seat_id=seat_id, reason="Enough")
    (shown,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    contested = await ada.do(f"/api/restrictions/{shown['id']}/contest", {})
    assert contested["contested_at"] is not None
    (case,) = cases(house, CaseKind.CONTEST)
    (job,) = jobs(house, case)
    with house.database.reading() as session:
        linked = session.scalars(select(CaseRestriction)).one()
    assert (linked.restriction_id, linked.case_id) == (shown["id"], case.id)
    assert (case.person_id, case.seat_id) == (ada.me["id"], seat_id)
    assert (job.due_at - case.opened_at).total_seconds() < 31 * 60  # while the room goes on
    assert (job.kind, job.priority) == (JobKind.FIRST, 17)
    assert case.from_position is not None
    assert case.to_position is not None
    assert (case.to_position - case.from_position) / S == 135
    (told,) = await ada.get("/api/me/statements")
    room = (await ada.get(f"/api/rooms/{room_id}"))["room"]
    assert (told["room_title"], told["contested_at"]) == (
        room["title"],
        contested["contested_at"],
    )
    again = await ada.refused(f"/api/restrictions/{shown['id']}/contest", {})
    assert again == (409, "already_contested")
    assert len(cases(house, CaseKind.CONTEST)) == 1


async def test_what_is_over_is_contested_with_more_time(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    await house.effect(host, room_id, "move_to_hall", seat_id=seat_id, reason="Next, please")
    (shown,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    await ada.do(f"/api/restrictions/{shown['id']}/contest", {"text": "I was not done"})
    (case,) = cases(house, CaseKind.CONTEST)
    assert jobs(house, case)[0].priority == 20


async def test_a_host_who_cuts_everybody_who_contradicts_is_noticed_by_the_third_cut(
    house: House,
) -> None:
    host, room_id, friend, _ = await scene(house)
    path, looks = f"/api/rooms/{room_id}", HostLooks(house.database)
    found = []
    for handle, kind in (("ben", "mute"), ("cleo", "remove"), ("dan", "move_to_hall")):
        who, seat_id = await house.speaker(handle, host, room_id)
        await house.effect(host, room_id, kind, seat_id=seat_id, reason="Off topic")
        (shown,) = (await who.get(path))["me"]["restrictions"]
        await who.do(f"/api/restrictions/{shown['id']}/contest", {})
        before = rows(house)
        found.append(looks.look())
        assert rows(house) == before
    assert found == [0, 0, 1]
    (case,) = cases(house, CaseKind.HOST)
    assert (case.person_id, jobs(house, case)[0].priority) == (host.me["id"], 14)
    assert case.facts is not None
    assert (case.facts["people"], case.facts["disputes"]) == (3, 3)
    for again in (looks, HostLooks(house.database)):
        assert again.look() == 0
    assert len(cases(house, CaseKind.HOST)) == 1
    assert len(jobs(house, case)) == 1
    assert (await friend.get(path))["me"]["restrictions"] == []


async def test_a_host_who_cuts_after_flags_is_not(house: House) -> None:
    host, room_id, _, _ = await scene(house)
    path = f"/api/rooms/{room_id}"
    for handle in ("ben", "cleo", "dan", "eve"):
        who, seat_id = await house.speaker(handle, host, room_id)
        raised(house, seen(room_id, seat_id), held=False)
        await house.effect(host, room_id, "remove", seat_id=seat_id, reason="That chant")
        (shown,) = (await who.get(path))["me"]["restrictions"]
        await who.do(f"/api/restrictions/{shown['id']}/contest", {})
        assert HostLooks(house.database).look() == 0
    with house.database.reading() as session:
        assert len(session.scalars(select(Restriction)).all()) == 4
