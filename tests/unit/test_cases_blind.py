"""What is asked blind does not tell its age: a golden question looks like a second one."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
from pydantic import BaseModel
from sqlalchemy import DateTime, select, text, update
from sqlalchemy.orm import Session

from balai import feed
from balai.cases import appealing, claiming, golden, queue, raising, reading, stating
from balai.cases.golden import RightAnswer
from balai.cases.model import Case, CaseFlag, Job, JobKind, Measure, Outcome, Report
from balai.cases.views import CaseView, JobView, job_view
from balai.clock import now
from balai.database import Base
from balai.database.base import UtcDateTime
from balai.feed import FeedEntry
from balai.policy.pack import shipped
from balai.rooms import restrictions, safety, spoken
from balai.rooms.model import Restriction, RestrictionKind, Role
from balai.rooms.restrictions import Ruling
from balai.rooms.spoken import Span, Spoken
from balai.statements.compile import SIX_MONTHS
from tests.cases_sound import sealed
from tests.cases_world import BEGIN, CLAUSE, END, World, nothing, violation

MEANT = {
    "now": timedelta(0),
    "leased": claiming.LEASE,
    "in a week": raising.BLIND_DUE,
    "in six months": SIX_MONTHS,
}
TRANSCRIPT = "WEBVTT\n\n{seat}-1\n00:00:02.000 --> 00:00:04.000\n<v Ada>I will find you</v>\n\n"


@pytest.fixture(autouse=True)
def _nothing_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is asked a second time, and when, is for the test to say."""
    monkeypatch.setattr("balai.cases.deciding.SECOND_SHARE", 0.0)
    monkeypatch.setattr("balai.cases.golden.SHARE", 0.0)


@pytest.fixture
def older() -> Iterator[World]:
    """A world in which everything happened three months ago."""
    made = World()
    yield made
    made.close()


def decided(world: World, *, pack_hash: str) -> str:
    """A decided case at which everything points that a timeline can show; Rita decided it."""
    case_id = world.case()
    world.report(case_id)
    with world.database.transaction() as session:
        flagged(session, world, case_id, pack_hash)
        muted(session, world)
        feed.append(
            session, room_id=world.room_id, kind="watch",
            data={"seat_id": world.seat_id, "state": "watched", "was": "unheard", "why": "x",
                  "from_position": BEGIN, "to_position": END},
        )  # fmt: skip
        room = world.room(session)
        safety.lock_hands(
            session, room, are_locked=True, by=world.person(session, "olga"), reason="A raid"
        )
        began, token = now() - timedelta(minutes=10), room.air_token
        room.live_at = began
        session.execute(update(Report).values(at=began + timedelta(seconds=5)))
        session.execute(update(Restriction).values(from_at=began + timedelta(seconds=7)))
        told = FeedEntry.kind == "message"
        session.execute(update(FeedEntry).where(told).values(at=began + timedelta(seconds=9)))
        for report_id in session.scalars(select(Report.id)):
            session.add(sealed(world, f"report:{report_id}", BEGIN, END))
    folder = world.folders.air / token
    folder.mkdir(parents=True)
    (folder / "transcript.vtt").write_text(TRANSCRIPT.format(seat=world.seat_id))
    world.decide("rita", case_id, nothing())
    return case_id


def flagged(session: Session, world: World, case_id: str, pack_hash: str) -> None:
    told = Spoken(
        room_id=world.room_id, seat_id=world.seat_id, from_position=BEGIN, to_position=END,
        clause=CLAUSE, rule="threat", title={"en": "Threats"}, why={"en": "A threat"},
        priority=1, category="threats", pack_hash=pack_hash, pack_name="house", language="en",
        confidence=0.9, not_held_because=None, is_sure=True, engine="scripted",
        spans=(Span(text="I will find you", from_position=BEGIN, to_position=END),),
    )  # fmt: skip
    flag = spoken.raise_spoken(session, told, held=True)
    session.add(CaseFlag(flag_id=flag.id, case_id=case_id))


