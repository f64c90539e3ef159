"""The queue and its claims: what each reviewer is given, and what a shift may hold."""

import json
import threading
from collections.abc import Collection
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from balai.cases import (
    appealing,
    claiming,
    contests,
    priority,
    queue,
    reading,
    reviewers,
    weighing,
)
from balai.cases.errors import (
    AlreadyReviewer,
    CaseNotForYou,
    CursorInvalid,
    JobTaken,
    NotYourJob,
    ReviewerMissing,
    ReviewersOnly,
    TooManyClaims,
)
from balai.cases.model import (
    Case,
    CaseState,
    Concern,
    Exposure,
    Job,
    JobKind,
    JobState,
    Measure,
    Report,
)
from balai.cases.queue import Cursor
from balai.clock import now
from balai.ids import new_id
from balai.ledger.model import LedgerEntry
from balai.people.accounts import OperatorsOnly
from balai.rooms import restrictions
from balai.rooms.model import RestrictionKind, Role
from balai.rooms.restrictions import Ruling
from tests.cases_world import World, nothing, violation


def shown(world: World, who: str) -> list[str]:
    with world.database.reading() as session:
        return [job.case_id for job in queue.page(session, world.post(session, who))]


def test_the_most_pressing_comes_first(world: World) -> None:
    late, soon, first = (world.case() for _ in range(3))
    with world.database.transaction() as session:
        for case_id, priority, minutes in ((late, 14, 60), (soon, 14, 5), (first, 0, 90)):
            due_at = now() + timedelta(minutes=minutes)
            job = update(Job).where(Job.case_id == case_id)
            session.execute(job.values(priority=priority, due_at=due_at))
    assert shown(world, "rita") == [first, soon, late]


def test_pages_follow_each_other_without_a_gap(world: World) -> None:
    ids = {world.case() for _ in range(queue.PAGE + 7)}
    with world.database.reading() as session:
        post = world.post(session, "rita")
        first = queue.page(session, post)
        after = Cursor.read(str(Cursor.of(first[-1])))
        second = queue.page(session, post, after=after)
    assert (len(first), len(second)) == (50, 7)
    assert {job.case_id for job in [*first, *second]} == ids


@pytest.mark.parametrize(
    "bad", ["", "x", "1.2", "1.x.y", "1.99999999999999999999.a", "1.1.a.b"]
)
def test_what_is_no_place_is_refused(bad: str) -> None:
    with pytest.raises(CursorInvalid):
        Cursor.read(bad)


def test_languages_and_refused_themes_are_kept_from_a_reviewer(world: World) -> None:
    english, british, malay, unknown = (
        world.case(language=language) for language in ("en", "en-GB", "ms", "und")
    )
    child = world.case(concern=Concern.CHILD)
    with world.database.transaction() as session:
        rita = world.person(session, "rita")
        reviewers.set_own(session, rita, languages=["en"], refuses=[Concern.CHILD])
    assert set(shown(world, "rita")) == {english, british, unknown}
    assert set(shown(world, "rolf")) == {english, british, malay, unknown, child}
    with pytest.raises(CaseNotForYou):
        world.claim("rita", world.job(malay))
    with pytest.raises(CaseNotForYou):
        world.claim("rita", world.job(child))


def train(world: World, who: str, *skills: Concern, by: str = "olga") -> None:
    with world.database.transaction() as session:
        reviewers.train(session, who, skills=skills, by=world.person(session, by))


def test_a_first_look_is_left_to_who_is_trained_until_it_cannot_wait(world: World) -> None:
    hate, terror = world.case(concern=Concern.HATE), world.case(concern=Concern.TERROR)
    later = update(Job).values(due_at=now() + timedelta(hours=4))
    with world.database.transaction() as session:
        session.execute(later)
    assert set(shown(world, "rolf")) == {hate, terror}  # nobody is trained: it is anybody's
    train(world, "rita", Concern.TERROR)
    assert (set(shown(world, "rita")), shown(world, "rolf")) == ({hate, terror}, [hate])
    assert set(shown(world, "olga")) == {hate, terror}  # who leads may take all
    with pytest.raises(CaseNotForYou):
        world.claim("rolf", world.job(terror))
    train(world, "rolf", Concern.TERROR)
    assert set(shown(world, "rolf")) == {hate, terror}
    train(world, "rolf")
    with world.database.transaction() as session:
        session.execute(later.values(due_at=now() + queue.RESERVED))
    assert set(shown(world, "rolf")) == {hate, terror}


