"""What the house does for its rooms by the clock, while the records refuse now and then."""

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.clock import now
from balai.database import DatabaseBusy
from balai.feed import FeedEntry
from balai.rooms import duty, shield
from balai.rooms.shield import CALM_S, Arrivals
from balai.web import keeping as keeping_
from balai.web.keeping import Keeping
from tests.cases_world import KEY, World


class Refusing:
    """Records that can be read, and refuse what is written as often as they are told."""

    def __init__(self, world: World) -> None:
        self.reading = world.database.reading
        self.refusals = 0
        self._world = world

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._world.database.transaction() as session:
            yield session
            if self.refusals:
                self.refusals -= 1
                raise DatabaseBusy


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def records(world: World) -> Refusing:
    return Refusing(world)


@pytest.fixture
def keeping(records: Refusing) -> Keeping:
    streams = SimpleNamespace(came=lambda _room_id: [], of_the_team=frozenset)
    return Keeping(cast("Any", records), cast("Any", None), cast("Any", streams), KEY)


def is_locked(world: World) -> bool:
    with world.database.reading() as session:
        return world.room(session).hands_locked


def test_a_shield_that_could_not_be_written_down_rises_and_falls_all_the_same(
    world: World, records: Refusing, keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    came, at_s = [Arrivals(known=12, young=10)], [0.0]
    monkeypatch.setattr(shield, "arrivals", lambda *_, **__: came[0])
    monkeypatch.setattr(keeping_, "time", SimpleNamespace(monotonic=lambda: at_s[0]))

    def refused_once() -> None:
        records.refusals = 1
        with pytest.raises(DatabaseBusy):
            keeping._look()

    refused_once()
    assert (is_locked(world), keeping.is_shielded(world.room_id)) == (False, False)
    assert keeping._look()
    assert (is_locked(world), keeping.is_shielded(world.room_id)) == (True, True)
    came[0] = Arrivals()
    assert not keeping._look()
    at_s[0] = CALM_S
    refused_once()
    assert (is_locked(world), keeping.is_shielded(world.room_id)) == (True, True)
    assert keeping._look()
    assert (is_locked(world), keeping.is_shielded(world.room_id)) == (False, False)


def test_that_duty_ran_out_is_told_though_the_records_refused_at_first(
    world: World, records: Refusing, keeping: Keeping
) -> None:
    with world.database.transaction() as session:
        soon = now() + timedelta(hours=1)
        duty.begin(session, by=world.person(session, "olga"), until_at=soon)
    assert not keeping._look()
    with world.database.transaction() as session:
        session.get_one(duty.Duty, world.person_id("olga")).until_at = now()
    keeping._covered_until = now()
    records.refusals = 1
    with pytest.raises(DatabaseBusy):
        keeping._look()
    assert keeping._look()
    with world.database.reading() as session:
        told = session.scalars(select(FeedEntry).where(FeedEntry.kind == "duty")).all()
    assert [one.data for one in told] == [{"on_duty": True}, {"on_duty": False}]