def muted(session: Session, world: World) -> None:
    """A host took the microphone for ten minutes, and Ada contested it."""
    hana = world.person(session, "hana")
    ruling = Ruling(hana.id, "Hana", Role.HOST, "Too loud")
    cut = restrictions.record(
        session, world.seat(session), RestrictionKind.MUTE, ruling,
        until_at=now() + timedelta(minutes=10),
    )  # fmt: skip
    cut.contested_at, cut.contest_text = now(), "I was not"


def age(world: World) -> None:
    """Let everything have happened three months ago."""
    with world.database.transaction() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, DateTime | UtcDateTime):
                    moved = f"strftime('%Y-%m-%d %H:%M:%f000', {column.name}, '-90 days')"
                    session.execute(text(f"UPDATE {table.name} SET {column.name} = {moved}"))


def ask_golden(world: World, case_id: str) -> None:
    with world.database.transaction() as session:
        right = RightAnswer(outcome=Outcome.NO_VIOLATION, clause=None, why="It is a song.")
        golden.mark(session, case_id, right, by=world.person(session, "olga"), pack=shipped())
        assert golden.ask(session)


def ask_second(world: World, case_id: str) -> None:
    with world.database.transaction() as session:
        case = session.get_one(Case, case_id)
        session.add(raising.blind_job(case, JobKind.SECOND))


@pytest.fixture
def asked(older: World, world: World) -> list[tuple[World, str]]:
    """A golden question about an old case, and a second one about a fresh case."""
    old = decided(older, pack_hash="a" * 64)
    older.end_room()
    age(older)
    ask_golden(older, old)
    fresh = decided(world, pack_hash="b" * 64)
    ask_second(world, fresh)
    return [(older, old), (world, fresh)]


