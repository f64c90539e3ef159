"""Nothing is settled that joined a case after it was read; nobody answers it twice."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import appealing, care, claiming, deciding, queue, raising, reading
from balai.cases.errors import CaseMoved, OtherJobHeld, SeenBefore, TookPart
from balai.cases.finding import Finding
from balai.cases.model import (
    Appeal,
    AppealState,
    Case,
    CaseFlag,
    CaseState,
    DecisionState,
    Exposure,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
    Report,
)
from balai.clock import now
from balai.ids import new_id
from balai.rooms.model import Flag, FlagStage, FlagState
from tests.cases_world import CLAUSE, World, nothing, violation


def flagged(world: World, case_id: str) -> str:
    """A rule holds a voice, and its flag joins the case."""
    return world.flag(case_id, FlagStage.CONFIRMED, held=True)


def flag_says_more(world: World, case_id: str) -> None:
    with world.database.transaction() as session:
        flag_id = select(CaseFlag.flag_id).where(CaseFlag.case_id == case_id)
        flag = session.get_one(Flag, session.scalars(flag_id).one())
        flag.policy = {"clause": CLAUSE, "spans": [{"from_position": 0, "to_position": 1}]}


def read(world: World, job_id: str) -> str:
    with world.database.reading() as session:
        return world.revision(session, job_id)


def decide(world: World, who: str, job_id: str, revision: str, finding: Finding) -> str:
    with world.database.transaction() as session:
        office = world.office(session, who)
        return deciding.decide(session, job_id, finding, office, revision=revision).id


def view_first(world: World, who: str, job_id: str) -> str:
    """Say first what one thinks of an appeal; give the case as it was then."""
    with world.database.transaction() as session:
        post, seen = world.post(session, who), world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.VIOLATION, revision=seen)
        return seen


def answer(world: World, who: str, job_id: str, revision: str) -> None:
    with world.database.transaction() as session:
        office = world.office(session, who)
        appealing.answer(session, job_id, "It stands", office, instead=None, revision=revision)


def ask_second(session: Session, case_id: str) -> str:
    job = raising.blind_job(session.get_one(Case, case_id), JobKind.SECOND)
    session.add(job)
    return job.id


def appealed(world: World, finding: Finding) -> tuple[str, str, str]:
    """A case that Rita decided; give it, the job of Ada's appeal, and the decision."""
    case_id = world.case()
    decision_id = world.decide("rita", case_id, finding)
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        appealing.by_person(session, decision_id, "Not so", by=by)
    return case_id, world.job(case_id, JobKind.APPEAL), decision_id


@pytest.mark.parametrize("joins", [flagged, World.report])
def test_what_joins_a_case_while_it_is_read_is_not_settled_unread(
    world: World, joins: Callable[[World, str], str]
) -> None:
    case_id = world.case()
    job_id = world.job(case_id)
    world.claim("rita", job_id)
    seen = read(world, job_id)
    joins(world, case_id)
    with pytest.raises(CaseMoved):
        decide(world, "rita", job_id, seen, nothing())
    assert world.state(case_id) is CaseState.OPEN
    with world.database.reading() as session:
        assert session.scalars(select(Flag.state)).all() in ([], [FlagState.OPEN])
        assert session.scalars(select(Report.outcome)).all() in ([], [None])
    decide(world, "rita", job_id, read(world, job_id), nothing())
    assert world.state(case_id) is CaseState.CLOSED


def test_a_flag_that_says_more_than_was_read_is_read_again(world: World) -> None:
    case_id = world.case()
    flag_id = flagged(world, case_id)
    job_id = world.job(case_id)
    world.claim("rita", job_id)
    with world.database.transaction() as session:
        before = world.revision(session, job_id)
        session.get_one(Flag, flag_id).to_position = 48_000  # it goes on, and says nothing new
        assert world.revision(session, job_id) == before
    flag_says_more(world, case_id)
    with pytest.raises(CaseMoved):
        decide(world, "rita", job_id, before, nothing())


def test_a_proposal_is_not_agreed_to_beside_what_was_not_read(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.PERMANENT_REMOVAL))
    job_id = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", job_id)
    seen = read(world, job_id)
    flagged(world, case_id)
    with world.database.transaction() as session:
        office = world.office(session, "rolf")
        with pytest.raises(CaseMoved):
            deciding.approve(session, job_id, "", office, instead=None, revision=seen)
    assert world.decision(decision_id).state is DecisionState.PROPOSED


