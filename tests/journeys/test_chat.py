"""The chat of a room: who writes, who reads, what is taken out and given back, what is kept."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from balai.cases import chat as case_chat
from balai.cases.host_looks import HostLooks
from balai.cases.model import Case, CaseKind, CaseState, Decision, Job, JobState, Report
from balai.clock import now
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.people.model import Person
from balai.rooms import bans, chat
from balai.rooms.chat import ChatLine
from balai.rooms.model import Restriction, Role, Room, RoomGuest, Seat, SeatState
from balai.rooms.restrictions import Ruling
from balai.statements.model import Statement
from tests.journeys.test_cases import claimed, reviewer, settled
from tests.record_house import House, Json, Visitor
from tests.report_house import aged, cases

WINDOW_S = 1_800.0


def passed(house: House, s: float) -> None:
    """Let what was written be older."""
    with house.database.transaction() as session:
        for line in session.scalars(select(ChatLine)).all():
            line.at -= dt.timedelta(seconds=s)


async def chatting(house: House) -> tuple[Visitor, str, Visitor]:
    """A host who is no operator, their room with a chat, and somebody in the hall."""
    host = await house.member("hana")
    room_id = await house.live_room(host, chat=True)
    return host, room_id, await house.member("ada")


async def said(who: Visitor, room_id: str, text: str) -> Json:
    return dict(await who.do(f"/api/rooms/{room_id}/chat", {"text": text}))


def over(house: House, room_id: str, *, s: float) -> None:
    """Let a room be over since so many seconds."""
    with house.database.transaction() as session:
        ended = {"state": "ended", "ended_at": now() - dt.timedelta(seconds=s)}
        session.execute(update(Room).where(Room.id == room_id).values(**ended))


def looked(house: House, *, again: bool = False) -> int:
    return case_chat.look(house.database, window_s=WINDOW_S, again=again)


def kept(house: House) -> list[str]:
    with house.database.reading() as session:
        return list(session.scalars(select(ChatLine.text).order_by(ChatLine.at)))


async def test_it_is_off_until_a_host_switches_it_on(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host)
    ada, path = await house.member("ada"), f"/api/rooms/{room_id}"
    assert (await ada.get(path))["room"]["chat"] is False
    assert await ada.refused(f"{path}/chat", {"text": "Hello"}) == (409, "chat_off")
    on = {"chat": True}
    assert await ada.refused(path, on, method="PATCH") == (403, "hosts_only")
    async with ada.events(room_id) as stream:
        await host.do(path, on, method="PATCH")
        await stream.until("room", chat=True)
        line = await said(ada, room_id, "  Hello \u0627\u0644\u0633\u0644\u0627\u0645 ")
        assert await stream.until("chat") == {"line": line}
    assert (line["name"], line["role"], line["taken_by"]) == ("Ada", None, None)
    assert line["text"] == "Hello \u0627\u0644\u0633\u0644\u0627\u0645"
    stranger = await house.stranger()
    assert await stranger.get(f"{path}/chat") == [line]
    assert await stranger.refused(f"{path}/chat", {"text": "Hi"}) == (403, "sign_in_needed")
    await host.do(path, {"chat": False}, method="PATCH")
    assert await ada.refused(f"{path}/chat", {"text": "More"}) == (409, "chat_off")
    assert await ada.get(f"{path}/chat") == [line]  # what was written can be read and reported


async def test_a_line_is_short_shown_as_it_is_and_not_too_often(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, room_id, ada = await chatting(house)
    path = f"/api/rooms/{room_id}"
    for bad in ("", " \n ", "x" * 301, "a\u202eb"):
        assert await ada.refused(f"{path}/chat", {"text": bad}) == (422, "text_invalid")
    first = await said(ada, room_id, "One")
    assert await said(ada, room_id, "One") == first  # sent again after the network was lost
    refusal = await ada.ask("POST", f"{path}/chat", {"text": "Two"})
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (503, "chat_too_soon")
    assert 1 <= int(refusal.headers["Retry-After"]) <= chat.EVERY_S
    passed(house, 3)
    await said(ada, room_id, "Two")
    await host.do(path, {"slow_s": 60}, method="PATCH")
    passed(house, 30)
    slow = await ada.ask("POST", f"{path}/chat", {"text": "Three"})
    assert 25 <= int(slow.headers["Retry-After"]) <= 30
    await said(host, room_id, "A host")
    passed(house, 31)
    await said(ada, room_id, "Three")
    await said(host, room_id, "is not slow")
    lines = [one["text"] for one in await ada.get(f"{path}/chat") if one["name"] == "Ada"]
    assert lines == ["One", "Two", "Three"]
    passed(house, 3)
    monkeypatch.setattr(chat, "CROWD_MAX", 2)
    crowd = await host.refused(f"{path}/chat", {"text": "I too"})
    assert crowd == (503, "chat_crowded")
    passed(house, 60)
    monkeypatch.setattr(chat, "LINES_MAX", 3)
    assert await host.refused(f"{path}/chat", {"text": "I too"}) == (409, "chat_full")
    over(house, room_id, s=1)
    assert await host.refused(f"{path}/chat", {"text": "Bye"}) == (409, "room_not_on_air")


@pytest.mark.parametrize("stage_only", [True, False])
async def test_who_may_only_listen_may_write_and_who_is_banned_may_not(
    house: House, *, stage_only: bool
) -> None:
    host, room_id, ada = await chatting(house)
    with house.database.transaction() as session:
        person = session.get_one(Person, ada.me["id"])
        ruling = Ruling(host.me["id"], "Hana", Role.HOST, "Enough")
        bans.record(
            session, room_id, person, ruling, key=house.app.state.house.key,
            until_at=None, stage_only=stage_only,
        )  # fmt: skip
    assert (await ada.refused(f"/api/rooms/{room_id}/hand"))[0] == 403
    if stage_only:
        assert (await said(ada, room_id, "I may write"))["text"] == "I may write"
    else:
        refusal = await ada.refused(f"/api/rooms/{room_id}/chat", {"text": "I may not"})
        assert refusal == (403, "banned")


async def test_a_room_for_known_people_shows_its_chat_to_no_others(house: House) -> None:
    host = await house.member("hana")
    room_id = await house.live_room(host, chat=True, openness="house")
    ada, path = await house.member("ada"), f"/api/rooms/{room_id}"
    with house.database.transaction() as session:
        person = session.get_one(Person, ada.me["id"])
        ruling = Ruling(host.me["id"], "Hana", Role.HOST, "Enough")
        key = house.app.state.house.key
        bans.record(session, room_id, person, ruling, key=key, until_at=None)
    stranger = await house.stranger()
    assert await stranger.refused(f"{path}/chat", method="GET") == (404, "room_missing")
    assert await ada.refused(f"{path}/chat", method="GET") == (403, "banned")
    async with ada.events(room_id, after=0) as hers:
        await said(host, room_id, "For those who are here")
        await host.do(path, {"title": "After"}, method="PATCH")
        await hers.until("room", title="After")
        assert "chat" not in {event.kind for event in hers.seen}


async def test_a_line_taken_out_is_read_by_nobody_and_its_writer_reads_why(
    house: House,
) -> None:
    host, room_id, ada = await chatting(house)
    path = f"/api/rooms/{room_id}"
    line = await said(ada, room_id, "I contradict")
    take = f"{path}/chat/{line['id']}/take"
    bob = await house.member("bob")
    assert await bob.refused(take, {"reason": "No"}) == (403, "hosts_only")
    assert await host.refused(take, {"reason": " "}) == (422, "reason_missing")
    with house.database.reading() as session:
        assert session.scalars(select(Restriction)).all() == []
    async with ada.events(room_id) as hers, bob.events(room_id) as others:
        shown = await host.do(take, {"reason": "Off topic"})
        told = await hers.until("restriction", kind="take_line")
        assert await others.until("chat") == {"line": shown}
        assert "Off topic" not in repr(others.seen)
        async with bob.events(room_id, after=0) as late:  # while it is kept in memory
            await late.until("chat")
            assert "I contradict" not in repr(late.seen)
    assert (shown["text"], shown["taken_by"], shown["name"]) == (None, "host", "Ada")
    assert (told["by_name"], told["reason"], told["until_at"]) == ("Hana", "Off topic", None)
    assert await host.refused(take, {"reason": "Again"}) == (409, "line_taken")
    assert await ada.get(f"{path}/chat") == [shown]
    async with bob.events(room_id, after=0) as anew:
        await anew.until("chat")
        assert "I contradict" not in repr(anew.seen)
    with house.database.reading() as session:
        statement = session.scalars(select(Statement)).one()
        (seat,) = session.scalars(select(Seat).where(Seat.person_id == ada.me["id"])).all()
        feed = repr([one.data for one in session.scalars(select(FeedEntry))])
    assert statement.fields["content_type"] == ["CONTENT_TYPE_TEXT"]
    assert statement.fields["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert (seat.state, seat.joined_at) == (SeatState.LEFT, None)
    assert "I contradict" not in feed
    assert (await ada.get(path))["seats"] == []
    (own,) = (await ada.get(path))["me"]["restrictions"]
    assert own["line"] == "I contradict"  # she reads which of her lines it was


async def test_what_was_taken_out_wrongly_is_given_back(house: House) -> None:
    host, room_id, ada = await chatting(house)
    aged(house, room_id)
    rita = await reviewer(house, "rita")
    await said(host, room_id, "I think that it is so")
    line = await said(ada, room_id, "I contradict")
    path = f"/api/rooms/{room_id}/chat"
    await host.do(f"{path}/{line['id']}/take", {"reason": "Off topic"})
    (shown,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    await ada.do(f"/api/restrictions/{shown['id']}/contest", {})
    job = await claimed(rita)
    page = await rita.get(f"/api/cases/{job['case_id']}")
    written = [one["chat"] for one in page["timeline"] if one["kind"] == "chat"]
    assert written == [
        {
            "name": "Hana",
            "text": "I think that it is so",
            "is_reported": False,
            "is_taken": False,
            "may_be_taken": False,
        },
        {
            "name": "Ada",
            "text": "I contradict",
            "is_reported": True,
            "is_taken": True,
            "may_be_taken": False,
        },
    ]
    found = {"outcome": "violation", "facts": "It says nothing but another opinion."}
    async with host.events(room_id) as stream:
        await rita.answer(job, "decide", found)
        assert await stream.until("chat") == {"line": line}
        repair = await stream.until("repair")
    assert (repair["why"], repair["what"]) == ("contest", ["take_line"])
    assert await settled(house, job["case_id"]) == "closed"
    assert (await ada.get(path))[-1] == line
    again = await host.refused(f"{path}/{line['id']}/take", {"reason": "Off topic"})
    assert again == (409, "line_given_back")
    with house.database.reading() as session:
        case = session.get_one(Case, job["case_id"])
        blind, _ = case_chat.of_case(session, case, hidden=True)
        whole, _ = case_chat.of_case(session, case, hidden=False)
    taken = [
        {one.chat.name: one.chat.is_taken for one in at if one.chat} for at in (blind, whole)
    ]
    assert taken == [{"Hana": False, "Ada": True}, {"Hana": False, "Ada": False}]
    (after,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    assert after["lifted_at"] is not None
    with house.database.reading() as session:
        (seat,) = session.scalars(select(Seat).where(Seat.person_id == ada.me["id"])).all()
        statement = session.scalars(select(Statement)).one()
    assert seat.state is SeatState.LEFT  # nobody is offered a stage for a line
    assert statement.withdrawn_at is not None


async def test_the_team_takes_lines_out_of_public_rooms_and_cohosts_none_of_the_host(
    house: House,
) -> None:
    host, room_id, ada = await chatting(house)
    path = f"/api/rooms/{room_id}"
    theirs = await said(host, room_id, "Mine")
    own = await said(house.operator, room_id, "The team's")
    take = f"{path}/chat/{theirs['id']}/take"
    mine = f"{path}/chat/{own['id']}/take"
    assert await house.operator.refused(mine, {"reason": "x"}) == (403, "own_voice")
    await host.do(f"{path}/stage-invitations", {"handle": "ada"})
    seat_id = await house.take_stage(ada, room_id)
    await host.do(f"{path}/cohosts", {"seat_id": seat_id, "cohost": True})
    assert await ada.refused(take, {"reason": "x"}) == (403, "host_untouchable")
    shown = await house.operator.do(take, {"reason": "A threat"})
    assert shown["taken_by"] == "safety"
    (told,) = (await host.get(path))["me"]["restrictions"]
    assert (told["by_name"], told["by_role"]) == ("Safety team", "safety")
    with house.database.reading() as session:
        desk = select(LedgerEntry).where(LedgerEntry.kind == "desk")
        (entry,) = session.scalars(desk).all()
    record = json.loads(entry.record_bytes or b"")
    assert (record["act"], record["by_person_id"]) == ("take_line", house.operator.me["id"])
    seats = {one["name"]: one["by_safety"] for one in (await host.get(path))["seats"]}
    assert seats == {"Hana": [], "Ada": []}
    bob = await house.member("bob")
    closed = await house.live_room(bob, chat=True, openness="invited")
    secret = await said(bob, closed, "Among us")
    with house.database.transaction() as session:
        session.add(RoomGuest(room_id=closed, person_id=house.operator.me["id"]))
    theirs_too = f"/api/rooms/{closed}/chat/{secret['id']}/take"
    assert await house.operator.refused(theirs_too, {"reason": "x"}) == (403, "room_private")
    with house.database.reading() as session:
        assert len(session.scalars(desk).all()) == 1  # what was refused is in no ledger


async def test_a_line_is_reported_and_what_stands_around_it_is_shown(house: House) -> None:
    host, room_id, ada = await chatting(house)
    rita = await reviewer(house, "rita")
    await said(host, room_id, "Long before")
    passed(house, 120)
    await said(host, room_id, "Before")
    line = await said(ada, room_id, "I will find you")
    report: dict[str, Any] = {"subject": "line", "line_id": line["id"], "concern": "threat"}
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}/reports"
    for wrong in (
        {"line_id": "none"},
        {"line_id": None},
        {"seat_id": "some"},
        {"from_position": 0, "to_position": 9},
        {"subject": "room"},
    ):
        assert (await stranger.refused(path, {**report, **wrong}))[0] in {404, 422}
    taken = await stranger.do(path, report)
    assert taken["report"]["subject"] == "line"
    (case,) = cases(house)
    assert (case.person_id, case.from_position) == (ada.me["id"], None)
    passed(house, 3)
    other = await said(ada, room_id, "And you")
    await stranger.do(path, {**report, "line_id": other["id"]})
    assert len(cases(house)) == 1
    job = await claimed(rita)
    page = await rita.get(f"/api/cases/{job['case_id']}")
    written = [one["chat"] for one in page["timeline"] if one["kind"] == "chat"]
    assert [(one["text"], one["is_reported"]) for one in written] == [
        ("Before", False),
        ("I will find you", True),
        ("And you", True),
    ]
    assert page["name"] == "Ada"


async def test_chats_are_forgotten_but_for_what_a_case_is_about(house: House) -> None:
    host, room_id, ada = await chatting(house)
    rita = await reviewer(house, "rita")
    await said(host, room_id, "Good evening")
    passed(house, 600)
    line = await said(ada, room_id, "I will find you")
    report = {"subject": "line", "line_id": line["id"], "concern": "threat"}
    await ada.do(f"/api/rooms/{room_id}/reports", report)
    over(house, room_id, s=WINDOW_S - 60)
    assert looked(house) == 0
    assert len(await ada.get(f"/api/rooms/{room_id}/chat")) == 2
    over(house, room_id, s=WINDOW_S + 1)
    assert looked(house) == 1
    assert kept(house) == ["I will find you"]
    assert await ada.get(f"/api/rooms/{room_id}/chat") == []
    with house.database.reading() as session:
        query = select(FeedEntry.data).where(FeedEntry.kind == "chat")
        assert session.scalars(query).all() == [{"line": None}]
    job = await claimed(rita)
    page = await rita.get(f"/api/cases/{job['case_id']}")
    assert "I will find you" in str(page["timeline"])
    assert (looked(house), looked(house, again=True)) == (0, 0)
    found = {"outcome": "no_violation", "facts": "It is a line of a play."}
    await rita.answer(job, "decide", found)
    assert await settled(house, job["case_id"]) == "closed"
    assert looked(house, again=True) == 0  # whoever reported it may appeal
    with house.database.transaction() as session:
        long_ago = now() - dt.timedelta(days=200)
        session.execute(update(Decision).values(in_force_at=long_ago))
        session.execute(delete(Job).where(Job.state != JobState.DONE))
    assert looked(house, again=True) == 1
    assert kept(house) == []


async def test_a_line_taken_out_is_kept_for_as_long_as_its_writer_may_contest(
    house: House,
) -> None:
    host, room_id, ada = await chatting(house)
    line = await said(ada, room_id, "I contradict")
    await host.do(f"/api/rooms/{room_id}/chat/{line['id']}/take", {"reason": "Off topic"})
    over(house, room_id, s=WINDOW_S + 1)
    assert (looked(house), kept(house)) == (0, ["I contradict"])
    (shown,) = (await ada.get(f"/api/rooms/{room_id}"))["me"]["restrictions"]
    await ada.do(f"/api/restrictions/{shown['id']}/contest", {})
    (case,) = cases(house, CaseKind.CONTEST)
    with house.database.transaction() as session:
        session.execute(update(Restriction).values(from_at=now() - dt.timedelta(days=200)))
    assert looked(house, again=True) == 0  # a case is about it
    with house.database.transaction() as session:
        session.get_one(Case, case.id).state = CaseState.CLOSED
        session.execute(update(Job).values(state=JobState.DONE))
    assert (looked(house, again=True), kept(house)) == (1, [])


async def test_a_deleted_name_is_in_no_line(house: House) -> None:
    _, room_id, ada = await chatting(house)
    line = await said(ada, room_id, "Hello")
    await ada.do("/api/me", method="DELETE")
    stranger = await house.stranger()
    (shown,) = await stranger.get(f"/api/rooms/{room_id}/chat")
    assert shown == {**line, "name": "–"}
    async with stranger.events(room_id, after=0) as stream:
        assert await stream.until("chat") == {"line": shown}
    with house.database.reading() as session:
        assert "Ada" not in repr([one.data for one in session.scalars(select(FeedEntry))])


async def test_reports_of_two_lines_are_two(house: House) -> None:
    _, room_id, ada = await chatting(house)
    bob = await house.member("bob")
    one = await said(ada, room_id, "One")
    passed(house, 3)
    two = await said(ada, room_id, "Two")
    for line in (one, two, one):
        report = {"subject": "line", "line_id": line["id"], "concern": "hate"}
        await bob.do(f"/api/rooms/{room_id}/reports", report)
    with house.database.reading() as session:
        lines = session.scalars(select(Report.line_id).order_by(Report.at)).all()
    assert lines == [one["id"], two["id"]]


@pytest.mark.parametrize("contests", [True, False])
async def test_a_host_who_takes_out_whoever_contradicts_is_noticed_a_strict_one_is_not(
    house: House, *, contests: bool
) -> None:
    host, room_id, _ = await chatting(house)
    path, looks, found = f"/api/rooms/{room_id}", HostLooks(house.database), []
    for handle in ("ben", "cleo", "dan"):
        who = await house.member(handle)
        line = await said(who, room_id, "It is not so")
        await host.do(f"{path}/chat/{line['id']}/take", {"reason": "Off topic"})
        if contests:
            (shown,) = (await who.get(path))["me"]["restrictions"]
            await who.do(f"/api/restrictions/{shown['id']}/contest", {})
        found.append(looks.look())
    assert found == ([0, 0, 1] if contests else [0, 0, 0])
    assert len(cases(house, CaseKind.HOST)) == int(contests)


async def test_who_follows_a_room_is_told_when_its_chat_is_forgotten(house: House) -> None:
    _, room_id, ada = await chatting(house)
    stranger = await house.stranger()
    async with stranger.events(room_id) as stream:
        await said(ada, room_id, "Hello")
        await stream.until("chat")
        over(house, room_id, s=WINDOW_S + 1)
        assert looked(house) == 1
        house.bell.ring()
        assert await stream.until("chat") == {"line": None}
        async with ada.events(room_id, after=0) as late:
            assert await late.until("chat") == {"line": None}
            assert "Hello" not in repr(late.seen)


async def test_who_wrote_in_a_room_does_not_judge_in_it(house: House) -> None:
    host, room_id, ada = await chatting(house)
    rita, rolf = await reviewer(house, "rita"), await reviewer(house, "rolf")
    line = await said(ada, room_id, "I contradict")
    await said(rita, room_id, "I do not")
    report = {"subject": "line", "line_id": line["id"], "concern": "threat"}
    await host.do(f"/api/rooms/{room_id}/reports", report)
    assert await rita.do("/api/jobs/claim") is None
    await claimed(rolf)


async def test_a_line_is_not_judged_again_because_it_is_reported_again(house: House) -> None:
    _, room_id, ada = await chatting(house)
    rita = await reviewer(house, "rita")
    line = await said(ada, room_id, "I contradict")
    report = {"subject": "line", "line_id": line["id"], "concern": "threat"}
    path = f"/api/rooms/{room_id}/reports"
    await (await house.member("bob")).do(path, report)
    job = await claimed(rita)
    nothing = {"outcome": "no_violation", "facts": "It says another opinion."}
    await rita.answer(job, "decide", nothing)
    assert await settled(house, job["case_id"]) == "closed"
    await (await house.member("cleo")).do(path, report)
    assert len(cases(house)) == 1
    await (await house.member("dan")).do(path, {**report, "is_urgent": True})
    assert len(cases(house)) == 2  # somebody may be hurt: it is looked at


async def test_the_team_is_shown_as_a_team_though_one_of_it_wrote(house: House) -> None:
    host, room_id, _ = await chatting(house)
    line = await said(house.operator, room_id, "Good evening")
    report = {"subject": "line", "line_id": line["id"], "concern": "hate"}
    await host.do(f"/api/rooms/{room_id}/reports", report)
    await house.operator.do(f"/api/desk/rooms/{room_id}/take-over", {"reason": "A threat"})
    with house.database.reading() as session:
        query = select(Seat.alias).where(Seat.person_id == house.operator.me["id"])
        assert session.scalars(query).one() == "Safety team"
