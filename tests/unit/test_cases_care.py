"""What a shift may hold: time at a case counts, and the time away from it does not."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.cases import care, claiming, queue
from balai.cases.care import LOOK_GAP, OPENING_S
from balai.cases.errors import LighterFirst, ShiftSpent
from balai.cases.model import Case, CaseState, Exposure
from balai.clock import now
from balai.ids import new_id
from tests.cases_world import World


def shown(world: World, who: str) -> list[str]:
    with world.database.reading() as session:
        return [job.case_id for job in queue.page(session, world.post(session, who))]


def expose(
    world: World, who: str, seconds: float, *, is_severe: bool, hours: float = 0
) -> None:
    case_id = world.case(is_severe=is_severe, state=CaseState.CLOSED)
    with world.database.transaction() as session:
        session.add(
            Exposure(
                id=new_id(),
                person_id=world.person(session, who).id,
                case_id=case_id,
                is_severe=is_severe,
                seconds=seconds,
                at=now() - timedelta(hours=hours, seconds=seconds),
            )
        )


def test_after_fifteen_severe_minutes_nothing_severe_is_given_out(world: World) -> None:
    expose(world, "rita", 15 * 60, is_severe=True)
    severe, light = world.case(is_severe=True), world.case()
    assert severe not in shown(world, "rita")
    assert light in shown(world, "rita")
    with pytest.raises(ShiftSpent):
        world.claim("rita", world.job(severe))
    with pytest.raises(ShiftSpent):
        world.see("rita", severe)
    world.see("rita", light)


def test_after_an_hour_of_anything_the_shift_is_over_and_eight_hours_later_it_is_not(
    world: World,
) -> None:
    expose(world, "rita", 3600, is_severe=False)
    expose(world, "rolf", 3600, is_severe=False, hours=8)
    world.case()
    assert shown(world, "rita") == []
    assert len(shown(world, "rolf")) > 0
    with world.database.transaction() as session, pytest.raises(ShiftSpent):
        claiming.claim_next(session, world.post(session, "rita"))


def test_after_five_severe_cases_a_lighter_one_has_to_come(world: World) -> None:
    severe = [world.case(is_severe=True) for _ in range(6)]
    light = world.case()
    for case_id in severe[:5]:
        world.see("rita", case_id)
    world.see("rita", severe[4])  # the fifth may be finished
    with pytest.raises(LighterFirst):
        world.see("rita", severe[5])
    world.see("rita", light)
    world.see("rita", severe[5])


def test_each_opening_is_counted_and_going_on_counts_the_time(world: World) -> None:
    case_id = world.case()
    world.see("rita", case_id)
    with world.database.transaction() as session:
        earlier = now() - timedelta(minutes=5)
        session.execute(update(Exposure).values(at=earlier))
    world.see("rita", case_id)
    with world.database.reading() as session:
        (look,) = session.scalars(select(Exposure))
        assert look.seconds == pytest.approx(300, abs=5)
        assert care.spent(session, look.person_id).any_s == look.seconds


@pytest.mark.parametrize(
    ("away", "counts_s"),
    [(timedelta(minutes=4), 240 + OPENING_S), (LOOK_GAP + timedelta(seconds=5), 2 * OPENING_S)],
)
def test_who_comes_back_after_a_while_was_not_looking(
    world: World, away: timedelta, counts_s: float
) -> None:
    case_id = world.case()
    rita = world.person_id("rita")
    with world.database.transaction() as session:
        look = care.looked(session, rita, session.get_one(Case, case_id))
        begun = look.at - away - timedelta(seconds=OPENING_S)
        session.execute(update(Exposure).values(at=begun))
    with world.database.transaction() as session:
        care.looked(session, rita, session.get_one(Case, case_id))
    with world.database.reading() as session:
        assert care.spent(session, rita).any_s == pytest.approx(counts_s, abs=1)
