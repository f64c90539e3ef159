"""Appeals: who may, until when, who answers, and what an overturned decision leaves behind."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.cases import appealing, claiming, effects
from balai.cases.errors import (
    AlreadyAppealed,
    AppealTooLate,
    DecisionMissing,
    FirstViewNeeded,
    NotAppealable,
    ReceiptUnknown,
    TookPart,
    WhyMissing,
)
from balai.cases.finding import Finding
from balai.cases.model import (
    Appeal,
    AppealState,
    CaseState,
    Decision,
    DecisionState,
    EffectState,
    JobKind,
    Measure,
    Outcome,
    Report,
)
from balai.clock import now
from balai.evidence.model import Sealed
from balai.feed import FeedEntry
from balai.ids import new_id
from balai.people import invitations
from balai.people.keys import digest
from balai.people.model import Invitation
from balai.people.sign_in import Caller
from balai.rooms import bans
from balai.rooms.model import Flag, FlagStage, FlagState, Restriction, SeatState
from balai.statements.model import Statement
from tests.cases_world import KEY, World, nothing, violation


def settle(world: World) -> None:
    world.work()
    with world.database.transaction() as session:
        effects.settle(session, now())


def appeal(world: World, decision_id: str, who: str = "ada", text: str = "Not so") -> str:
    with world.database.transaction() as session:
        by = world.person(session, who)
        return appealing.by_person(session, decision_id, text, by=by).id


def answer(
    world: World, who: str, case_id: str, instead: Finding | None, said: str = "Heard again"
) -> AppealState:
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim(who, job_id)
    with world.database.transaction() as session:
        post = world.post(session, who)
        read = world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.NO_VIOLATION, revision=read)
        office = world.office(session, who)
        (one,) = appealing.answer(session, job_id, said, office, instead=instead, revision=read)
        return one.state


def decided(world: World, *measures: Measure) -> tuple[str, str]:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(*measures))
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    return case_id, decision_id


def test_an_upheld_decision_stands_with_reasons(world: World) -> None:
    case_id, decision_id = decided(world, Measure.TIMED_MUTE)
    appeal(world, decision_id)
    assert answer(world, "rolf", case_id, None) is AppealState.UPHELD
    with world.database.reading() as session:
        (kept,) = session.scalars(select(Appeal))
        assert world.seat(session).muted
    assert (kept.answer, kept.answered_by_id) == ("Heard again", world.person_id("rolf"))
    assert world.decision(decision_id).state is DecisionState.IN_FORCE


@pytest.mark.parametrize(
    "measure", [Measure.OFF_STAGE, Measure.ROOM_BAN, Measure.LISTEN_ONLY, Measure.HOUSE_BAN]
)
def test_an_overturned_decision_gives_the_seat_back_and_says_so(
    world: World, measure: Measure
) -> None:
    with world.database.transaction() as session:
        ada = world.person(session, "ada")
        invitations.invite(session, by=ada, uses=3, hours=24)
    case_id, decision_id = decided(world, measure)
    appeal(world, decision_id)
    assert answer(world, "rolf", case_id, nothing()) is AppealState.OVERTURNED
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        ada = world.person(session, "ada")
        assert world.seat(session).state is SeatState.INVITED
        bans.require_not_banned(session, world.room_id, Caller(person=ada), key=KEY)
        assert bans.shut_out_until(session, ada, key=KEY) is None
        assert {one.lifted_at is not None for one in session.scalars(select(Restriction))} <= {
            True
        }
        (statement,) = session.scalars(select(Statement))
        (repair,) = session.scalars(select(FeedEntry).where(FeedEntry.kind == "repair"))
        (link,) = session.scalars(select(Invitation))
        states = {row.state for row in effects.of_decision(session, decision_id)}
    assert statement.withdrawn_why == "Heard again"
    assert (repair.audience, repair.data["what"]) == ("all", [measure.value])
    assert link.revoked_at is None
    assert states == {EffectState.UNDONE}


def test_a_microphone_comes_back_and_the_case_waits_for_it(world: World) -> None:
    case_id, decision_id = decided(world, Measure.TIMED_MUTE)
    appeal(world, decision_id)
    answer(world, "rolf", case_id, nothing())
    assert world.state(case_id) is CaseState.DECIDED
    with world.database.reading() as session:
        (row,) = effects.of_decision(session, decision_id)
        assert (row.state, world.seat(session).muted) == (EffectState.UNDOING, True)
    settle(world)
    assert world.state(case_id) is CaseState.CLOSED
    with world.database.reading() as session:
        assert not world.seat(session).muted


def test_a_mute_that_was_not_carried_out_yet_never_comes(world: World) -> None:
    case_id = world.case()
    decision_id = world.decide("rita", case_id, violation(Measure.TIMED_MUTE))
    appeal(world, decision_id)
    answer(world, "rolf", case_id, nothing())
    settle(world)
    with world.database.reading() as session:
        assert not world.seat(session).muted
        assert session.scalars(select(Restriction)).all() == []
    assert world.state(case_id) is CaseState.CLOSED


def test_a_lighter_decision_takes_the_place_of_a_harder_one(world: World) -> None:
    case_id, decision_id = decided(world, Measure.HOUSE_BAN)
    appeal(world, decision_id)
    answer(world, "rolf", case_id, violation(Measure.NUDGE))
    assert world.decision(decision_id).state is DecisionState.OVERTURNED
    with world.database.reading() as session:
        ada = world.person(session, "ada")
        assert bans.shut_out_until(session, ada, key=KEY) is None
        assert session.scalars(select(FeedEntry).where(FeedEntry.kind == "repair")).all() == []


def test_a_reporter_appeals_against_nothing_and_is_heard(world: World) -> None:
    case_id = world.case()
    receipt = world.report(case_id, None)
    world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        appealing.by_reporter(session, receipt, "Listen to the third minute.")
    with world.database.transaction() as session, pytest.raises(AlreadyAppealed):
        appealing.by_reporter(session, receipt, "Again")
    answer(world, "rolf", case_id, violation(Measure.TIMED_MUTE))
    settle(world)
    with world.database.reading() as session:
        (report,) = session.scalars(select(Report))
        assert (report.outcome, world.seat(session).muted) == (Outcome.VIOLATION, True)


def test_flags_are_released_and_reports_corrected(world: World) -> None:
    case_id = world.case()
    world.report(case_id)
    world.flag(case_id, FlagStage.SUSPECTED, held=False)
    decision_id = world.decide("rita", case_id, violation(Measure.NUDGE))
    appeal(world, decision_id)
    with world.database.reading() as session:
        assert session.scalars(select(Flag.state)).all() == [FlagState.CONFIRMED]
        assert session.scalars(select(Report.outcome)).all() == [Outcome.VIOLATION]
    answer(world, "rolf", case_id, nothing())
    with world.database.reading() as session:
        assert session.scalars(select(Flag.state)).all() == [FlagState.RELEASED]
        assert session.scalars(select(Report.outcome)).all() == [Outcome.NO_VIOLATION]


def test_who_decided_never_answers_and_who_answers_thinks_first(world: World) -> None:
    case_id, decision_id = decided(world, Measure.OFF_STAGE)
    appeal(world, decision_id)
    job_id = world.job(case_id, JobKind.APPEAL)
    with pytest.raises(TookPart):
        world.claim("rita", job_id)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        office, read = world.office(session, "rolf"), world.revision(session, job_id)
        with pytest.raises(FirstViewNeeded):
            appealing.answer(session, job_id, "Fine", office, instead=None, revision=read)


def test_the_184th_day_is_in_time_and_the_185th_is_not(world: World) -> None:
    """Source: Regulation (EU) 2022/2065, article 20(1)."""
    for days, is_late in ((183.99, False), (184.01, True)):
        _, decision_id = decided(world, Measure.OFF_STAGE)
        with world.database.transaction() as session:
            at = now() - timedelta(days=days)
            session.execute(
                update(Decision).where(Decision.id == decision_id).values(in_force_at=at)
            )
        if is_late:
            with pytest.raises(AppealTooLate):
                appeal(world, decision_id)
        else:
            appeal(world, decision_id)
        world.take_stage("ada")


def test_nobody_appeals_against_what_is_not_theirs(world: World) -> None:
    _, decision_id = decided(world, Measure.OFF_STAGE)
    with pytest.raises(DecisionMissing):
        appeal(world, decision_id, "bob")
    with pytest.raises(WhyMissing):
        appeal(world, decision_id, text=" \n")
    with world.database.transaction() as session, pytest.raises(ReceiptUnknown):
        appealing.by_reporter(session, "none", "x")
    receipt = world.report(world.case())
    with world.database.transaction() as session, pytest.raises(NotAppealable):
        appealing.by_reporter(session, receipt, "Nothing is decided yet")


def test_what_was_upheld_for_one_reporter_is_not_tried_again_for_the_next(world: World) -> None:
    case_id = world.case()
    receipts = [world.report(case_id, None) for _ in range(2)]
    world.decide("rita", case_id, nothing())
    with world.database.transaction() as session:
        appealing.by_reporter(session, receipts[0], "Look again.")
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        office = world.office(session, "rolf")
        read = world.revision(session, job_id)
        claiming.view_first(
            session, job_id, office.post, outcome=Outcome.NO_VIOLATION, revision=read
        )
        appealing.answer(session, job_id, "It is a song.", office, instead=None, revision=read)
    with world.database.transaction() as session, pytest.raises(AlreadyAppealed):
        appealing.by_reporter(session, receipts[1], "And again.")


def test_the_sound_of_an_appealed_case_outlives_its_expiry(world: World) -> None:
    case_id, decision_id = decided(world, Measure.OFF_STAGE)
    report = world.report(case_id)
    soon = now() + timedelta(days=1)
    with world.database.transaction() as session:
        made = session.scalars(
            select(Report).where(Report.receipt_hash == digest(report))
        ).one()
        session.add(
            Sealed(id=new_id(), room_id=world.room_id, why=f"report:{made.id}", from_position=0,
                   to_position=48_000, seats={}, generation=1, content_hash="0", file_hash="0",
                   voiced_samples=48_000, sealed_at=now(), written_at=now(), expires_at=soon,
                   ledger_index=0)
        )  # fmt: skip
    appeal(world, decision_id)
    with world.database.reading() as session:
        kept = session.scalars(select(Sealed)).one()
        assert kept.expires_at > now() + timedelta(days=89)