def test_an_appeal_that_comes_meanwhile_is_not_closed_unread(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.NUDGE))
    with world.database.transaction() as session:
        appealing.by_person(session, decision_id, "No", by=world.person(session, "ada"))
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    seen = view_first(world, "rolf", job_id)
    with world.database.transaction() as session:
        session.add(
            Appeal(
                id=new_id(), case_id=case_id, decision_id=decision_id, by_role="report:1",
                text="Too mild", state=AppealState.OPEN, at=now(),
            )
        )  # fmt: skip
    with pytest.raises(CaseMoved):
        answer(world, "rolf", job_id, seen)
    with world.database.reading() as session:
        assert set(session.scalars(select(Appeal.state))) == {AppealState.OPEN}
    answer(world, "rolf", job_id, read(world, job_id))


def test_a_first_view_is_of_what_was_read(world: World) -> None:
    case_id, job_id, _ = appealed(world, nothing())
    world.claim("rolf", job_id)
    seen = read(world, job_id)
    flagged(world, case_id)
    with world.database.transaction() as session:
        post, said = world.post(session, "rolf"), Outcome.VIOLATION
        with pytest.raises(CaseMoved):
            claiming.view_first(session, job_id, post, outcome=said, revision=seen)


def test_an_appeal_does_not_move_what_is_asked_blind_beside_it(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        job_id = ask_second(session, case_id)
    world.claim("rolf", job_id)
    seen = read(world, job_id)
    with world.database.transaction() as session:
        appealing.by_person(session, decision_id, "No", by=world.person(session, "ada"))
    decide(world, "rolf", job_id, seen, nothing())


# ── one question of a case for one person ────────────────────────────────────────────────────


def test_nobody_holds_two_questions_of_one_case(world: World) -> None:
    case_id, appeal_id, _ = appealed(world, nothing())
    with world.database.transaction() as session:
        second_id = ask_second(session, case_id)
    world.claim("rolf", appeal_id)
    world.claim("rolf", appeal_id)  # what one holds, one may claim again
    with pytest.raises(OtherJobHeld):
        world.claim("rolf", second_id)
    with world.database.transaction() as session:
        post = world.post(session, "rolf")
        assert queue.page(session, post) == []
        assert claiming.claim_next(session, post) is None


def test_who_decided_meanwhile_answers_nothing_else_of_the_case(world: World) -> None:
    """However they came to hold both, e.g. before they were kept from it."""
    case_id, appeal_id, decision_id = appealed(world, nothing())
    with world.database.transaction() as session:
        second_id = ask_second(session, case_id)
    world.claim("rolf", second_id)
    with world.database.transaction() as session:
        session.execute(
            update(Job)
            .where(Job.id == appeal_id)
            .values(
                state=JobState.CLAIMED,
                claimed_by_id=world.person_id("rolf"),
                lease_until=now() + timedelta(minutes=5),
            )
        )
    decide(world, "rolf", second_id, read(world, second_id), violation(Measure.NUDGE))
    with pytest.raises(TookPart):
        view_first(world, "rolf", appeal_id)
    with world.database.transaction() as session:
        session.get_one(Job, appeal_id).first_view = Outcome.VIOLATION
    with pytest.raises(TookPart):
        answer(world, "rolf", appeal_id, read(world, appeal_id))
    assert world.decision(decision_id).state is DecisionState.IN_FORCE


def test_who_read_what_was_decided_is_not_asked_blind(world: World) -> None:
    case_id, appeal_id, _ = appealed(world, nothing())
    with world.database.transaction() as session:
        second_id = ask_second(session, case_id)
    world.claim("rolf", appeal_id)
    open_case(world, "rolf", case_id)
    view_first(world, "rolf", appeal_id)
    open_case(world, "rolf", case_id)
    with world.database.transaction() as session:
        claiming.release(session, appeal_id, world.post(session, "rolf"))
    with pytest.raises(SeenBefore):
        world.claim("rolf", second_id)
    with world.database.transaction() as session:
        spent = care.spent(session, world.person_id("rolf"))
        looks = session.scalars(select(Exposure.seconds).order_by(Exposure.seconds)).all()
    assert spent.any_s == looks[-1] >= care.OPENING_S
    assert looks[0] == care.KNOWS_S


def test_who_looked_only_blind_may_take_it_again(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        second_id = ask_second(session, case_id)
    world.claim("rolf", second_id)
    open_case(world, "rolf", case_id)
    with world.database.transaction() as session:
        claiming.release(session, second_id, world.post(session, "rolf"))
    open_case(world, "rolf", case_id)
    world.claim("rolf", second_id)


def open_case(world: World, who: str, case_id: str) -> None:
    with world.database.transaction() as session:
        reading.open_case(session, case_id, world.post(session, who), world.folders)
