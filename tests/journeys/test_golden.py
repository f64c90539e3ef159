"""Golden cases and the safety team through the edge."""

import pytest
from sqlalchemy import select

from balai.cases import golden
from balai.cases.model import Case, Job, JobKind
from tests.cases_world import CLAUSE, FACTS
from tests.record_house import House, Json, Visitor

RIGHT: Json = {"outcome": "violation", "clause": CLAUSE, "why": "A threat in plain words."}


async def reviewer(house: House, handle: str) -> Visitor:
    who = await house.member(handle)
    await house.operator.do("/api/reviewers", {"handle": handle, "languages": []})
    return who


@pytest.fixture
async def closed(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case that Rita decided: nothing was wrong."""
    monkeypatch.setattr("balai.cases.deciding.SECOND_SHARE", 0.0)
    host, rita = await house.member("hana"), await reviewer(house, "rita")
    room_id = await house.live_room(host)
    _ada, seat_id = await house.speaker("ada", host, room_id)
    told = {"subject": "person", "seat_id": seat_id, "concern": "threat", "text": "She said it"}
    await (await house.stranger()).do(f"/api/rooms/{room_id}/reports", told)
    job = await rita.do("/api/jobs/claim")
    sent = {"outcome": "no_violation", "facts": "The words are those of a song."}
    await rita.answer(job, "decide", sent)
    return str(job["case_id"])


async def test_a_golden_case_is_answered_as_a_second_one_and_changes_nothing(
    house: House, closed: str
) -> None:
    rolf = await reviewer(house, "rolf")
    await house.operator.do(f"/api/golden/{closed}", RIGHT, method="PUT")
    with house.database.transaction() as session:
        golden.ask(session)
        before = _case(session.get_one(Case, closed))
    job = await rolf.do("/api/jobs/claim")
    assert (job["kind"], job["case_id"]) == ("second", closed)
    page = await rolf.get(f"/api/cases/{closed}")
    assert (page["is_blind"], page["job"]["kind"]) == (True, "second")
    assert "golden" not in str(page) + str(job)
    assert "A threat in plain words" not in str(page)
    sent = {"outcome": "violation", "clause": CLAUSE, "facts": FACTS,
            "effects": [{"measure": "permanent"}]}  # fmt: skip
    made = await rolf.answer(job, "decide", sent)
    assert (made["state"], made["statement_id"]) == ("in_force", None)
    assert "golden" not in str(made)
    with house.database.reading() as session:
        assert _case(session.get_one(Case, closed)) == before
        kinds = session.scalars(select(Job.kind)).all()
        assert sorted(kinds) == [JobKind.FIRST, JobKind.GOLDEN]
    (told,) = await house.operator.get("/api/golden")
    assert (told["answers"], told["right"], told["is_asked"]) == (None, None, True)
    assert "rolf" not in str(told)
    figures = (await house.operator.get("/api/quality"))["figures"]
    assert {"name": "golden_accuracy", "of": "threat", "value": 1.0, "n": 1} in figures
    table = (await house.operator.ask("GET", "/api/quality.csv")).text.splitlines()
    assert "golden_accuracy,all,1.0,1" in table


def _case(case: Case) -> dict[str, object]:
    return {column.key: getattr(case, column.key) for column in Case.__table__.columns}


async def test_only_leads_mark_and_what_is_marked_must_be_whole(
    house: House, closed: str
) -> None:
    rolf, path = await reviewer(house, "rolf"), f"/api/golden/{closed}"
    for method, body in (("PUT", RIGHT), ("DELETE", None), ("GET", None)):
        target = "/api/golden" if method == "GET" else path
        refused = await rolf.refused(target, body, method=method)
        assert refused == (403, "operators_only")
    lead = house.operator
    for wrong, why in (
        ({**RIGHT, "clause": "no-such"}, (422, "clause_missing")),
        ({**RIGHT, "clause": None}, (422, "clause_missing")),
        ({**RIGHT, "why": " "}, (422, "why_missing")),
        ({**RIGHT, "outcome": "no_violation"}, (422, "finding_invalid")),
    ):
        assert await lead.refused(path, wrong, method="PUT") == why
    unknown = await lead.refused("/api/golden/none", RIGHT, method="PUT")
    assert unknown == (404, "case_missing")
    assert await lead.refused(path, method="DELETE") == (404, "golden_missing")
    await lead.do(path, RIGHT, method="PUT")
    await lead.do(path, {**RIGHT, "why": "Said twice."}, method="PUT")
    assert [one["why"] for one in await lead.get("/api/golden")] == ["Said twice."]
    await lead.do(path, method="DELETE")
    assert await lead.get("/api/golden") == []


async def test_how_much_somebody_saw_is_told_to_them_and_to_leads(
    house: House, closed: str
) -> None:
    rolf = await reviewer(house, "rolf")
    seen = {one["handle"]: one["spent"] for one in await house.operator.get("/api/reviewers")}
    assert {handle for handle, spent in seen.items() if spent["any_s"] >= 15} == {"rita"}
    assert seen["rolf"]["any_s"] == 0.0
    told = {one["handle"]: one["spent"] for one in await rolf.get("/api/reviewers")}
    assert {handle for handle, spent in told.items() if spent is not None} == {"rolf"}
