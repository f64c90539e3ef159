"""Reports: with and without an account, receipts, limits, one case for one matter, contests."""

import datetime as dt
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from balai.cases import hosts, joining, receipts
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseKind,
    CaseRestriction,
    CaseState,
    Decision,
    DecisionState,
    Job,
    JobKind,
    JobState,
    Outcome,
    Report,
)
from balai.clock import now
from balai.evidence import destroying
from balai.evidence.model import Sealed
from balai.evidence.store import Store, make_folders, store_of
from balai.evidence.stretches import StretchWriter
from balai.people.keys import digest
from balai.people.model import Arrival, Person
from balai.rooms.model import Restriction, Room
from balai.web.limits import Attempts
from tests.evidence_house import hiss, packets_of
from tests.journeys.test_api_shape import counted
from tests.journeys.test_flags import raised, scene, seen
from tests.record_house import House, Json, Visitor

S = 48_000


def aged(house: House, room_id: str, *, s: float = 600.0) -> None:
    """Let a room be on air since so many seconds."""
    with house.database.transaction() as session:
        session.execute(
            update(Room)
            .where(Room.id == room_id)
            .values(live_at=now() - dt.timedelta(seconds=s))
        )


def known_for(house: House, *handles: str, days: float) -> None:
    """Let accounts be older: each by so many days more than the one before."""
    with house.database.transaction() as session:
        for number, handle in enumerate(handles, 1):
            made = now() - dt.timedelta(days=days * number)
            session.execute(
                update(Person).where(Person.handle == handle).values(created_at=made)
            )


def moment(seat_id: str | None, from_s: float = 400, to_s: float = 430, **more: Any) -> Json:
    return {
        "subject": "moment",
        "concern": "hate",
        "seat_id": seat_id,
        "from_position": round(from_s * S),
        "to_position": round(to_s * S),
        **more,
    }


def cases(house: House, kind: CaseKind = CaseKind.CONDUCT) -> list[Case]:
    with house.database.reading() as session:
        query = select(Case).where(Case.kind == kind).order_by(Case.opened_at, Case.id)
        return list(session.scalars(query))


def jobs(house: House, case: Case) -> list[Job]:
    with house.database.reading() as session:
        return list(session.scalars(select(Job).where(Job.case_id == case.id)))


def rows(house: House) -> list[Any]:
    """Everything that a report could change of people and rooms."""
    with house.database.reading() as session:
        connection = session.connection()
        return [
            connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id").all()
            for name in ("room", "seat", "restriction", "ban", "wish", "person")
        ]