def test_nothing_waits_for_who_is_trained_and_not_there_for_it(world: World) -> None:
    terror = world.case(concern=Concern.TERROR)
    with world.database.transaction() as session:
        session.execute(update(Job).values(due_at=now() + timedelta(hours=4)))
    train(world, "rita", Concern.TERROR)
    with world.database.transaction() as session:
        rita = world.person(session, "rita")
        reviewers.set_own(session, rita, refuses=[Concern.TERROR])
    assert shown(world, "rolf") == [terror]
    with world.database.transaction() as session:
        reviewers.set_own(session, world.person(session, "rita"), refuses=[])
    assert shown(world, "rolf") == []
    with world.database.transaction() as session:  # another look needs another person
        session.execute(update(Job).values(kind=JobKind.APPEAL))
    assert shown(world, "rolf") == [terror]
    with world.database.transaction() as session:
        session.execute(update(Job).values(kind=JobKind.FIRST))
        reviewers.end(session, "rita", by=world.person(session, "olga"))
    assert shown(world, "rolf") == [terror]


def test_who_leads_says_who_is_trained_and_the_ledger_keeps_it(world: World) -> None:
    train(world, "rita", Concern.TERROR, Concern.CHILD)
    train(world, "rita", Concern.CHILD, Concern.TERROR)  # the answer was lost: asked again
    train(world, "olga", Concern.HATE)  # who leads is in the team without being appointed
    with world.database.reading() as session:
        kept = session.scalars(
            select(LedgerEntry.record_bytes).where(LedgerEntry.kind == "reviewer_trained")
        )
        told = [json.loads(record or b"") for record in kept]
    assert [one["skills"] for one in told] == [["child", "terror"], ["hate"]]
    with pytest.raises(OperatorsOnly):
        train(world, "rita", by="rita")
    with pytest.raises(ReviewerMissing):
        train(world, "bob", Concern.HATE)


