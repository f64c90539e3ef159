"""Whose voice it was, when a listener could not tell: a reviewer names it."""

from datetime import timedelta

from sqlalchemy import select, update

from balai.cases.model import Case
from balai.clock import now
from balai.ledger.model import LedgerEntry
from balai.rooms.model import Room, Seat
from tests.cases_world import CLAUSE, FACTS
from tests.record_house import House, Json, Visitor

S = 48_000
MUTE: Json = {
    "outcome": "violation",
    "clause": CLAUSE,
    "facts": FACTS,
    "effects": [{"measure": "timed_mute", "seconds": 900}],
}


async def unknown_voice(house: House) -> tuple[Visitor, str, Visitor, str, Json]:
    """Somebody reports a moment and cannot tell who spoke; Rita takes the job."""
    host, rita = await house.member("hana"), await house.member("rita")
    house.names["hana"] = host
    await house.operator.do("/api/reviewers", {"handle": "rita", "languages": []})
    room_id = await house.live_room(host)
    ada, seat_id = await house.speaker("ada", host, room_id)
    with house.database.transaction() as session:
        session.execute(update(Room).values(live_at=now() - timedelta(minutes=20)))
    came_early(house, seat_id)
    said = {"subject": "moment", "concern": "hate", "from_position": 0, "to_position": 30 * S}
    await (await house.stranger()).do(f"/api/rooms/{room_id}/reports", said)
    return ada, seat_id, rita, room_id, await rita.do("/api/jobs/claim")


def came_early(house: House, seat_id: str) -> None:
    with house.database.transaction() as session:
        early = now() - timedelta(minutes=21)
        session.execute(update(Seat).where(Seat.id == seat_id).values(joined_at=early))


async def test_a_voice_is_named_by_whoever_holds_the_job_and_can_then_be_muted(
    house: House,
) -> None:
    ada, seat_id, rita, _, job = await unknown_voice(house)
    page = await rita.get(f"/api/cases/{job['case_id']}")
    assert (page["is_about_person"], page["seat_id"]) == (False, None)
    assert seat_id in {voice["seat_id"] for voice in page["voices"]}
    unnamed = MUTE | await rita.revision(job)
    refused = await rita.refused(f"/api/jobs/{job['id']}/decide", unnamed)
    assert refused == (422, "finding_invalid")
    await rita.do(f"/api/jobs/{job['id']}/voice", {"seat_id": seat_id})
    page = await rita.get(f"/api/cases/{job['case_id']}")
    assert (page["is_about_person"], page["seat_id"]) == (True, seat_id)
    await rita.answer(job, "decide", MUTE)
    (told,) = await ada.get("/api/me/statements")
    assert told["told"]["facts"] == FACTS
    with house.database.reading() as session:
        kinds = list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.index)))
    assert kinds.count("case_concerns") == 1
    assert kinds.index("case_concerns") < kinds.index("decision")


async def test_a_slip_is_put_right_before_the_decision_and_not_after_it(house: House) -> None:
    _, seat_id, rita, room_id, job = await unknown_voice(house)
    ben, other = await house.speaker("ben", house.names["hana"], room_id)
    came_early(house, other)
    path = f"/api/jobs/{job['id']}/voice"
    for named in (seat_id, other):
        await rita.do(path, {"seat_id": named})
    await rita.answer(job, "decide", MUTE)
    assert len(await ben.get("/api/me/statements")) == 1
    assert await rita.refused(path, {"seat_id": seat_id}) == (409, "job_done")


async def test_who_came_after_the_moment_is_not_named(house: House) -> None:
    _, seat_id, rita, room_id, job = await unknown_voice(house)
    _, late = await house.speaker("ben", house.names["hana"], room_id)
    page = await rita.get(f"/api/cases/{job['case_id']}")
    assert [voice["seat_id"] for voice in page["voices"]] == [seat_id]
    refused = await rita.refused(f"/api/jobs/{job['id']}/voice", {"seat_id": late})
    assert refused == (404, "seat_missing")


async def test_a_voice_that_was_never_on_this_stage_is_not_named(house: House) -> None:
    ada, _, rita, _, job = await unknown_voice(house)
    path = f"/api/jobs/{job['id']}/voice"
    other = await house.live_room(ada)
    _, elsewhere = await house.speaker("zoe", ada, other)
    for seat_id in (elsewhere, "nobody", ""):
        assert await rita.refused(path, {"seat_id": seat_id}) == (404, "seat_missing")
    with house.database.reading() as session:
        assert session.get_one(Case, job["case_id"]).person_id is None


async def test_a_reviewer_who_hears_themselves_leaves_it_to_others(house: House) -> None:
    _, _, rita, room_id, job = await unknown_voice(house)
    stage = f"/api/rooms/{room_id}/stage-invitations"
    await house.names["hana"].do(stage, {"handle": "rita"})
    own = await house.take_stage(rita, room_id)
    came_early(house, own)
    refused = await rita.refused(f"/api/jobs/{job['id']}/voice", {"seat_id": own})
    assert refused == (403, "own_case")
