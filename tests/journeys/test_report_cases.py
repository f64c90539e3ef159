"""One case for one matter: what flags and reports about it weigh, and what comes first."""

import datetime as dt
from typing import Any

from sqlalchemy import select

from balai.cases import receipts
from balai.cases.flag_looks import FlagLooks
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseKind,
    CaseState,
    Decision,
    DecisionState,
    Job,
    JobState,
    Outcome,
    Report,
)
from balai.clock import now
from balai.people.model import Arrival
from tests.journeys.test_flags import raised, scene, seen
from tests.record_house import House, Visitor
from tests.report_house import S, aged, cases, jobs, known_for, moment, rows


async def test_somebody_may_be_hurt_now_goes_to_the_top(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    await stranger.do(path, moment(seat_id, 100, 130, concern="child"))
    await stranger.do(path, moment(seat_id, 400, 430, concern="other", is_urgent=True))
    calm, urgent = cases(house)
    (first,), (second,) = jobs(house, calm), jobs(house, urgent)
    assert (first.priority, second.priority) == (16, 0)
    assert second.due_at - second.created_at <= dt.timedelta(minutes=5, seconds=5)
    await stranger.do(path, moment(seat_id, 100, 130, concern="child", is_urgent=True))
    (first,) = jobs(house, calm)
    assert first.priority == 0  # the same case, raised


async def test_a_flag_and_reports_about_one_stretch_are_one_case(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    raised(house, seen(room_id, seat_id, to_position=20 * S), held=False)
    looks = FlagLooks(house.database)
    assert (looks.look(), looks.look()) == (1, 0)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    await stranger.do(path, moment(seat_id, 34, 50))  # within 15 s of it
    await stranger.do(path, moment(None, 40, 60))  # of all voices, and only one is in question
    await stranger.do(path, moment(seat_id, 80, 90))  # another matter
    one, other = cases(house)
    with house.database.reading() as session:
        flagged = session.scalars(select(CaseFlag.case_id)).all()
        reported = [r.case_id for r in session.scalars(select(Report).order_by(Report.at))]
    assert flagged == [one.id]
    assert reported == [one.id, one.id, other.id]
    assert (one.from_position, one.to_position) == (S, 60 * S)
    assert [len(jobs(house, case)) for case in (one, other)] == [1, 1]


async def test_a_flag_names_the_voice_of_a_case_of_all_voices_and_a_report_does_not(
    house: House,
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    await stranger.do(path, moment(None, 400, 430))
    await stranger.do(path, moment(seat_id, 400, 430))
    of_all, of_one = cases(house)
    assert (of_all.seat_id, of_all.person_id, of_one.seat_id) == (None, None, seat_id)
    await stranger.do(path, moment(None, 100, 110))
    told = seen(room_id, seat_id, from_position=100 * S, to_position=110 * S)
    raised(house, told, held=False)
    FlagLooks(house.database).look()
    assert [case.seat_id for case in cases(house)] == [None, seat_id, seat_id]


async def test_a_held_voice_comes_first_and_a_growing_flag_takes_its_case_along(
    house: House,
) -> None:
    _, room_id, _, seat_id = await scene(house)
    raised(house, seen(room_id, seat_id), held=False)
    FlagLooks(house.database).look()
    (case,) = cases(house)
    assert jobs(house, case)[0].priority == 14  # hate, surely recognised
    raised(house, seen(room_id, seat_id, from_position=240_000, to_position=30 * S), held=True)
    assert FlagLooks(house.database).look() == 0
    (case,) = cases(house)
    (job,) = jobs(house, case)
    assert (case.to_position, job.priority) == (30 * S, 1)


async def test_what_was_decided_is_told_to_who_reports_it_again(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    await stranger.do(path, moment(seat_id))
    (case,) = cases(house)
    with house.database.transaction() as session:
        job = session.scalars(select(Job)).one()
        decide(session, session.get_one(Case, case.id), job, house.operator.me["id"])
    again = await stranger.do(path, moment(seat_id))
    assert (again["report"]["state"], again["report"]["outcome"]) == ("received", None)
    own = f"/api/reports/{again['receipt']}"
    too_early = await stranger.refused(f"{own}/appeal", {"text": "Please look again."})
    assert too_early == (409, "not_appealable")
    passed(house, dt.timedelta(hours=23))
    assert (await stranger.get(own))["state"] == "in_review"
    passed(house, dt.timedelta(hours=25))
    told = await stranger.get(own)
    assert (told["state"], told["outcome"]) == ("decided", "no_violation")
    with house.database.reading() as session:
        (decision,) = session.scalars(select(Decision))
    for secret in (decision.facts, decision.id, decision.by_person_id, case.id):
        assert secret
        assert secret not in repr((again, told))
    assert told["follow_up"] == "nothing"
    await stranger.do(f"{own}/appeal", {"text": "Please look again."})
    appeal = (await stranger.get(own))["appeal"]
    assert (appeal["by"], appeal["state"], appeal["text"], appeal["answer"]) == (
        "reporter", "open", "Please look again.", None,
    )  # fmt: skip
    await stranger.do(path, moment(seat_id, concern="threat"))  # another question
    assert len(cases(house)) == 2
    await stranger.do(path, moment(seat_id, is_urgent=True))  # never answered from a drawer
    assert [case.is_urgent for case in cases(house)] == [False, True]


def passed(house: House, span: dt.timedelta) -> None:
    """Let so much time have passed since all that was reported."""
    with house.database.transaction() as session:
        for one in session.scalars(select(Report)):
            one.at -= span
            one.outcome_at = one.outcome_at and one.outcome_at - span


def decide(session: Any, case: Case, job: Job, by_id: str) -> None:
    case.state, job.state, job.done_at = CaseState.CLOSED, JobState.DONE, now()
    session.add(
        Decision(
            id="d" * 12, case_id=case.id, job_id=job.id, by_person_id=by_id,
            state=DecisionState.IN_FORCE, outcome=Outcome.NO_VIOLATION, facts="Satire",
            at=now(), in_force_at=now(), ledger_index=0,
        )
    )  # fmt: skip
    session.flush()
    receipts.tell_outcome(session, case, Outcome.NO_VIOLATION)


async def test_a_brigade_is_recognised_and_does_not_go_before_one_credible_report(
    house: House,
) -> None:
    host, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    path = f"/api/rooms/{room_id}/reports"
    before = rows(house)
    link = (await host.do("/api/invitations", {"uses": 9}))["url"]
    brigade = [f"b{number}" for number in range(9)]
    for handle in brigade:
        await (await house.stranger()).join(link, handle)
    with house.database.reading() as session:
        by = session.scalars(select(Arrival.by_person_id)).all()
    assert sorted(map(str, by)) == sorted(
        [*[host.me["id"]] * 9, *[house.operator.me["id"]] * 2]
    )
    for number, handle in enumerate(brigade):
        who = await way_back(house, handle)
        known_for(house, handle, days=30 + number)
        await who.do(path, moment(seat_id, 100, 110))
    rita = await house.member("rita")
    known_for(house, "rita", days=400)
    with house.database.transaction() as session:
        was_right(session, room_id, rita.me["id"], times=3)
    await rita.do(path, moment(seat_id, 400, 410))
    together, alone = [one for one in cases(house) if one.from_position]
    assert together.brigade == {
        "reports": 9,
        "independent": 1,
        "linked": [{"reports": 9, "share": ["invitation"]}],
    }
    assert alone.brigade is None
    (of_brigade,), (of_rita,) = jobs(house, together), jobs(house, alone)
    assert of_rita.priority < of_brigade.priority
    assert rows(house)[:5] == before[:5]


async def way_back(house: House, handle: str) -> Visitor:
    """Somebody signs in on a new device."""
    url = (await house.operator.do(f"/api/people/{handle}/link"))["url"]
    who = await house.stranger()
    who.became(await who.do(f"/api/invitations/{url.rsplit('/', 1)[-1]}/accept", {}))
    return who


def was_right(session: Any, room_id: str, person_id: str, *, times: int) -> None:
    for number in range(times):
        case = Case(
            id=f"old{number}".ljust(12, "0"), kind=CaseKind.CONDUCT, room_id=room_id,
            state=CaseState.CLOSED, concern="hate", language="en", opened_at=now(),
            due_at=now(),
        )  # fmt: skip
        session.add(case)
        session.flush()
        session.add(
            Report(
                id=case.id, receipt_hash=case.id, case_id=case.id, room_id=room_id,
                subject="room", concern="hate", text="", language="en", weight=0.3, at=now(),
                by_person_id=person_id, outcome=Outcome.VIOLATION, outcome_at=now(),
            )
        )  # fmt: skip
        session.flush()