def test_who_decided_sees_neither_the_second_job_nor_the_appeal(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        appealing.by_person(session, decision_id, "Not so", by=world.person(session, "ada"))
        case = session.get_one(Case, case_id)
        session.add(
            Job(id=new_id(), case_id=case_id, kind=JobKind.SECOND, state=JobState.WAITING,
                priority=40, concern=case.concern, language="en", due_at=now(),
                created_at=now())
        )  # fmt: skip
    with world.database.reading() as session:
        rolf = queue.page(session, world.post(session, "rolf"))
        told = {(job.case_id, job.kind) for job in rolf}
    assert told == {(case_id, JobKind.SECOND), (case_id, JobKind.APPEAL)}
    assert shown(world, "rita") == []


def test_a_theme_that_one_report_of_several_names_is_kept_from_who_refuses_it(
    world: World,
) -> None:
    case_id = world.case(concern=Concern.HATE)
    world.report(case_id)
    with world.database.transaction() as session:
        report = session.scalars(select(Report).where(Report.case_id == case_id)).one()
        report.concern = Concern.CHILD
        rita = world.person(session, "rita")
        reviewers.set_own(session, rita, refuses=[Concern.CHILD])
    assert (shown(world, "rita"), shown(world, "rolf")) == ([], [case_id])


def test_who_took_something_does_not_judge_whether_that_was_right(world: World) -> None:
    with world.database.transaction() as session:
        ruling = Ruling(
            world.person(session, "rita").id, "Safety team", Role.SAFETY, "A reason"
        )
        seat = world.seat(session)
        cut = restrictions.record(session, seat, RestrictionKind.MUTE, ruling, until_at=None)
        ada = world.person(session, "ada")
        contests.contest(session, world.store, cut.id, by_person_id=ada.id, text="")
    assert shown(world, "rita") == []
    assert len(shown(world, "rolf")) == 1


def test_beyond_a_few_the_contests_of_one_room_wait_their_turn(world: World) -> None:
    with world.database.transaction() as session:
        hana, ada = world.person(session, "hana"), world.person(session, "ada")
        seat = world.seat(session)
        for _ in range(contests.AT_ONCE_MAX + 2):
            ruling = Ruling(hana.id, "Hana", Role.HOST, "A reason")
            cut = restrictions.record(
                session, seat, RestrictionKind.MUTE, ruling, until_at=None
            )
            contests.contest(session, world.store, cut.id, by_person_id=ada.id, text="")
            session.execute(update(Case).values(state=CaseState.CLOSED))  # answered at once
        found = session.scalars(select(Job.priority).order_by(Job.priority)).all()
    now_first = [priority.CONTESTED_NOW] * contests.AT_ONCE_MAX
    assert found == [*now_first, priority.CONTESTED, priority.CONTESTED]


def test_an_unproven_word_of_danger_goes_before_every_contest() -> None:
    for grave in (Concern.DANGER, Concern.CHILD):
        assert priority.priority(grave, weighing.UNKNOWN) < priority.CONTESTED_NOW
    assert priority.contest_due_after(priority.CONTESTED_NOW) < priority.due_after(
        priority.CONTESTED_NOW
    )


def test_a_claim_is_one_persons_until_it_runs_out(world: World) -> None:
    job_id = world.job(world.case())
    world.claim("rita", job_id)
    assert shown(world, "rolf") == []
    with pytest.raises(JobTaken):
        world.claim("rolf", job_id)
    with world.database.transaction() as session:
        past = now() - timedelta(seconds=1)
        session.execute(update(Job).values(lease_until=past))
    assert len(shown(world, "rolf")) == 1
    world.claim("rolf", job_id)
    with world.database.transaction() as session, pytest.raises(NotYourJob):
        claiming.renew(session, job_id, world.post(session, "rita"))


def test_a_reviewer_holds_three_jobs_at_most(world: World) -> None:
    jobs = [world.job(world.case()) for _ in range(4)]
    for job_id in jobs[:3]:
        world.claim("rita", job_id)
    with pytest.raises(TooManyClaims):
        world.claim("rita", jobs[3])
    with world.database.transaction() as session:
        claiming.release(session, jobs[0], world.post(session, "rita"))
    world.claim("rita", jobs[3])


def test_a_claim_whose_answer_was_lost_is_answered_again(world: World) -> None:
    for _ in range(4):
        world.case()
    first = take_next(world, "rita", known=[])
    assert take_next(world, "rita", known=[]) == first
    assert [job.id for job in held_by(world, "rita")] == [first]
    second = take_next(world, "rita", known=[first])  # she knows of it and wants one more
    assert second != first
    world.see("rita", case_of(world, first))
    assert take_next(world, "rita", known=[]) == second  # another page of hers has the first
    world.see("rita", case_of(world, second))
    third = take_next(world, "rita", known=[])
    assert third not in {first, second}
    assert take_next(world, "rita", known=[first, second]) == third  # though she holds three
    with pytest.raises(TooManyClaims):
        take_next(world, "rita", known=[first, second, third])


def test_who_does_not_say_what_they_hold_gets_another_job(world: World) -> None:
    world.case()
    world.case()
    assert take_next(world, "rita") != take_next(world, "rita")


def test_a_case_that_was_seen_under_an_earlier_claim_is_given_again(world: World) -> None:
    case_id = world.case()
    job_id = world.job(case_id)
    world.claim("rita", job_id)
    world.see("rita", case_id)
    with world.database.transaction() as session:
        claiming.release(session, job_id, world.post(session, "rita"))
        session.execute(update(Exposure).values(at=now() - timedelta(minutes=1)))
    world.case()
    assert take_next(world, "rita", known=[]) == job_id
    assert take_next(world, "rita", known=[]) == job_id


def take_next(world: World, who: str, known: Collection[str] | None = None) -> str:
    with world.database.transaction() as session:
        job = claiming.claim_next(session, world.post(session, who), known=known)
    assert job is not None
    return job.id


def held_by(world: World, who: str) -> list[Job]:
    with world.database.reading() as session:
        return queue.mine(session, world.post(session, who))


def case_of(world: World, job_id: str) -> str:
    with world.database.reading() as session:
        return session.get_one(Job, job_id).case_id


def test_of_many_who_claim_at_once_each_gets_a_job_of_their_own(world: World) -> None:
    for _ in range(6):
        world.case()
    with world.database.transaction() as session:
        olga = world.person(session, "olga")
        for who in ("bob", "hana"):
            reviewers.appoint(session, who, languages=[], by=olga)
    won: list[str] = []
    start = threading.Barrier(8)

    def race(who: str) -> None:
        start.wait()
        with world.database.transaction() as session:
            job = claiming.claim_next(session, world.post(session, who))
        if job is not None:
            won.append(job.id)

    racers = ["rita", "rolf", "rosa", "olga", "bob", "rita", "rolf", "rosa"]
    threads = [threading.Thread(target=race, args=(who,)) for who in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == len(set(won)) == 6
    with world.database.reading() as session:
        claimed = select(func.count()).select_from(Job).where(Job.state == JobState.CLAIMED)
        assert session.scalar(claimed) == 6


def test_of_four_who_claim_the_same_job_one_gets_it(world: World) -> None:
    job_id = world.job(world.case())
    outcomes: list[str] = []

    def race(who: str) -> None:
        start.wait()
        try:
            world.claim(who, job_id)
            outcomes.append(who)
        except JobTaken:
            outcomes.append("-")

    people = ["rita", "rolf", "rosa", "olga"]
    start = threading.Barrier(len(people))
    threads = [threading.Thread(target=race, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[:3] == ["-", "-", "-"]
    assert sorted(outcomes)[3] in people


def test_only_the_team_works_on_cases(world: World) -> None:
    with world.database.transaction() as session, pytest.raises(ReviewersOnly):
        world.post(session, "bob")
    with world.database.transaction() as session:
        reviewers.end(session, "rita", by=world.person(session, "olga"))
    with world.database.transaction() as session, pytest.raises(ReviewersOnly):
        world.post(session, "rita")


def test_a_blind_job_shows_nothing_of_what_was_decided(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.OFF_STAGE))
    with world.database.transaction() as session:
        session.add(
            Job(id="second", case_id=case_id, kind=JobKind.SECOND, state=JobState.WAITING,
                priority=40, concern=Concern.HATE, language="en", due_at=now(),
                created_at=now())
        )  # fmt: skip
    with world.database.transaction() as session:
        told = reading.open_case(session, case_id, world.post(session, "rita"), world.folders)
        assert [one.kind for one in told.timeline] == ["decision"]
        blind = reading.open_case(session, case_id, world.post(session, "rolf"), world.folders)
        assert (blind.is_blind, blind.timeline, blind.state) == (True, [], CaseState.OPEN)
        assert "listener and hurt" in told.model_dump_json()
        assert "listener and hurt" not in blind.model_dump_json()


def test_reporters_are_nowhere_on_the_page(world: World) -> None:
    case_id = world.case()
    world.report(case_id, "bob")
    with world.database.transaction() as session:
        post = world.post(session, "rita")
        told = reading.open_case(session, case_id, post, world.folders)
        bob = world.person(session, "bob")
    (report,) = (one.report for one in told.timeline if one.report)
    assert report.text == "They said they will come for me."
    text = told.model_dump_json()
    assert bob.id not in text
    assert "bob" not in text.lower()


def test_who_is_in_the_team_keeps_their_languages_when_they_are_named_again(
    world: World,
) -> None:
    def appoint(*languages: str) -> list[str] | None:
        with world.database.transaction() as session:
            olga = world.person(session, "olga")
            post = reviewers.appoint(session, "ada", languages=languages, by=olga)
            return reviewers.languages_of(post)

    assert appoint("id", "en") == ["en", "id"]
    assert appoint("en", "id") == ["en", "id"]  # the answer was lost: asked again
    with pytest.raises(AlreadyReviewer):
        appoint()
    with world.database.transaction() as session:
        reviewers.end(session, "ada", by=world.person(session, "olga"))
    assert appoint() is None