async def test_a_listener_without_an_account_reports_a_moment_and_follows_it(
    house: House,
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger, before = await house.stranger(), rows(house)
    taken = await stranger.do(
        f"/api/rooms/{room_id}/reports", moment(seat_id, text=" He said it twice. ")
    )
    shown = taken["report"]
    assert {name: shown[name] for name in shown if name not in {"id", "at"}} == {
        "room_id": room_id,
        "room_title": "Evening",
        "subject": "moment",
        "seat_id": seat_id,
        "from_position": 400 * S,
        "to_position": 430 * S,
        "concern": "hate",
        "text": "He said it twice.",
        "is_urgent": False,
        "is_sealed": False,  # no sound is kept of a scripted room
        "state": "received",
        "outcome": None,
        "outcome_at": None,
        "something_done": None,
    }
    assert rows(house) == before
    assert await stranger.get(f"/api/reports/{taken['receipt']}") == shown
    (case,) = cases(house)
    (job,) = jobs(house, case)
    assert (case.seat_id, case.from_position, case.to_position) == (seat_id, 400 * S, 430 * S)
    assert (job.kind, job.state, job.priority) == (JobKind.FIRST, JobState.WAITING, 20)
    assert job.due_at == case.due_at
    assert round((job.due_at - job.created_at) / dt.timedelta(minutes=1)) == 24 * 60
    with house.database.transaction() as session:
        session.execute(update(Job).values(state=JobState.CLAIMED))
    assert (await stranger.get(f"/api/reports/{taken['receipt']}"))["state"] == "in_review"
    with house.database.transaction() as session:
        receipts.tell_outcome(session, session.get_one(Case, case.id), Outcome.NO_VIOLATION)
    told = await stranger.get(f"/api/reports/{taken['receipt']}")
    assert (told["state"], told["outcome"]) == ("decided", "no_violation")
    assert told["something_done"] is False
    assert told["outcome_at"] is not None


async def test_only_the_hash_of_a_receipt_is_kept_and_a_wrong_one_finds_nothing(
    house: House,
) -> None:
    _, room_id, _, _ = await scene(house)
    stranger = await house.stranger()
    said = {"subject": "room", "concern": "other"}
    taken = await stranger.do(f"/api/rooms/{room_id}/reports", said)
    receipt = taken["receipt"]
    with house.database.reading() as session:
        (kept,) = session.scalars(select(Report))
    assert kept.receipt_hash == digest(receipt) != receipt
    assert receipt not in repr(vars(kept))
    unknown = (404, "receipt_unknown")
    for wrong in (receipt[:-1], receipt.upper(), kept.id, kept.receipt_hash, "%00", "x" * 64):
        assert await stranger.refused(f"/api/reports/{wrong}", method="GET") == unknown
    too_long = await stranger.refused(f"/api/reports/{'x' * 65}", method="GET")
    assert too_long == (422, "request_invalid")


async def test_reports_are_never_shown_to_the_person_or_the_hosts(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    aged(house, room_id)
    rita = await house.member("rita")
    path = f"/api/rooms/{room_id}"
    async with host.events(room_id) as hosts_hear, ada.events(room_id) as hers:
        await rita.do(f"{path}/reports", moment(seat_id, text="Confidential"))
        (case,) = cases(house)
        with house.database.transaction() as session:
            receipts.tell_outcome(session, session.get_one(Case, case.id), Outcome.VIOLATION)
        await host.do(path, {"title": "After"}, method="PATCH")
        await hosts_hear.until("room", title="After")
        await hers.until("room", title="After")
        heard = repr([*hosts_hear.seen, *hers.seen])
    assert "report" not in heard
    for who in (host, ada):
        view = repr(await who.get(path))
        assert "Confidential" not in view
        assert await who.get("/api/me/reports") == []
    (own,) = await rita.get("/api/me/reports")
    assert (own["text"], own["state"], own["outcome"]) == (
        "Confidential",
        "decided",
        "violation",
    )
    assert set(own) == {
        "id", "room_id", "room_title", "subject", "seat_id", "from_position", "to_position",
        "concern", "text", "is_urgent", "is_sealed", "at", "state", "outcome", "outcome_at",
        "something_done",
    }  # fmt: skip


async def test_who_reported_with_an_account_hears_the_outcome(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    rita = await house.member("rita")
    said = {"subject": "person", "concern": "harassment", "seat_id": seat_id}
    async with rita.events(room_id) as hers:
        taken = await rita.do(f"/api/rooms/{room_id}/reports", said)
        (case,) = cases(house)
        with house.database.transaction() as session:
            receipts.tell_outcome(session, session.get_one(Case, case.id), Outcome.VIOLATION)
        house.bell.ring()
        told = await hers.until("report", id=taken["report"]["id"])
    assert told == {
        "id": taken["report"]["id"],
        "state": "decided",
        "outcome": "violation",
        "something_done": False,
    }


async def test_who_was_removed_and_banned_may_still_report(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    await house.effect(host, room_id, "remove", seat_id=seat_id, reason="Out")
    own_seat = (await host.get(f"/api/rooms/{room_id}"))["me"]["seat_id"]
    said = {"subject": "person", "concern": "harassment", "seat_id": own_seat}
    taken = await ada.do(f"/api/rooms/{room_id}/reports", said)
    assert taken["report"]["state"] == "received"
    (case,) = cases(house)
    assert case.person_id == host.me["id"]


async def test_a_room_that_one_may_not_see_cannot_be_reported(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host, openness="invited")
    said = {"subject": "room", "concern": "other"}
    path, missing = f"/api/rooms/{room_id}/reports", (404, "room_missing")
    assert await (await house.stranger()).refused(path, said) == missing
    assert await (await house.member("ben")).refused(path, said) == missing
    assert (await host.do(path, said))["report"]["state"] == "received"


async def test_a_room_is_reported_while_live_and_for_a_while_after(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}"
    draft = (await host.do("/api/rooms", {"title": "Later"}))["room"]["id"]
    said = {"subject": "room", "concern": "other"}
    not_yet = await host.refused(f"/api/rooms/{draft}/reports", said)
    assert not_yet == (409, "room_not_on_air")
    aged(house, room_id)
    async with host.events(room_id) as stream:
        await host.do(f"{path}/end")
        await stream.until("room", state="ended")
    taken = await stranger.do(f"{path}/reports", moment(seat_id, 560, 600))
    assert taken["report"]["state"] == "received"
    beyond = moment(seat_id, 640, 660)  # it had ended by then
    assert await stranger.refused(f"{path}/reports", beyond) == (422, "moment_invalid")
    window = dt.timedelta(seconds=house.settings.report_window_s + 1)
    with house.database.transaction() as session:
        session.execute(update(Room).where(Room.id == room_id).values(ended_at=now() - window))
    assert await stranger.refused(f"{path}/reports", said) == (409, "too_late_to_report")


NO_REPORTS: list[tuple[Json, tuple[int, str]]] = [
    ({"from_position": None}, (422, "moment_invalid")),
    ({"to_position": None}, (422, "moment_invalid")),
    ({"to_position": 400 * S}, (422, "moment_invalid")),  # no length
    ({"from_position": 309 * S}, (422, "moment_invalid")),  # 121 s
    ({"from_position": 595 * S, "to_position": 700 * S}, (422, "moment_invalid")),  # future
    ({"from_position": -1}, (422, "request_invalid")),
    ({"from_position": 2**60}, (422, "request_invalid")),
    ({"from_position": 1.5}, (422, "request_invalid")),
    ({"subject": "person"}, (422, "moment_invalid")),
    ({"subject": "room"}, (404, "seat_missing")),
    ({"subject": "everything"}, (422, "request_invalid")),
    ({"concern": "boring"}, (422, "request_invalid")),
    ({"seat_id": "0" * 12}, (404, "seat_missing")),
    ({"text": "x" * 1001}, (422, "text_invalid")),
    ({"text": "x" * 2001}, (422, "request_invalid")),
    ({"text": "\u202etxet"}, (422, "text_invalid")),
    ({"language": "English!"}, (422, "language_invalid")),
    ({"by_person_id": "0" * 12}, (422, "request_invalid")),
    ({"weight": 1.0}, (422, "request_invalid")),
]


async def test_what_is_no_report_is_refused_and_leaves_nothing(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    for change, refusal in NO_REPORTS:
        said = {**moment(seat_id), **change}
        assert (change, await stranger.refused(path, said)) == (change, refusal)
    assert cases(house) == []


async def test_who_was_never_on_stage_cannot_be_named(house: House) -> None:
    host, room_id, _, _ = await scene(house)
    await house.member("ben")
    invited = await host.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "ben"})
    said = {"subject": "person", "concern": "other", "seat_id": invited["id"]}
    stranger = await house.stranger()
    refusal = await stranger.refused(f"/api/rooms/{room_id}/reports", said)
    assert refusal == (404, "seat_missing")


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


async def test_the_same_reporter_adds_to_their_report(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    rita = await house.member("rita")
    path = f"/api/rooms/{room_id}/reports"
    first = await rita.do(path, moment(seat_id, 400, 430, text="One"))
    again = await rita.do(path, moment(seat_id, 440, 460, text="Two", concern="threat"))
    assert again["receipt"] == first["receipt"]
    (own,) = await rita.get("/api/me/reports")
    assert (own["text"], own["concern"]) == ("One\nTwo", "threat")
    assert (own["from_position"], own["to_position"]) == (400 * S, 460 * S)
    (case,) = cases(house)
    assert (case.from_position, case.to_position) == (400 * S, 460 * S)
    await rita.do(path, moment(seat_id, 500, 530))  # beyond two minutes from the first: another
    assert len(await rita.get("/api/me/reports")) == 2
    await rita.do(path, moment(seat_id, 400, 430, text="x" * 999))  # would not fit
    assert len(await rita.get("/api/me/reports")) == 3


async def test_what_is_over_the_limits_is_refused_and_said(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id, s=6_000)
    rita, stranger = await house.member("rita"), await house.stranger()
    path = f"/api/rooms/{room_id}/reports"
    for number in range(6):
        await rita.do(path, moment(seat_id, number * 200, number * 200 + 10))
    slower = await rita.refused(path, moment(seat_id, 2000, 2010))
    assert slower == (503, "too_many_attempts")
    here = house.app.state.house
    monkeypatch.setattr("balai.cases.reporting.OWN_MAX", 6)
    monkeypatch.setattr("balai.cases.reporting.UNKNOWN_MAX", 1)
    object.__setattr__(here, "reports", Attempts(burst=100, every_s=1))
    assert await rita.refused(path, moment(seat_id, 2000, 2010)) == (409, "too_many_reports")
    added = await rita.do(path, moment(seat_id, 0, 10, text="More of the first"))
    assert added["report"]["text"] == "More of the first"
    await stranger.do(path, moment(seat_id, 3000, 3010))
    full = await stranger.refused(path, moment(seat_id, 4000, 4010))
    assert full == (409, "room_reports_full")
    ben = await house.member("ben")
    assert (await ben.do(path, moment(seat_id, 4000, 4010)))["report"]["state"] == "received"


async def test_a_flag_and_reports_about_one_stretch_are_one_case(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    raised(house, seen(room_id, seat_id, to_position=20 * S), held=False)
    with house.database.transaction() as session:
        assert joining.join_flags(session) == 1
        assert joining.join_flags(session) == 0
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
    with house.database.transaction() as session:
        joining.join_flags(session)
    assert [case.seat_id for case in cases(house)] == [None, seat_id, seat_id]


async def test_a_held_voice_comes_first_and_a_growing_flag_takes_its_case_along(
    house: House,
) -> None:
    _, room_id, _, seat_id = await scene(house)
    raised(house, seen(room_id, seat_id), held=False)
    with house.database.transaction() as session:
        joining.join_flags(session)
    (case,) = cases(house)
    assert jobs(house, case)[0].priority == 14  # hate, surely recognised
    raised(house, seen(room_id, seat_id, from_position=240_000, to_position=30 * S), held=True)
    with house.database.transaction() as session:
        assert joining.join_flags(session) == 0
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
    assert (again["report"]["state"], again["report"]["outcome"]) == (
        "decided",
        "no_violation",
    )
    assert len(cases(house)) == 1
    await stranger.do(path, moment(seat_id, concern="threat"))  # another question
    assert len(cases(house)) == 2
    await stranger.do(path, moment(seat_id, is_urgent=True))  # never answered from a drawer
    assert [case.is_urgent for case in cases(house)] == [False, True]


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
    assert (job.kind, job.priority) == (JobKind.FIRST, 12)
    assert case.from_position is not None
    assert case.to_position is not None
    assert (case.to_position - case.from_position) / S == 135
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
    path = f"/api/rooms/{room_id}"
    found = []
    for handle, kind in (("ben", "mute"), ("cleo", "remove"), ("dan", "move_to_hall")):
        who, seat_id = await house.speaker(handle, host, room_id)
        await house.effect(host, room_id, kind, seat_id=seat_id, reason="Off topic")
        (shown,) = (await who.get(path))["me"]["restrictions"]
        await who.do(f"/api/restrictions/{shown['id']}/contest", {})
        with house.database.transaction() as session:
            before = rows(house)
            found.append(len(hosts.observe_recent(session)))
        assert rows(house) == before
    assert found == [0, 0, 1]
    (case,) = cases(house, CaseKind.HOST)
    assert (case.person_id, jobs(house, case)[0].priority) == (host.me["id"], 14)
    assert case.facts is not None
    assert (case.facts["people"], case.facts["disputes"]) == (3, 3)
    with house.database.transaction() as session:
        hosts.observe(session, room_id)
        hosts.observe(session, room_id)
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
        with house.database.transaction() as session:
            assert hosts.observe_recent(session) == []
    with house.database.reading() as session:
        assert len(session.scalars(select(Restriction)).all()) == 4


async def test_own_reports_take_as_many_queries_for_three_as_for_one(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    rita = await house.member("rita")
    counts = []
    for starts in ((10,), (200, 400)):
        for start in starts:
            await rita.do(f"/api/rooms/{room_id}/reports", moment(seat_id, start, start + 5))
        with counted(house) as statements:
            own = await rita.get("/api/me/reports")
        counts.append((len(own), len(statements)))
    assert [count for count, _ in counts] == [1, 3]
    assert counts[0][1] == counts[1][1] > 0


@pytest.fixture
def store(house: House) -> Iterator[Store]:
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


async def test_a_device_that_nobody_signed_in_on_makes_no_new_reporter(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host)
    _sam, seat_id = await house.speaker("sam", host, room_id)
    asked = {"subject": "person", "seat_id": seat_id, "concern": "hate"}
    for number in range(3):
        invented = await house.stranger()
        invented.http.cookies.set("balai_device", f"{number:026d}")
        await invented.do(f"/api/rooms/{room_id}/reports", asked)
    with house.database.reading() as session:
        assert {one.by_device_hash for one in session.scalars(select(Report))} == {None}


async def test_on_a_shared_device_nobody_reads_what_another_reported(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host)
    _sam, seat_id = await house.speaker("sam", host, room_id)
    vera = await house.member("vera")
    asked = {"subject": "person", "seat_id": seat_id, "concern": "threat"}
    hers = await vera.do(f"/api/rooms/{room_id}/reports", {**asked, "text": "He hit me"})
    await vera.do("/api/sign-out")
    vera.became(await vera.get("/api/me"))
    other = await vera.do(f"/api/rooms/{room_id}/reports", {**asked, "text": "Hello"})
    assert other["receipt"] != hers["receipt"]
    assert other["report"]["text"] == "Hello"
