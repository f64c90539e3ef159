"""Counts and standing after an overturned decision: as if the right one had come at once."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from balai.broadcast.judging import Judging, SoFar
from balai.broadcast.studio import Studio
from balai.cases import appealing, claiming, effects, hosts, receipts, reporters
from balai.cases.finding import Finding
from balai.cases.model import CaseFlag, JobKind, Measure, Outcome, Report
from balai.cases.reading import invited_removed
from balai.clock import now
from balai.ids import new_id
from balai.people.model import Arrival, Invitation, Purpose
from balai.people.sign_in import Caller
from balai.rooms import overview
from balai.rooms import spoken as words
from balai.rooms.model import Flag, FlagState, Seat
from balai.rooms.spoken import Span, Spoken
from balai.settings import Settings
from tests.cases_world import World, nothing, violation


@pytest.fixture
def right() -> Iterator[World]:
    """A world in which the first reviewer was right at once."""
    made = World()
    yield made
    made.close()


def settle(world: World) -> None:
    world.work()
    with world.database.transaction() as session:
        effects.settle(session, now())


def decide(world: World, case_id: str, finding: Finding) -> str:
    decision_id = world.decide("rita", case_id, finding)
    settle(world)
    return decision_id


def overturn(world: World, case_id: str, decision_id: str) -> None:
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        appealing.by_person(session, decision_id, "It was a song", by=by)
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        post, office = world.post(session, "rolf"), world.office(session, "rolf")
        read = world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.NO_VIOLATION, revision=read)
        appealing.answer(
            session, job_id, "Heard again", office, instead=nothing(), revision=read
        )
    settle(world)


def reported(world: World) -> str:
    case_id = world.case()
    world.report(case_id)
    with world.database.transaction() as session:
        for report in session.scalars(select(Report)):
            report.seat_id = world.seat_id
    return case_id


def weight(world: World) -> float:
    with world.database.reading() as session:
        return reporters.weight_of(session, Caller(person=world.person(session, "bob")))


def test_a_reporter_who_was_wrong_weighs_as_if_that_had_been_said_at_once(
    world: World, right: World
) -> None:
    case_id = reported(world)
    decision_id = decide(world, case_id, violation(Measure.TIMED_MUTE))
    before = weight(world)
    overturn(world, case_id, decision_id)
    decide(right, reported(right), nothing())
    assert weight(world) == weight(right) < before
    with world.database.reading() as session:
        (told,) = receipts.told(session, session.scalars(select(Report)).all())
    assert (told.outcome, told.follow_up) == (Outcome.NO_VIOLATION, "nothing")


def test_whoever_invited_a_person_wrongly_removed_is_not_remembered_for_it(
    world: World,
) -> None:
    with world.database.transaction() as session:
        link = Invitation(
            id=new_id(), purpose=Purpose.JOIN, token_hash=new_id(),
            by_person_id=world.person(session, "bob").id, uses_left=0,
            created_at=now(), expires_at=now(),
        )  # fmt: skip
        session.add(link)
        session.flush()
        ada, bob = world.person(session, "ada"), world.person(session, "bob")
        session.add(
            Arrival(person_id=ada.id, invitation_id=link.id, by_person_id=bob.id, at=now())
        )
    case_id = world.case()
    decision_id = decide(world, case_id, violation(Measure.HOUSE_BAN))
    bob_id = world.person_id("bob")
    with world.database.reading() as session:
        assert invited_removed(session, bob_id) == 1
    overturn(world, case_id, decision_id)
    with world.database.reading() as session:
        assert invited_removed(session, bob_id) == 0


def test_the_desk_counts_no_cut_that_was_overturned(world: World, right: World) -> None:
    def risk(of: World) -> tuple[int, float]:
        with of.database.reading() as session:
            record = overview.read(session, {}, {})[of.room_id]
            return record.cuts, record.risk

    case_id = world.case()
    decision_id = decide(world, case_id, violation(Measure.ROOM_BAN))
    assert risk(world)[0] == 1
    overturn(world, case_id, decision_id)
    decide(right, right.case(), nothing())
    assert risk(world) == risk(right)
    assert risk(right)[0] == 0


def test_a_hosts_cut_is_judged_as_if_the_overturned_decision_had_never_been(
    world: World, right: World
) -> None:
    """A report calls for a cut unless it was found wrong; the team's own cuts are no host's."""

    def seen(of: World) -> tuple[int, int]:
        with of.database.reading() as session:
            observed = hosts.observed(session, of.room(session))
            return len(observed.calls), len(observed.cuts)

    case_id = reported(world)
    decision_id = decide(world, case_id, violation(Measure.ROOM_BAN))
    assert seen(world) == (1, 0)
    overturn(world, case_id, decision_id)
    decide(right, reported(right), nothing())
    assert seen(world) == seen(right) == (0, 0)


def said(seat: Seat) -> Spoken:
    return Spoken(
        room_id=seat.room_id, seat_id=seat.id, from_position=0, to_position=48_000,
        clause="threats", rule="r", title={"en": "Threats"}, why={"en": "Because"}, priority=50,
        category="STATEMENT_CATEGORY_VIOLENCE", pack_hash="0" * 64, pack_name="p",
        language="en", confidence=0.9, not_held_because=None, is_sure=True,
        spans=(Span(text="x", from_position=0, to_position=48_000),), engine="test",
    )  # fmt: skip


def test_the_policy_remembers_no_flag_that_was_overturned(world: World) -> None:
    with world.database.transaction() as session:
        flag_id = words.raise_spoken(session, said(world.seat(session)), held=True).id
    case_id = world.case()
    with world.database.transaction() as session:
        session.add(CaseFlag(flag_id=flag_id, case_id=case_id))
    nobody: Any = None
    studio = Studio(Settings(), world.database, nobody, nobody, {world.room_id: nobody}, nobody)
    judging, so_far = Judging(studio, nobody), SoFar()
    for is_hold in (True, False):
        so_far.add(is_hold=is_hold)
        so_far.written(flag_id, is_hold=is_hold)
    so_far.add(is_hold=False)  # of another matter, which is not written down yet

    def weighs() -> tuple[int, int]:
        judging._renew()
        return judging.weighs(so_far.flags), judging.weighs(so_far.holds)

    assert weighs() == (3, 1)
    decision_id = decide(world, case_id, violation(Measure.TIMED_MUTE))
    assert weighs() == (3, 1)
    overturn(world, case_id, decision_id)
    assert weighs() == (1, 0)
    assert so_far.flags == Counter({flag_id: 2, "": 1})
    with world.database.reading() as session:
        assert session.get_one(Flag, flag_id).state is FlagState.RELEASED
