"""What a reporter is told of what follows: under way, done, or nothing that is left to do."""

from sqlalchemy import select, update

from balai.cases import ladder, receipts
from balai.cases.model import DecidedEffect, EffectState, Measure, Report
from balai.cases.receipts import FollowUp
from balai.clock import now
from tests.cases_world import World, violation


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
