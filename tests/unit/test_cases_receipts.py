"""What a reporter is told of what follows: under way, done, or nothing that is left to do."""

from sqlalchemy import select, update

from balai.cases import ladder, receipts
from balai.cases.model import DecidedEffect, EffectState, Measure, Report
from balai.cases.receipts import FollowUp, ReportView
from balai.clock import now
from balai.evidence.model import Sealed
from balai.evidence.sound import RATE_HZ
from tests.cases_world import World, nothing, violation
from tests.unit.test_cases_appeals import answer, appeal, settle
from tests.unit.test_cases_sound import piece


def follow_up(world: World) -> FollowUp | None:
    with world.database.reading() as session:
        (told,) = receipts.told(session, session.scalars(select(Report)).all())
    return told.follow_up


def test_what_follows_is_promised_only_while_it_is_still_to_come(world: World) -> None:
    case_id = world.case()
    world.report(case_id)
    assert follow_up(world) is None
    world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    assert follow_up(world) is FollowUp.UNDER_WAY
    world.end_room()
    for observed, wanted in (
        (min(ladder.NOTHING_DONE), FollowUp.NOTHING),
        ("muted", FollowUp.DONE),
    ):
        done = {"state": EffectState.CARRIED_OUT, "observed": observed, "observed_at": now()}
        with world.database.transaction() as session:
            session.execute(update(DecidedEffect).values(done))
        assert follow_up(world) is wanted


def reports(world: World) -> list[ReportView]:
    with world.database.reading() as session:
        query = select(Report).order_by(Report.at)
        return receipts.told(session, session.scalars(query).all())


def test_who_reported_before_is_told_that_it_was_decided_differently_once(
    world: World,
) -> None:
    case_id = world.case()
    world.report(case_id)
    decision_id = world.decide("rita", case_id, violation(Measure.NUDGE))
    settle(world)
    assert [one.was_overturned for one in reports(world)] == [False]
    world.report(case_id, "rosa")  # of a decision before it they know nothing
    with world.database.transaction() as session:
        late = session.scalars(select(Report).order_by(Report.id)).all()
        for one in late:
            if one.by_person_id == world.person(session, "rosa").id:
                one.at = now()
    appeal(world, decision_id)
    answer(world, "rolf", case_id, nothing())
    assert [one.was_overturned for one in reports(world)] == [True, False]


def test_sound_is_promised_only_where_there_is_any(world: World) -> None:
    case_id = world.case()
    for voiced in (0, RATE_HZ):
        sealed_id = piece(world, case_id, 0, RATE_HZ, voiced=voiced)
        with world.database.transaction() as session:
            (report,) = session.scalars(select(Report).where(Report.sealed_id.is_(None)))
            report.sealed_id, report.at = sealed_id, now()
    assert [one.is_sealed for one in reports(world)] == [False, True]
    with world.database.transaction() as session:
        session.execute(update(Sealed).values(destroyed_at=now()))
    assert [one.is_sealed for one in reports(world)] == [False, False]
