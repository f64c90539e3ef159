"""Decisions: what they need, what they write, what they do, and when a case closes."""

import pytest
from sqlalchemy import select

from balai.cases import deciding, effects, reading, reviewers
from balai.cases.errors import ClauseMissing, FactsMissing, FindingInvalid, OwnCase, TookPart
from balai.cases.finding import Finding, Step
from balai.cases.model import (
    Case,
    CaseKind,
    CaseRestriction,
    CaseState,
    DecidedEffect,
    DecisionState,
    EffectState,
    Job,
    JobKind,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.errors import BalaiError
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.people import invitations
from balai.people.keys import HouseKey
from balai.people.sign_in import Caller
from balai.rooms import bans, hands, lifecycle
from balai.rooms import effects as hosts
from balai.rooms.errors import Banned, ListenOnly
from balai.rooms.model import Ban, Restriction, SeatState, WishKind
from balai.statements.errors import StatementInvalid
from balai.statements.model import Statement
from tests.cases_world import CLAUSE, KEY, World, nothing, violation


def told(world: World, decision_id: str) -> list[tuple[Measure, EffectState, str | None]]:
    with world.database.reading() as session:
        rows = effects.of_decision(session, decision_id)
        return [(row.measure, row.state, row.observed) for row in rows]


def settle(world: World) -> int:
    with world.database.transaction() as session:
        return effects.settle(session, now())


def test_nothing_found_closes_the_case_at_once(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, nothing())
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        assert session.scalars(select(Statement)).all() == []


def test_a_mute_closes_the_case_when_it_was_observed(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    assert world.state(case_id) is CaseState.DECIDED
    assert told(world, decision_id) == [(Measure.TIMED_MUTE, EffectState.PENDING, None)]
    world.work()
    assert world.state(case_id) is CaseState.DECIDED
    assert (settle(world), settle(world)) == (1, 0)
    assert told(world, decision_id) == [(Measure.TIMED_MUTE, EffectState.CARRIED_OUT, "mute")]
    assert world.state(case_id) is CaseState.CLOSED


def test_the_restriction_carries_the_statement_of_the_decision(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    world.work()
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
        (restriction,) = session.scalars(select(Restriction))
        kinds = session.scalars(select(LedgerEntry.kind)).all()
        assert world.seat(session).muted
    assert (statement.decision_id, statement.restriction_id) == (decision_id, restriction.id)
    assert restriction.statement_id == statement.id == world.decision(decision_id).statement_id
    assert (restriction.by_name, restriction.by_role) == ("Safety team", "safety")
    assert sorted(set(kinds)) == ["decision", "reviewer_appointed", "statement"]


def test_a_mute_in_a_room_that_is_over_is_moot_and_stated_nowhere(world: World) -> None:
    case_id = world.case()
    world.end_room()
    decision_id = world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    assert told(world, decision_id) == [
        (Measure.TIMED_MUTE, EffectState.CARRIED_OUT, "room_over")
    ]
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        assert session.scalars(select(Statement)).all() == []


def test_what_never_happened_because_the_room_ended_is_no_longer_stated(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    with world.database.transaction() as session:
        lifecycle.interrupted(session, world.room_id)
    settle(world)
    assert told(world, decision_id) == [
        (Measure.TIMED_MUTE, EffectState.CARRIED_OUT, "room_over")
    ]
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
    assert statement.withdrawn_at is not None
    assert world.state(case_id) is CaseState.CLOSED


def test_what_fails_is_tried_three_times_and_then_the_case_is_red(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.OFF_STAGE))
    tries = 0
    while world.work(fails=True):
        tries += 1
        settle(world)
    assert tries == 3
    assert told(world, decision_id) == [(Measure.OFF_STAGE, EffectState.FAILED, None)]
    assert world.state(case_id) is CaseState.DECIDED
    call = world.job(case_id, JobKind.EFFECT)
    with world.database.reading() as session:
        assert session.get_one(Job, call).priority == 0
    with world.database.transaction() as session:
        assert effects.try_again(session, session.get_one(Case, case_id)) == 1
    world.work()
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        assert world.seat(session).state is SeatState.LEFT


@pytest.mark.parametrize(
    ("finding", "error"),
    [
        (Finding(outcome=Outcome.VIOLATION, facts="x"), ClauseMissing),
        (Finding(outcome=Outcome.VIOLATION, facts="x", clause="none-such"), ClauseMissing),
        (Finding(outcome=Outcome.VIOLATION, facts="x", clause=CLAUSE), FindingInvalid),
        (violation(Measure.NUDGE, facts="  "), FactsMissing),
        (nothing(facts=""), FactsMissing),
        (
            Finding(
                outcome=Outcome.NO_VIOLATION, facts="x", steps=(Step(measure=Measure.NUDGE),)
            ),
            FindingInvalid,
        ),
        (violation(Measure.GIVE_BACK), FindingInvalid),
        (violation(Step(measure=Measure.TIMED_MUTE)), FindingInvalid),
        (violation(Step(measure=Measure.TIMED_MUTE, seconds=1e9)), FindingInvalid),
        (violation(Step(measure=Measure.NUDGE, seconds=5)), FindingInvalid),
        (violation(Step(measure=Measure.ROOM_BAN, everywhere=True)), FindingInvalid),
        (violation(Measure.NUDGE, Measure.NUDGE), FindingInvalid),
        (violation(Measure.TIMED_MUTE, facts="Ada threatens somebody."), StatementInvalid),
        (violation(Measure.TIMED_MUTE, facts="Call 0812 3456 7890."), StatementInvalid),
    ],
)
def test_what_cannot_be_decided_changes_nothing(
    world: World, finding: Finding, error: type[BalaiError]
) -> None:
    case_id = world.case()
    with pytest.raises(error):
        world.decide("rita", case_id, finding)
    assert world.state(case_id) is CaseState.OPEN
    with world.database.reading() as session:
        assert session.scalars(select(DecidedEffect)).all() == []
        assert session.scalars(select(Statement)).all() == []


@pytest.mark.parametrize("who", ["ada", "hana", "bob"])
def test_nobody_decides_about_themselves_their_room_or_their_report(
    world: World, who: str
) -> None:
    case_id = world.case()
    world.report(case_id, "bob")
    with world.database.transaction() as session:
        reviewers.appoint(session, who, languages=[], by=world.person(session, "olga"))
    with pytest.raises(OwnCase):
        world.claim(who, world.job(case_id))


def test_a_permanent_removal_needs_somebody_else(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.PERMANENT_REMOVAL))
    assert world.decision(decision_id).state == "proposed"
    assert world.state(case_id) is CaseState.OPEN
    approval = world.job(case_id, JobKind.APPROVAL)
    with pytest.raises(TookPart):
        world.claim("rita", approval)
    world.claim("rolf", approval)
    with world.database.transaction() as session:
        office, read = world.office(session, "rolf"), world.revision(session, approval)
        deciding.approve(session, approval, "", office, instead=None, revision=read)
    assert world.decision(decision_id).state == "in_force"
    world.work()
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        ada = world.person(session, "ada")
        assert bans.shut_out_until(session, ada, key=KEY) == bans.FOR_GOOD
        assert world.seat(session).state is SeatState.LEFT


def test_a_refused_proposal_gives_way_to_the_second_persons_finding(world: World) -> None:
    case_id = world.case()
    first = world.decide("rita", case_id, violation(Measure.PERMANENT_REMOVAL))
    approval = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", approval)
    with world.database.transaction() as session:
        office, read = world.office(session, "rolf"), world.revision(session, approval)
        second = deciding.approve(
            session, approval, "Too much", office, instead=nothing(), revision=read
        ).id
    assert (world.decision(first).state, world.decision(second).state) == (
        "refused",
        "in_force",
    )
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        ada = world.person(session, "ada")
        assert bans.shut_out_until(session, ada, key=KEY) is None


def test_who_may_only_listen_is_kept_from_the_stage_and_hears_on(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.LISTEN_ONLY))
    world.work()
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        ada, room = world.person(session, "ada"), world.room(session)
        assert world.seat(session).state is SeatState.LEFT
        caller = Caller(person=ada)
        with pytest.raises(ListenOnly):
            bans.require_not_banned(session, room.id, caller, key=KEY)
        assert bans.hears(session, room, caller, key=KEY)
        assert bans.banned_until(session, room.id, caller, key=KEY) is None


def test_a_room_ban_is_a_restriction_with_the_decisions_statement(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.ROOM_BAN))
    world.work()
    settle(world)
    with world.database.reading() as session:
        caller = Caller(person=world.person(session, "ada"))
        with pytest.raises(Banned):
            bans.require_not_banned(session, world.room_id, caller, key=KEY)
        (restriction,) = session.scalars(select(Restriction))
    assert restriction.statement_id == world.decision(decision_id).statement_id
    assert world.state(case_id) is CaseState.CLOSED


