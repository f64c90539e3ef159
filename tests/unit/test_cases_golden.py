"""Golden cases: asked like second reviews, of people who cannot know, without any effect."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import care, claiming, deciding, golden, quality, queue, reading
from balai.cases.errors import (
    CaseMissing,
    CaseNotClosed,
    ClauseMissing,
    FindingInvalid,
    GoldenFull,
    GoldenMissing,
    OwnCase,
    SeenBefore,
    TookPart,
    WhyMissing,
)
from balai.cases.finding import Finding
from balai.cases.golden import GoldenCase, RightAnswer
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    Exposure,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
    Report,
)
from balai.cases.views import CaseView, job_view
from balai.clock import now
from balai.database import Base
from balai.evidence.errors import SoundGone
from balai.evidence.model import Sealed
from balai.ids import new_id
from balai.people.accounts import OperatorsOnly
from balai.policy.pack import shipped
from tests.cases_world import CLAUSE, World, nothing, violation

WRONG = RightAnswer(outcome=Outcome.VIOLATION, clause=CLAUSE, why="They threaten a listener.")
HARMLESS = RightAnswer(outcome=Outcome.NO_VIOLATION, clause=None, why="It is a song.")


def closed(world: World) -> str:
    """A case that Rita decided; nobody else has seen it."""
    case_id = world.case()
    world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        for job in session.scalars(select(Job).where(Job.kind.in_(["second", "golden"]))):
            session.delete(job)  # a sample by chance
    assert world.state(case_id) is CaseState.CLOSED
    return case_id


def mark(world: World, case_id: str, answer: RightAnswer = WRONG, by: str = "olga") -> None:
    with world.database.transaction() as session:
        person = world.person(session, by)
        golden.mark(session, case_id, answer, by=person, pack=shipped())


def ask(world: World) -> str | None:
    with world.database.transaction() as session:
        job = golden.ask(session)
        return job.case_id if job else None


def answer(world: World, handle: str, case_id: str, finding: Finding) -> None:
    world.decide(handle, case_id, finding, JobKind.GOLDEN)


def kinds_for(world: World, who: str) -> list[JobKind]:
    with world.database.reading() as session:
        return [job.kind for job in queue.page(session, world.post(session, who))]


def rows(session: Session) -> dict[str, set[str]]:
    return {
        table.name: {repr(row) for row in session.execute(select(table)).all()}
        for table in Base.metadata.sorted_tables
    }


@pytest.mark.parametrize("finding", [nothing(), violation(Measure.OFF_STAGE)])
def test_an_answer_changes_nothing_but_itself(world: World, finding: Finding) -> None:
    case_id = closed(world)
    world.report(case_id)
    mark(world, case_id)
    assert ask(world) == case_id
    world.claim("rolf", job_id := world.job(case_id, JobKind.GOLDEN))
    with world.database.reading() as session:
        before = rows(session)
    with world.database.transaction() as session:
        office, read = world.office(session, "rolf"), world.revision(session, job_id)
        deciding.decide(session, job_id, finding, office, revision=read)
    world.work()
    with world.database.reading() as session:
        after = rows(session)
        job = session.get_one(Job, job_id)
        assert (job.state, job.claimed_by_id) == (JobState.DONE, world.person_id("rolf"))
    changed = {name for name in before if before[name] != after[name]}
    assert {name for name in changed if not name.startswith("ledger")} == {
        "job", "decision", "exposure"
    }  # fmt: skip
    assert before["decision"] < after["decision"]  # the rows before are as they were
    assert len(after["decision"] - before["decision"]) == 1
    assert len(after["job"] - before["job"]) == len(before["job"] - after["job"]) == 1
    assert before["exposure"] <= after["exposure"]


def test_it_looks_like_a_second_review(world: World) -> None:
    case_id, other = closed(world), closed(world)
    with world.database.transaction() as session:
        session.execute(update(Case).values(opened_at=now() - timedelta(days=90), due_at=now()))
    mark(world, case_id)
    ask(world)
    with world.database.transaction() as session:
        session.add(_second(session, other))
    with world.database.reading() as session:
        found = {job.case_id: job_view(job) for job in session.scalars(select(Job)) if
                 job.state is JobState.WAITING}  # fmt: skip
    one, two = found[case_id].model_dump(), found[other].model_dump()
    assert {key for key in one if one[key] != two[key]} <= {
        "id", "case_id", "due_at", "opened_at"
    }  # fmt: skip
    assert abs(one["due_at"] - two["due_at"]) < timedelta(minutes=1)
    assert abs(one["opened_at"] - two["opened_at"]) < timedelta(minutes=1)
    for case in (case_id, other):
        view = open_case(world, "rolf", case)
        assert (view.is_blind, view.state, view.closed_at) == (True, CaseState.OPEN, None)
        assert [moment.kind for moment in view.timeline] == []


def open_case(world: World, who: str, case_id: str) -> CaseView:
    with world.database.transaction() as session:
        jobs = select(Job.id).where(Job.case_id == case_id, Job.state == JobState.WAITING)
        job_id = session.scalars(jobs).one()
        claiming.claim(session, job_id, world.post(session, who))
        return reading.open_case(session, case_id, world.post(session, who), world.folders)


def _second(session: Session, case_id: str) -> Job:
    case = session.get_one(Case, case_id)
    return Job(id=new_id(), case_id=case_id, kind=JobKind.SECOND, state=JobState.WAITING,
               priority=40, concern=case.concern, language="en",
               due_at=now() + timedelta(days=7), created_at=now())  # fmt: skip


def test_nobody_is_asked_who_may_know_the_answer(world: World) -> None:
    case_id = closed(world)
    with world.database.transaction() as session:
        case = session.get_one(Case, case_id)
        care.looked(session, world.person_id("rosa"), case)
        session.flush()
        session.execute(update(Exposure).values(at=now() - timedelta(minutes=30)))
    mark(world, case_id)
    ask(world)
    assert kinds_for(world, "rolf") == [JobKind.GOLDEN]
    assert [kinds_for(world, who) for who in ("rita", "rosa", "olga")] == [[], [], []]
    job_id = world.job(case_id, JobKind.GOLDEN)
    for who, why in (("rita", TookPart), ("rosa", SeenBefore), ("olga", SeenBefore)):
        with pytest.raises(why):
            world.claim(who, job_id)


def test_who_took_it_and_looked_may_take_it_again(world: World) -> None:
    mark(world, case_id := closed(world))
    ask(world)
    open_case(world, "rolf", case_id)
    job_id = world.job(case_id, JobKind.GOLDEN)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        claiming.release(session, job_id, world.post(session, "rolf"))
    world.claim("rolf", job_id)


def test_accuracy_counts_outcome_and_clause_and_forgets_what_was_taken_back(
    world: World,
) -> None:
    right, wrong_clause, missed = closed(world), closed(world), closed(world)
    other = next(name for name in shipped().clauses if name != CLAUSE)
    mark(world, right)
    mark(world, wrong_clause, RightAnswer(outcome=WRONG.outcome, clause=other, why="So."))
    mark(world, missed)
    assert {ask(world) for _ in range(3)} == {right, wrong_clause, missed}
    assert ask(world) is None  # one question of each waits at a time
    answer(world, "rolf", right, violation(Measure.NUDGE))
    answer(world, "rolf", wrong_clause, violation(Measure.NUDGE))
    answer(world, "rolf", missed, nothing())
    assert figures(world)["golden_accuracy", "all"] == (0.3333, 3)
    assert figures(world)["golden_accuracy", "hate"] == (0.3333, 3)
    mark(world, missed, HARMLESS)  # the leads think better of it
    assert figures(world)["golden_accuracy", "all"] == (0.6667, 3)
    with world.database.transaction() as session:
        golden.end(session, wrong_clause, by=world.person(session, "olga"))
    assert figures(world)["golden_accuracy", "all"] == (1.0, 2)
    assert figures(world)["agreement_alpha", "all"] == (None, 0)  # they are no second reviews


def figures(world: World) -> dict[tuple[str, str], tuple[float | None, int]]:
    with world.database.reading() as session:
        found = quality.figures(session, days=30)
    return {(one.name, one.of): (one.value, one.n) for one in found}


def test_without_answers_the_accuracy_is_missing(world: World) -> None:
    assert figures(world)["golden_accuracy", "all"] == (None, 0)


def test_the_case_asked_longest_ago_comes_next(world: World) -> None:
    first, second = closed(world), closed(world)
    mark(world, first)
    assert ask(world) == first
    answer(world, "rolf", first, nothing())
    mark(world, second)
    assert (ask(world), ask(world), ask(world)) == (second, first, None)


def test_what_is_taken_back_or_opened_again_is_asked_no_more(world: World) -> None:
    ended, opened = closed(world), closed(world)
    for case_id in (ended, opened):
        mark(world, case_id)
        ask(world)
    with world.database.transaction() as session:
        golden.end(session, ended, by=world.person(session, "olga"))
        session.get_one(Case, opened).state = CaseState.OPEN
    assert ask(world) is None
    assert kinds_for(world, "rolf") == []
    with world.database.transaction() as session:
        (told,) = golden.told(session, world.person(session, "olga"))
        assert (told.golden.case_id, told.is_asked) == (opened, False)
        with pytest.raises(GoldenMissing):
            golden.end(session, ended, by=world.person(session, "olga"))


def test_a_case_whose_sound_expired_is_asked_no_more(world: World) -> None:
    case_id, other = closed(world), closed(world)
    world.report(case_id)
    with world.database.transaction() as session:
        report = session.scalars(select(Report)).one()
        session.add(sealed(world, f"report:{report.id}"))
    mark(world, case_id)
    assert ask(world) == case_id
    with world.database.transaction() as session:
        session.execute(update(Sealed).values(destroyed_at=now()))
    mark(world, other)
    assert ask(world) == other
    assert len(kinds_for(world, "rolf")) == 1  # the question that waited is gone as well
    with pytest.raises(SoundGone):
        mark(world, case_id)


def sealed(world: World, why: str) -> Sealed:
    at = now()
    return Sealed(id=new_id(), room_id=world.room_id, why=why, from_position=0, to_position=1,
                  seats={}, generation=1, content_hash="", file_hash="", voiced_samples=1,
                  sealed_at=at, written_at=at, expires_at=at, ledger_index=0)  # fmt: skip


def test_what_can_be_golden(world: World) -> None:
    open_one = world.case()
    contest = world.case(kind=CaseKind.CONTEST, state=CaseState.CLOSED)
    case_id = closed(world)
    own = about_olga(world)
    for wrong, why in ((open_one, CaseNotClosed), (contest, CaseNotClosed),
                       ("none", CaseMissing), (own, OwnCase)):  # fmt: skip
        with pytest.raises(why):
            mark(world, wrong)
    for answer_, missing in (
        (RightAnswer(outcome=Outcome.VIOLATION, clause=None, why="x"), ClauseMissing),
        (RightAnswer(outcome=Outcome.VIOLATION, clause="no-such", why="x"), ClauseMissing),
        (RightAnswer(outcome=Outcome.NO_VIOLATION, clause=CLAUSE, why="x"), FindingInvalid),
        (RightAnswer(outcome=Outcome.NO_VIOLATION, clause=None, why=" \n "), WhyMissing),
    ):
        with pytest.raises(missing):
            mark(world, case_id, answer_)
    with pytest.raises(OperatorsOnly):
        mark(world, case_id, by="rita")


def about_olga(world: World) -> str:
    case_id = closed(world)
    with world.database.transaction() as session:
        session.get_one(Case, case_id).person_id = world.person(session, "olga").id
    return case_id


def test_there_is_room_for_so_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "CASES_MAX", 1)
    first, second = closed(world), closed(world)
    mark(world, first)
    mark(world, first, HARMLESS)  # to think better of one takes no more room
    with pytest.raises(GoldenFull):
        mark(world, second)
    with world.database.transaction() as session:
        golden.end(session, first, by=world.person(session, "olga"))
    mark(world, second)
    with world.database.reading() as session:
        told = golden.told(session, world.person(session, "olga"))
        assert [one.golden.case_id for one in told] == [second]
        assert session.get_one(GoldenCase, first).ended_at is not None


def test_a_share_of_decisions_is_followed_by_a_golden_question(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(world, golden_id := closed(world))
    monkeypatch.setattr(golden, "SHARE", 0.0)
    world.decide("rita", world.case(), nothing())
    assert JobKind.GOLDEN not in kinds_for(world, "rolf")
    monkeypatch.setattr(golden, "SHARE", 1.0)
    world.decide("rita", world.case(), nothing())
    assert world.job(golden_id, JobKind.GOLDEN)