def leaves(shown: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Give every value of what is shown, with where it stands."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            yield from leaves(value, f"{path}.{key}")
    elif isinstance(shown, list):
        for index, value in enumerate(shown):
            yield from leaves(value, f"{path}.{index}")
    else:
        yield path, shown


def plain(shown: BaseModel) -> dict[str, object]:
    """Give every value; of ids and times of the last minute only that they are there."""
    return {path: _plain(path, value) for path, value in leaves(shown.model_dump())}


def _plain(path: str, value: object) -> object:
    if isinstance(value, str) and path.endswith(("id", "revision")):
        return "an id"
    if isinstance(value, datetime):
        ahead = value - now()
        near = [
            name for name, span in MEANT.items() if abs(ahead - span) < timedelta(minutes=1)
        ]
        return near[0] if near else value
    return value


def queued(world: World, case_id: str) -> JobView:
    with world.database.reading() as session:
        (job,) = queue.page(session, world.post(session, "rolf"))
        assert job.case_id == case_id
        return job_view(job)


def page(world: World, case_id: str, who: str = "rolf") -> CaseView:
    with world.database.transaction() as session:
        return reading.open_case(session, case_id, world.post(session, who), world.folders)


def claimed(world: World, case_id: str) -> str:
    with world.database.transaction() as session:
        job = claiming.claim_next(session, world.post(session, "rolf"))
        assert job is not None
        assert job.case_id == case_id
        return job.id


def test_in_the_queue_a_golden_question_is_like_a_fresh_second_one(
    asked: list[tuple[World, str]],
) -> None:
    one, two = (plain(queued(*each)) for each in asked)
    assert one == two
    assert (one[".opened_at"], one[".due_at"]) == ("now", "in a week")


@pytest.mark.parametrize("is_claimed", [False, True])
def test_its_page_is_like_that_of_a_fresh_second_one(
    asked: list[tuple[World, str]], is_claimed: bool
) -> None:
    for world, case_id in asked if is_claimed else []:
        claimed(world, case_id)
    views = [page(*each) for each in asked]
    one, two = map(plain, views)
    assert one == two
    assert not [path for path, value in one.items() if isinstance(value, datetime | date)]
    assert sorted({moment.kind for moment in views[0].timeline}) == [
        "flag", "gap", "line", "message", "report", "restriction"
    ]  # fmt: skip
    assert all(moment.from_position is not None for moment in views[0].timeline)
    told = next(one.message for one in views[0].timeline if one.message)
    assert (told.about, told.text) == ("lock_hands", "A raid")
    assert [view.is_blind for view in views] == [True, True]
    assert [len(view.sound.pieces) for view in views] == [1, 1]


def test_neither_the_queue_nor_the_page_names_the_room_by_which_its_age_is_known(
    asked: list[tuple[World, str]],
) -> None:
    for world, case_id in asked:
        with world.database.transaction() as session:
            world.room(session).title = "Evening at the harbour"
        line, view = queued(world, case_id), page(world, case_id)
        assert (line.room_title, view.room.id, view.room.title) == (None, None, None)
        assert line.language == view.room.language == "en"
        told = line.model_dump_json() + view.model_dump_json()
        with world.database.reading() as session:
            room = world.room(session)
            for named in (room.id, room.title, room.air_token):
                assert named not in told


def test_of_an_appeal_the_room_is_told_after_the_first_view(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        appealing.by_person(session, decision_id, "No", by=world.person(session, "ada"))
    assert queued(world, case_id).room_title is None
    job_id = claimed(world, case_id)
    assert page(world, case_id).room.title is None
    with world.database.transaction() as session:
        read, post = world.revision(session, job_id), world.post(session, "rolf")
        job = claiming.view_first(
            session, job_id, post, outcome=Outcome.VIOLATION, revision=read
        )
        assert job_view(job).room_title == "Evening"
    assert page(world, case_id).room.title == "Evening"


def test_what_was_said_of_a_room_long_after_it_stands_at_its_end(
    asked: list[tuple[World, str]],
) -> None:
    for (world, case_id), later in zip(asked, (timedelta(days=40), timedelta(0)), strict=True):
        with world.database.transaction() as session:
            room = world.room(session)
            assert room.live_at is not None
            room.ended_at = room.live_at + timedelta(seconds=600)
            session.execute(update(Report).values(at=room.ended_at + later))
        (told,) = (one for one in page(world, case_id).timeline if one.kind == "report")
        assert (told.at, told.from_position) == (None, 600 * 48_000)


def test_the_statement_that_is_tried_out_is_like_that_of_a_fresh_second_one(
    asked: list[tuple[World, str]],
) -> None:
    told = []
    for world, case_id in asked:
        job_id = claimed(world, case_id)
        with world.database.reading() as session:
            job = session.get_one(Job, job_id)
            finding = violation(Measure.OFF_STAGE)
            (one,) = stating.preview(session, job.case, finding, shipped())
            told.append(plain(one))
    assert told[0] == told[1]


def test_a_lead_who_is_not_asked_reads_a_golden_case(asked: list[tuple[World, str]]) -> None:
    (older, golden_id), (world, second_id) = asked
    view = page(older, golden_id, "olga")
    assert (view.is_blind, view.room.live_at is None) == (False, False)
    assert page(world, second_id, "olga").is_blind


def test_an_appeal_tells_how_old_the_case_is_after_the_first_view(world: World) -> None:
    case_id = world.case()
    world.report(case_id)
    decision_id = world.decide("rita", case_id, violation(Measure.NUDGE))
    age(world)
    with world.database.transaction() as session:
        appealing.by_person(session, decision_id, "No", by=world.person(session, "ada"))
    assert plain(queued(world, case_id))[".opened_at"] == "now"
    job_id = claimed(world, case_id)
    before = plain(page(world, case_id)).values()
    assert not [one for one in before if isinstance(one, datetime) and one < now()]
    with world.database.transaction() as session:
        post = world.post(session, "rolf")
        read = world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.VIOLATION, revision=read)
    after = page(world, case_id)
    assert after.room.live_at is not None
    assert all(moment.at for moment in after.timeline)