def test_what_hosts_took_wrongly_is_given_back_and_the_room_is_told(world: World) -> None:
    with world.database.transaction() as session:
        asked = hosts.Asked(kind=WishKind.MOVE_TO_HALL, seat_id=world.seat_id, reason="No")
        hana, room = world.person(session, "hana"), world.room(session)
        hosts.ask(session, room, asked, by=hana, key=KEY)
    world.work()
    case_id = world.case(kind=CaseKind.CONTEST)
    with world.database.transaction() as session:
        (restriction,) = session.scalars(select(Restriction))
        session.add(CaseRestriction(case_id=case_id, restriction_id=restriction.id))
    plain = Finding(outcome=Outcome.VIOLATION, facts="The host cut them for a question.")
    world.decide("rita", case_id, plain)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        assert world.seat(session).state is SeatState.INVITED
        (restriction,) = session.scalars(select(Restriction))
        (statement,) = session.scalars(select(Statement))
        (repair,) = session.scalars(select(FeedEntry).where(FeedEntry.kind == "repair"))
    assert restriction.lifted_at is not None
    assert statement.withdrawn_at is not None
    assert (repair.audience, repair.data) == (
        "all",
        {"seat_id": world.seat_id, "name": "Ada", "why": "contest", "what": ["move_to_hall"]},
    )


