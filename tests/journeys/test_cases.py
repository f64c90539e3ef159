"""From a report to a decision, its effect, an appeal and the way back: through the edge."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.cases import effects
from balai.cases.model import Case, CaseState, Job, JobKind
from balai.clock import now
from tests.cases_world import CLAUSE, FACTS
from tests.record_house import House, Json, Visitor

NOTHING = {"outcome": "no_violation", "facts": "The words are those of a song."}


def violation(*steps: Json) -> Json:
    return {"outcome": "violation", "clause": CLAUSE, "facts": FACTS, "effects": list(steps)}


async def reviewer(house: House, handle: str) -> Visitor:
    who = await house.member(handle)
    await house.operator.do("/api/reviewers", {"handle": handle, "languages": ["en"]})
    return who


async def reported(house: House, host: Visitor) -> tuple[str, Visitor, str, str]:
    """A live room in which Ada speaks and somebody without an account reports her."""
    room_id = await house.live_room(host)
    ada, seat_id = await house.speaker("ada", host, room_id)
    listener = await house.stranger()
    told = {"subject": "person", "seat_id": seat_id, "concern": "threat", "text": "She said it"}
    made = await listener.do(f"/api/rooms/{room_id}/reports", told)
    return room_id, ada, seat_id, made["receipt"]


async def settled(house: House, case_id: str) -> str:
    """Wait until the worker has done what it was asked, then let upkeep look."""
    async with asyncio.timeout(10):
        while True:
            with house.database.transaction() as session:
                effects.settle(session, now())
                state = session.get_one(Case, case_id).state
                if state is CaseState.CLOSED:
                    return state.value
            await asyncio.sleep(0.05)


async def claimed(who: Visitor) -> Json:
    job = await who.do("/api/jobs/claim")
    assert job is not None
    return dict(job)


async def test_from_a_report_to_a_decision_to_an_appeal_and_back(house: House) -> None:
    host = await house.member("hana")
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    room_id, ada, _seat, receipt = await reported(house, host)

    queue = await rita.get("/api/cases/queue")
    assert [job["kind"] for job in queue["jobs"]] == ["first"]
    job = await claimed(rita)
    assert (await rolf.get("/api/cases/queue"))["jobs"] == []
    page = await rita.get(f"/api/cases/{job['case_id']}")
    assert [one["kind"] for one in page["timeline"] if one["kind"] == "report"] == ["report"]
    assert page["spent"]["any_s"] >= 15

    asked = violation({"measure": "off_stage"})
    preview = await rita.do(f"/api/jobs/{job['id']}/preview", asked)
    assert [one["measure"]["kind"] for one in preview["statements"]] == ["move_to_hall"]
    assert preview["statements"][0]["facts"] == FACTS
    made = await rita.answer(job, "decide", asked)
    assert await settled(house, job["case_id"]) == "closed"

    (statement,) = await ada.get("/api/me/statements")
    assert (statement["id"], statement["decision_id"]) == (made["statement_id"], made["id"])
    (own,) = await ada.get("/api/me/decisions")
    assert [(one["measure"], one["state"]) for one in own["effects"]] == [
        ("off_stage", "carried_out")
    ]
    assert (await house.operator.get(f"/api/reports/{receipt}"))["outcome"] == "violation"
    await _overturned(house, room_id, ada, (rita, rolf))


async def _overturned(
    house: House, room_id: str, ada: Visitor, team: tuple[Visitor, Visitor]
) -> None:
    rita, rolf = team
    (statement,) = await ada.get("/api/me/statements")
    appeal = {"text": "It was a quotation."}
    await ada.do(f"/api/statements/{statement['id']}/appeal", appeal)
    again = await ada.refused(f"/api/statements/{statement['id']}/appeal", appeal)
    assert again == (409, "already_appealed")
    assert await rita.do("/api/jobs/claim") is None
    job = await claimed(rolf)
    assert job["kind"] == "appeal"
    blind = await rolf.get(f"/api/cases/{job['case_id']}")
    assert (blind["is_blind"], FACTS in str(blind)) == (True, False)
    early = {"answer": "Right", "instead": NOTHING}
    unseen = {**early, "revision": blind["revision"]}
    refused = await rolf.refused(f"/api/jobs/{job['id']}/answer", unseen)
    assert refused == (409, "first_view_needed")
    await rolf.answer(job, "first-view", {"outcome": "no_violation"})
    assert FACTS in str(await rolf.get(f"/api/cases/{job['case_id']}"))
    async with (await house.stranger()).events(room_id) as stream:
        await rolf.answer(job, "answer", early)
        repair = await stream.until("repair")
    assert (repair["why"], repair["what"]) == ("appeal", ["off_stage"])
    assert await settled(house, job["case_id"]) == "closed"
    (statement,) = await ada.get("/api/me/statements")
    assert statement["withdrawn_why"] == "Right"
    await house.take_stage(ada, room_id)


async def test_a_permanent_removal_takes_two_and_sticks(house: House) -> None:
    host = await house.member("hana")
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    _room, ada, _seat, _receipt = await reported(house, host)
    await ada.do("/api/rooms", {"title": "Hers"})
    link = (await ada.do("/api/invitations", {"uses": 5}))["url"]

    job = await claimed(rita)
    made = await rita.answer(job, "decide", violation({"measure": "permanent"}))
    assert (made["state"], made["case_state"]) == ("proposed", "open")
    assert await ada.get("/api/me/statements") == []
    assert await rita.do("/api/jobs/claim") is None
    job = await claimed(rolf)
    assert job["kind"] == "approval"
    made = await rolf.answer(job, "approve", {})
    assert made["state"] == "in_force"
    assert await settled(house, job["case_id"]) == "closed"

    assert await ada.refused("/api/rooms", {"title": "Again"}) == (403, "shut_out")
    assert await ada.refused("/api/sessions", method="POST") == (404, "address_unknown")
    token = link.rsplit("/", 1)[-1]
    names = {"handle": "newcomer", "display_name": "N"}
    stranger = await house.stranger()
    assert await stranger.refused(f"/api/invitations/{token}/accept", names) == (
        409,
        "invitation_revoked",
    )
    fresh = (await house.link(uses=5)).rsplit("/", 1)[-1]
    await ada.do("/api/me", method="DELETE")
    ada.csrf = (await ada.get("/api/me"))["csrf_token"]
    for who, handle in ((ada, "other"), (await house.stranger(), "ada")):
        taken = {"handle": handle, "display_name": "A"}
        shut = await who.refused(f"/api/invitations/{fresh}/accept", taken)
        assert shut == (403, "shut_out")


async def test_the_removed_can_still_read_why_and_appeal(house: House) -> None:
    host = await house.member("hana")
    rita = await reviewer(house, "rita")
    _room, ada, _seat, _receipt = await reported(house, host)
    job = await claimed(rita)
    step = {"measure": "house_ban", "seconds": 86400}
    await rita.answer(job, "decide", violation(step))
    assert await ada.refused("/api/invitations", method="GET") == (403, "shut_out")
    (statement,) = await ada.get("/api/me/statements")
    appeal = await ada.do(f"/api/statements/{statement['id']}/appeal", {"text": "Not so"})
    assert (appeal["state"], appeal["by"]) == ("open", "person")


async def test_a_nudge_is_observed_when_it_is_fetched(house: House) -> None:
    host = await house.member("hana")
    rita = await reviewer(house, "rita")
    _room, ada, _seat, _receipt = await reported(house, host)
    job = await claimed(rita)
    made = await rita.answer(job, "decide", violation({"measure": "nudge"}))
    assert made["case_state"] == "decided"
    (own,) = await ada.get("/api/me/decisions")
    assert [(one["state"], one["observed"]) for one in own["effects"]] == [
        ("carried_out", "delivered")
    ]
    (case,) = await house.operator.get("/api/cases?state=closed")
    assert case["id"] == job["case_id"]


async def test_a_reporter_appeals_with_the_receipt(house: House) -> None:
    host = await house.member("hana")
    rita = await reviewer(house, "rita")
    *_, receipt = await reported(house, host)
    job = await claimed(rita)
    await rita.answer(job, "decide", NOTHING)
    stranger = await house.stranger()
    appeal = await stranger.do(f"/api/reports/{receipt}/appeal", {"text": "Listen again"})
    assert appeal["by"] == "reporter"
    unknown = await stranger.refused("/api/reports/none/appeal", {"text": "x"})
    assert unknown == (404, "receipt_unknown")


async def test_what_does_not_belong_to_a_person_is_refused(house: House) -> None:
    host = await house.member("hana")
    rita, bob = await reviewer(house, "rita"), await house.member("bob")
    await reported(house, host)
    job = await claimed(rita)
    for path in ("/api/cases/queue", f"/api/cases/{job['case_id']}", "/api/reviewers"):
        assert await bob.refused(path, method="GET") == (403, "reviewers_only")
    assert await bob.refused("/api/jobs/claim") == (403, "reviewers_only")
    for path in ("/api/cases", "/api/quality", "/api/quality.csv"):
        assert await rita.refused(path, method="GET") == (403, "operators_only")
    body = {"handle": "bob", "languages": []}
    assert await rita.refused("/api/reviewers", body) == (403, "operators_only")
    assert await rita.refused("/api/cases/none", method="GET") == (404, "case_missing")
    sound = await rita.refused(f"/api/cases/{job['case_id']}/sound", {"purpose": "To hear"})
    assert sound == (409, "sound_gone")  # nobody was on stage in this room
    bad = violation({"measure": "give_back"}) | await rita.revision(job)
    assert await rita.refused(f"/api/jobs/{job['id']}/decide", bad) == (422, "finding_invalid")
    named = {**violation({"measure": "off_stage"}), "facts": "Ada did it."}
    assert await rita.refused(f"/api/jobs/{job['id']}/preview", named) == (
        422,
        "statement_invalid",
    )


async def test_a_reviewer_sets_what_is_theirs(house: House) -> None:
    rita = await reviewer(house, "rita")
    wanted = {"languages": ["id", "en"], "refuses": ["child"]}
    own = await rita.do("/api/reviewers/me", wanted, method="PATCH")
    assert (own["languages"], own["refuses"]) == (["en", "id"], ["child"])
    rolf = await reviewer(house, "rolf")
    seen = {one["handle"]: one["refuses"] for one in await rolf.get("/api/reviewers")}
    assert seen == {"olga": None, "rita": None, "rolf": []}
    skills = {"skills": ["terror", "child"]}
    await house.operator.do("/api/reviewers/rita/skills", skills, method="PUT")
    trained = {one["handle"]: one["skills"] for one in await rolf.get("/api/reviewers")}
    assert trained == {"olga": [], "rita": ["child", "terror"], "rolf": []}
    unknown = {"skills": ["other"]}
    path = "/api/reviewers/rita/skills"
    assert (await house.operator.refused(path, unknown, method="PUT"))[0] == 422
    await house.operator.do("/api/reviewers/rita", method="DELETE")
    assert await rita.refused("/api/cases/queue", method="GET") == (403, "reviewers_only")


@pytest.mark.parametrize("outcome", ["no_violation", "violation"])
async def test_figures_of_quality_stand_beside_their_numbers(
    house: House, outcome: str
) -> None:
    host = await house.member("hana")
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    await reported(house, host)
    job = await claimed(rita)
    sent = NOTHING if outcome == "no_violation" else violation({"measure": "nudge"})
    await rita.answer(job, "decide", sent)
    with house.database.transaction() as session:
        (first,) = session.scalars(select(Job).where(Job.id == job["id"]))
        has_second = session.scalar(select(Job.id).where(Job.kind == JobKind.SECOND))
        if has_second is None:
            session.add(
                Job(id="second", case_id=first.case_id, kind=JobKind.SECOND, state=first.state,
                    priority=40, concern=first.concern, language="en",
                    due_at=now() + timedelta(days=7), created_at=now())
            )  # fmt: skip
            session.flush()
            session.execute(update(Job).where(Job.id == "second").values(state="waiting"))
    job = await claimed(rolf)
    assert job["kind"] == "second"
    await rolf.answer(job, "decide", NOTHING)
    told = await house.operator.get("/api/quality")
    found = {(one["name"], one["of"]): (one["value"], one["n"]) for one in told["figures"]}
    agreed = None if outcome == "no_violation" else 0.0
    assert found["agreement_alpha", "threat"] == (agreed, 1)
    assert found["overturned_of_all", "en"] == (0.0, 1)
    assert found["overturned_of_appealed", "en"] == (None, 0)
    answer = await house.operator.ask("GET", "/api/quality.csv")
    assert answer.text.splitlines()[0] == "figure,of,value,n"
    assert "overturned_of_all,en,0.0,1" in answer.text.splitlines()
