"""Who is on duty: nobody who is shut out of the house."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from balai.cases.model import Measure
from balai.clock import now
from balai.feed import FeedEntry
from balai.rooms import duty
from tests.cases_world import World, step, violation


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("measure", "is_on_duty"), [(Measure.HOUSE_BAN, False), (Measure.LISTEN_ONLY, True)]
)
def test_a_ban_of_the_house_ends_duty_and_the_hosts_are_told(
    world: World, measure: Measure, is_on_duty: bool
) -> None:
    world.take_stage("olga")
    with world.database.transaction() as session:
        olga = world.person(session, "olga")
        duty.begin(session, by=olga, until_at=now() + timedelta(hours=2))
    world.decide("rita", world.case("olga"), violation(step(measure)))
    with world.database.reading() as session:
        on_duty = [person.handle for person, _ in duty.on_duty(session)]
        told = session.scalars(select(FeedEntry).where(FeedEntry.kind == "duty"))
        last = [one.data["on_duty"] for one in told][-1]
    assert (on_duty == ["olga"], last) == (is_on_duty, is_on_duty)