def test_about_a_tenth_of_cases_is_decided_twice() -> None:
    sampled = sum(deciding.is_sampled(f"case{number}", KEY) for number in range(10_000))
    assert 900 < sampled < 1100
    other = HouseKey(b"o" * 32)
    chosen = [deciding.is_sampled(f"case{number}", KEY) for number in range(100)]
    assert chosen == [deciding.is_sampled(f"case{number}", KEY) for number in range(100)]
    assert chosen != [deciding.is_sampled(f"case{number}", other) for number in range(100)]


def test_a_hand_cannot_be_raised_after_a_house_ban(world: World) -> None:
    world.decide("rita", world.case(), violation(Measure.HOUSE_BAN))
    world.work()
    with world.database.reading() as session:
        ada, room = world.person(session, "ada"), world.room(session)
        assert hands.raised_by(session, room.id, ada) is None
        with pytest.raises(Banned):
            bans.require_not_banned(session, room.id, Caller(person=ada), key=KEY)


def test_who_invited_a_removed_person_loses_nothing_by_that(world: World) -> None:
    with world.database.transaction() as session:
        bob, ada = world.person(session, "bob"), world.person(session, "ada")
        link, _ = invitations.invite(session, by=bob, uses=2, hours=24)
        invitations.arrived(session, ada, link)
    world.decide("rita", world.case(), violation(Measure.HOUSE_BAN))
    world.work()
    settle(world)
    world.take_stage("bob")
    case_id = world.case("bob")
    with world.database.transaction() as session:
        bob = world.person(session, "bob")
        assert bans.shut_out_until(session, bob, key=KEY) is None
        assert [one.id for one in invitations.of_person(session, bob)] == [link.id]
        bans.require_not_banned(session, world.room_id, Caller(person=bob), key=KEY)
        told = reading.open_case(session, case_id, world.post(session, "rolf"), world.folders)
    assert told.invited_removed == 1


@pytest.mark.parametrize("name", ["people", "Person", "Anybody"])
def test_a_name_that_the_rule_itself_says_protects_nobody(world: World, name: str) -> None:
    with world.database.transaction() as session:
        world.seat(session).alias = name
    decision_id = world.decide("rita", world.case(), violation(Measure.OFF_STAGE))
    assert world.decision(decision_id).state is DecisionState.IN_FORCE


def test_nudges_that_nobody_fetches_stand_in_nobodys_way(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(effects, "_BATCH", 1)
    for _ in range(3):
        world.decide("rita", world.case(), violation(Measure.NUDGE))
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    world.work()
    settle(world)
    with world.database.reading() as session:
        assert session.get_one(Case, case_id).state is CaseState.CLOSED


def test_to_shut_out_who_hosts_a_room_on_air_takes_two(world: World) -> None:
    with world.database.transaction() as session:
        hana = world.person(session, "hana").id
    case_id = world.case(None, kind=CaseKind.HOST, person_id=hana)
    decision_id = world.decide("rita", case_id, violation(Measure.HOUSE_BAN))
    assert world.decision(decision_id).state is DecisionState.PROPOSED
    with world.database.reading() as session:
        assert session.scalar(select(Ban.id).limit(1)) is None
