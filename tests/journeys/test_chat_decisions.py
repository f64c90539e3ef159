"""Lines of a chat that a decision takes out, and an appeal brings back."""

import pytest
from sqlalchemy import select

from balai.cases import chat as case_chat
from balai.cases import ladder
from balai.cases.model import Case, DecidedEffect, Measure
from balai.statements.model import Statement
from tests.journeys.test_cases import claimed, reviewer, settled, violation
from tests.journeys.test_chat import chatting, passed, said
from tests.record_house import House, Json, Visitor
from tests.report_house import aged

TAKE = {"measure": "take_line"}


async def reported(room_id: str, line: Json, by: Visitor) -> str:
    """Report a line; give the receipt."""
    report = {"subject": "line", "line_id": line["id"], "concern": "hate"}
    told = await by.do(f"/api/rooms/{room_id}/reports", report)
    return str(told["receipt"])


async def test_a_decision_takes_the_reported_lines_out_and_an_appeal_brings_them_back(
    house: House,
) -> None:
    host, room_id, ada = await chatting(house)
    aged(house, room_id)
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    path, written = f"/api/rooms/{room_id}/chat", []
    for text in ("They are vermin", "Drive them out", "Good night"):
        written.append(await said(ada, room_id, text))
        passed(house, 3)
    stranger = await house.stranger()
    receipts = [await reported(room_id, line, stranger) for line in written[:2]]
    job = await claimed(rita)
    told = await rita.do(f"/api/jobs/{job['id']}/preview", violation(TAKE))
    assert [one["measure"]["kind"] for one in told["statements"]] == ["take_line"]
    async with host.events(room_id) as stream:
        await rita.answer(job, "decide", violation(TAKE))
        gone = [(await stream.until("chat"))["line"] for _ in (1, 2)]
    assert [(one["text"], one["taken_by"]) for one in gone] == [(None, "safety")] * 2
    assert await settled(house, job["case_id"]) == "closed"
    assert [one["text"] for one in await stranger.get(path)] == [None, None, "Good night"]
    assert (await stranger.get(f"/api/reports/{receipts[0]}"))["state"] == "decided"
    again = await host.refused(f"{path}/{written[0]['id']}/take", {"reason": "Hate"})
    assert again == (409, "line_taken")
    _whoever_judges_again_does_not_see_it(house, job)
    await _back(house, room_id, ada, rolf)
    assert [one["text"] for one in await ada.get(path)] == [one["text"] for one in written]


def _whoever_judges_again_does_not_see_it(house: House, job: Json) -> None:
    with house.database.reading() as session:
        case = session.get_one(Case, job["case_id"])
        blind, whole = (
            case_chat.of_case(session, case, hidden=one)[0] for one in (True, False)
        )
    assert [one.chat.is_taken for one in blind if one.chat] == [False] * 3
    assert [one.chat.is_taken for one in whole if one.chat] == [True, True, False]


async def _back(house: House, room_id: str, ada: Visitor, rolf: Visitor) -> None:
    (cut,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    assert (cut["kind"], cut["lifted_at"]) == ("take_line", None)
    with house.database.reading() as session:
        statement = session.scalars(select(Statement)).one()
    assert statement.fields["content_type"] == ["CONTENT_TYPE_TEXT"]
    assert statement.restriction_id == cut["id"]
    await ada.do(f"/api/statements/{statement.id}/appeal", {"text": "I quoted"})
    job = await claimed(rolf)
    await rolf.answer(job, "first-view", {"outcome": "no_violation"})
    right = {"outcome": "no_violation", "facts": "It was a quotation."}
    async with ada.events(room_id) as stream:
        await rolf.answer(job, "answer", {"answer": "So it was", "instead": right})
        repair = await stream.until("repair")
    assert (repair["why"], repair["what"]) == ("appeal", ["take_line"])
    assert await settled(house, job["case_id"]) == "closed"
    (cut,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    assert cut["lifted_at"] is not None


async def test_a_line_that_is_gone_already_is_not_taken_by_a_decision(house: House) -> None:
    host, room_id, ada = await chatting(house)
    rita = await reviewer(house, "rita")
    line = await said(ada, room_id, "They are vermin")
    await reported(room_id, line, await house.stranger())
    await host.do(f"/api/rooms/{room_id}/chat/{line['id']}/take", {"reason": "Hate"})
    job = await claimed(rita)
    await rita.answer(job, "decide", violation(TAKE, {"measure": "nudge"}))
    with house.database.reading() as session:
        done = {one.measure: one.observed for one in session.scalars(select(DecidedEffect))}
        assert len(session.scalars(select(Statement)).all()) == 1  # the host's, none besides
    assert done == {Measure.TAKE_LINE: ladder.NOT_SHOWN, Measure.NUDGE: None}


@pytest.mark.parametrize("wrong", [{"seconds": 60}, {"everywhere": True}, {"from_position": 0}])
async def test_a_line_is_out_for_good_and_in_one_room(house: House, wrong: Json) -> None:
    _, room_id, ada = await chatting(house)
    rita = await reviewer(house, "rita")
    await reported(room_id, await said(ada, room_id, "Vermin"), await house.stranger())
    job = await claimed(rita)
    case = await rita.get(f"/api/cases/{job['case_id']}")
    sent = {**violation({**TAKE, **wrong}), "revision": case["revision"]}
    refused = await rita.refused(f"/api/jobs/{job['id']}/decide", sent)
    assert refused == (422, "finding_invalid")


async def test_an_appeal_may_leave_the_lines_out_and_take_less_besides(house: House) -> None:
    _, room_id, ada = await chatting(house)
    aged(house, room_id)
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    line = await said(ada, room_id, "They are vermin")
    await reported(room_id, line, await house.stranger())
    job = await claimed(rita)
    await rita.answer(job, "decide", violation(TAKE, {"measure": "room_ban"}))
    with house.database.reading() as session:
        statement = session.scalars(select(Statement)).first()
    assert statement is not None
    await ada.do(f"/api/statements/{statement.id}/appeal", {"text": "Not for that"})
    job = await claimed(rolf)
    await rolf.answer(job, "first-view", {"outcome": "violation"})
    page = await rolf.get(f"/api/cases/{job['case_id']}")
    (chat,) = (one["chat"] for one in page["timeline"] if one["kind"] == "chat")
    assert (chat["is_taken"], chat["may_be_taken"]) == (True, True)
    less = {"answer": "The line stays out", "instead": violation(TAKE)}
    await rolf.answer(job, "answer", less)
    assert await settled(house, job["case_id"]) == "closed"
    (shown,) = await ada.get(f"/api/rooms/{room_id}/chat")
    assert (shown["text"], shown["taken_by"]) == (None, "safety")
    weighing = [
        one["kind"]
        for one in (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
        if one["lifted_at"] is None
    ]
    assert weighing == ["take_line"]
