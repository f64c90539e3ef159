"""Reports: with and without an account, receipts, limits, one case for one matter, contests."""

import datetime as dt

import pytest
from sqlalchemy import func, select, update

from balai.cases import receipts
from balai.cases.model import (
    Case,
    Job,
    JobKind,
    JobState,
    Outcome,
    Report,
)
from balai.clock import now
from balai.people.keys import digest
from balai.rooms.model import Room
from balai.web.limits import Attempts
from tests.journeys.test_api_shape import counted
from tests.journeys.test_flags import scene
from tests.record_house import House, Json, Visitor
from tests.report_house import S, aged, cases, jobs, moment, rows


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
        "follow_up": None,
        "was_overturned": False,
        "appeal": None,
        "receipt": None,
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
    assert told["follow_up"] == "nothing"
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
        "follow_up", "was_overturned", "appeal", "receipt",
    }  # fmt: skip
    assert (await rita.get(f"/api/reports/{own['receipt']}"))["id"] == own["id"]


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
        "follow_up": "nothing",
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


async def test_who_reported_without_signing_in_does_not_decide_on_it(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    for handle in ("rita", "rolf"):
        await house.member(handle)
        await house.operator.do("/api/reviewers", {"handle": handle, "languages": []})
    rita, rolf = [await signed_in(house, handle) for handle in ("rita", "rolf")]
    await rita.do("/api/sign-out")
    rita.csrf = ""
    await rita.do(f"/api/rooms/{room_id}/reports", moment(seat_id))
    with house.database.reading() as session:
        (report,) = session.scalars(select(Report))
    assert (report.by_person_id, report.by_device_hash is None) == (None, False)
    rita = await signed_in(house, "rita", who=rita)
    elsewhere = await signed_in(house, "rita")
    (job,) = (await rolf.get("/api/cases/queue"))["jobs"]
    for own in (rita, elsewhere):
        assert (await own.get("/api/cases/queue"))["jobs"] == []
        for path in (f"/api/jobs/{job['id']}/claim", f"/api/cases/{job['case_id']}"):
            method = "POST" if path.endswith("claim") else "GET"
            assert await own.refused(path, method=method) == (403, "own_case")
    assert (await rolf.do(f"/api/jobs/{job['id']}/claim"))["state"] == "claimed"


async def signed_in(house: House, handle: str, *, who: Visitor | None = None) -> Visitor:
    """Let somebody sign in by a link, in a browser of their own or in this one."""
    url = (await house.operator.do(f"/api/people/{handle}/link"))["url"]
    who = who or await house.stranger()
    who.became(await who.do(f"/api/invitations/{url.rsplit('/', 1)[-1]}/accept", {}))
    return who


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


async def test_what_is_sent_again_with_its_token_is_the_same_report(house: House) -> None:
    _, room_id, _, seat_id = await scene(house)
    aged(house, room_id)
    path, token = f"/api/rooms/{room_id}/reports", "0123456789abcdef"
    bare, same = await house.stranger(), await house.stranger()  # nothing is known of either
    said = moment(seat_id, text="One", token=token)
    first, again = await bare.do(path, said), await same.do(path, said)
    assert again["receipt"] == first["receipt"]
    other = await (await house.member("rita")).do(path, said)
    assert other["receipt"] != first["receipt"]
    assert await bare.refused(path, moment(seat_id, token="short")) == (422, "request_invalid")
    with house.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Report)) == 2


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
