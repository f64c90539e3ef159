"""Words taken out of a replay: what may be decided, what is observed, what comes back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.broadcast.replay_care import ReplayNotMade
from balai.cases import appealing, claiming, deciding, effects
from balai.cases.errors import FindingInvalid
from balai.cases.finding import Finding, Step
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    DecidedEffect,
    EffectState,
    JobKind,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.rooms import lifecycle, recording_consent, replays
from balai.rooms.errors import ConsentWithdrawn, NothingRecorded, SeatMissing
from balai.rooms.green_room import Agreed, consent
from balai.rooms.model import Room, SeatState
from balai.rooms.replays import RecordingState, Replay, ReplayOmission, Seen, Wanted
from balai.statements.model import Statement
from tests.cases_world import World, nothing, violation

SEEN = Seen(segments_changed=2, silent_samples=0, segments_hash="a" * 64)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def due(world: World) -> Wanted | None:
    with world.database.reading() as session:
        return replays.due(session)


def make(world: World) -> Wanted:
    """Do what the worker does with a replay that is not what is wanted."""
    wanted = due(world)
    assert wanted is not None
    with world.database.transaction() as session:
        effects.settle_cases_of(session, replays.made(session, wanted, SEEN), now())
    return wanted


def fail(world: World) -> None:
    wanted = due(world)
    assert wanted is not None
    with world.database.transaction() as session:
        waiting = replays.failed(session, wanted, ReplayNotMade.code())
        effects.settle_cases_of(session, waiting, now())


def effect(world: World, decision_id: str) -> DecidedEffect:
    with world.database.reading() as session:
        (one,) = effects.of_decision(session, decision_id)
        return one


def settle(world: World) -> None:
    world.work()
    with world.database.transaction() as session:
        effects.settle(session, now())


def decided(world: World, *more: Measure) -> tuple[str, str]:
    case_id = world.case()
    finding = violation(Measure.OUT_OF_REPLAY, *more)
    return case_id, world.decide("rita", case_id, finding)


def overturn(world: World, case_id: str, decision_id: str, instead: Finding) -> None:
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        appealing.by_person(session, decision_id, "It was a song", by=by)
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        post = world.post(session, "rolf")
        claiming.view_first(session, job_id, post, outcome=Outcome.NO_VIOLATION)
        office = world.office(session, "rolf")
        appealing.answer(session, job_id, "Heard again", office, instead=instead)


def try_again(world: World, case_id: str) -> int:
    with world.database.transaction() as session:
        return effects.try_again(session, session.get_one(Case, case_id))


def told(world: World, kind: str) -> list[tuple[str, dict[str, object]]]:
    with world.database.reading() as session:
        query = select(FeedEntry).where(FeedEntry.kind == kind).order_by(FeedEntry.id)
        return [(one.audience, one.data) for one in session.scalars(query)]


def ledger_kinds(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(LedgerEntry.kind).order_by(LedgerEntry.index)))


def withdraw(world: World, who: str = "ada") -> RecordingState:
    with world.database.transaction() as session:
        by = world.person(session, who)
        return recording_consent.withdraw(session, world.room_id, by).state


# ── decisions ────────────────────────────────────────────────────────────────────────────────


def test_the_case_waits_for_the_rooms_end_and_for_what_is_seen_then(world: World) -> None:
    case_id, decision_id = decided(world, Measure.NUDGE)
    settle(world)
    assert (due(world), world.state(case_id)) == (None, CaseState.DECIDED)
    world.end_room()
    settle(world)
    rows = {row.measure: row.state for row in _rows(world, decision_id)}
    assert rows == dict.fromkeys((Measure.OUT_OF_REPLAY, Measure.NUDGE), EffectState.PENDING)
    make(world)
    assert world.state(case_id) is CaseState.DECIDED  # the nudge waits for its person
    assert due(world) is None
    (row,) = (row for row in _rows(world, decision_id) if row.measure is not Measure.NUDGE)
    assert (row.state, row.observed) == (EffectState.CARRIED_OUT, "made_without")


def _rows(world: World, decision_id: str) -> list[DecidedEffect]:
    with world.database.reading() as session:
        return effects.of_decision(session, decision_id)


def test_it_leaves_out_exactly_the_stretch_of_the_case_and_tells_no_name(world: World) -> None:
    case_id, _ = decided(world)
    world.end_room()
    wanted = make(world)
    (omission,) = wanted.omissions.values()
    kept = (omission.seat_id, omission.from_position, omission.to_position)
    assert kept == (world.seat_id, 48_000, 480_000)
    assert wanted.forgotten == []
    assert world.state(case_id) is CaseState.CLOSED
    assert told(world, "replay") == [("all", {"state": "made_without"})]
    with world.database.reading() as session:
        assert world.room(session).abridged
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "replay_made"))
        record = bytes(entry.one().record_bytes or b"").decode()
    assert '"segments_changed":2' in record
    assert "ada" not in record.lower()


def test_the_person_reads_a_statement_that_words_were_removed(world: World) -> None:
    decided(world)
    with world.database.reading() as session:
        (statement,) = session.scalars(select(Statement))
    assert statement.fields["decision_visibility"] == ["DECISION_VISIBILITY_CONTENT_REMOVED"]
    assert statement.fields["content_type"] == ["CONTENT_TYPE_AUDIO"]
    assert statement.told["measure"] == {
        "kind": "content_removed",
        "sentence": "Some of your words are left out of the replay of this room.",
    }
    assert statement.person_id == world.person_id("ada")


@pytest.mark.parametrize(
    "wrong",
    [
        {"seat_id": None},
        {"from_position": None},
        {"to_position": None},
        {"from_position": 480_000},
        {"kind": CaseKind.HOST},
    ],
)
def test_what_is_no_stretch_of_a_voice_cannot_be_taken_out(
    world: World, wrong: dict[str, object]
) -> None:
    case_id = world.case("ada", **wrong)
    with pytest.raises(FindingInvalid, match="out_of_replay"):
        world.decide("rita", case_id, violation(Measure.OUT_OF_REPLAY))
    with world.database.reading() as session:
        assert session.scalars(select(ReplayOmission)).all() == []
        assert session.scalars(select(Statement)).all() == []


@pytest.mark.parametrize("more", [{"seconds": 60.0}, {"everywhere": True}])
def test_it_has_no_length_and_no_other_place(world: World, more: dict[str, float]) -> None:
    step = Step(measure=Measure.OUT_OF_REPLAY, **more)  # type: ignore[arg-type]
    with pytest.raises(FindingInvalid, match="out_of_replay"):
        world.decide("rita", world.case(), violation(step))


def test_a_room_without_a_replay_has_nothing_to_take_out(world: World) -> None:
    with world.database.transaction() as session:
        session.execute(update(Room).values(recording=False))
    with pytest.raises(FindingInvalid, match="out_of_replay"):
        world.decide("rita", world.case(), violation(Measure.OUT_OF_REPLAY))


def test_what_fails_three_times_is_red_until_somebody_tries_again(world: World) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    for attempts in (1, 2):
        fail(world)
        row = effect(world, decision_id)
        assert (row.state, row.attempts) == (EffectState.PENDING, attempts)
    fail(world)
    row = effect(world, decision_id)
    assert (row.state, row.error) == (EffectState.FAILED, "replay_not_made")
    assert world.job(case_id, JobKind.EFFECT)
    assert due(world) is None  # for ten minutes
    assert try_again(world, case_id) == 1
    make(world)
    settle(world)
    assert effect(world, decision_id).state is EffectState.CARRIED_OUT
    assert world.state(case_id) is CaseState.CLOSED


def test_what_succeeds_by_itself_after_all_is_seen_when_somebody_tries_again(
    world: World,
) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    for _ in range(3):
        fail(world)
    with world.database.transaction() as session:
        session.execute(update(Replay).values(tried_at=now() - timedelta(minutes=11)))
    make(world)
    assert effect(world, decision_id).state is EffectState.FAILED
    assert try_again(world, case_id) == 1
    settle(world)
    assert effect(world, decision_id).state is EffectState.CARRIED_OUT
    assert world.state(case_id) is CaseState.CLOSED


def test_overturned_it_comes_back_and_the_case_waits_until_it_is_seen(world: World) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    make(world)
    overturn(world, case_id, decision_id, nothing())
    settle(world)
    assert effect(world, decision_id).state is EffectState.UNDOING
    assert world.state(case_id) is CaseState.DECIDED
    assert make(world).omissions == {}
    row = effect(world, decision_id)
    assert (row.state, row.observed) == (EffectState.UNDONE, "restored")
    assert world.state(case_id) is CaseState.CLOSED
    assert [data for _, data in told(world, "replay")] == [
        {"state": "made_without"}, {"state": "restored"},
    ]  # fmt: skip
    ((audience, repair),) = told(world, "repair")
    assert (audience, repair["what"]) == ("all", ["replay"])
    with world.database.reading() as session:
        assert not world.room(session).abridged
        (statement,) = session.scalars(select(Statement))
    assert statement.withdrawn_why == "Heard again"


def test_overturned_before_the_rooms_end_it_never_happens(world: World) -> None:
    case_id, decision_id = decided(world)
    overturn(world, case_id, decision_id, nothing())
    assert effect(world, decision_id).state is EffectState.UNDONE
    assert world.state(case_id) is CaseState.CLOSED
    world.end_room()
    assert due(world) is None
    assert told(world, "repair") == []  # nobody saw anything


def test_the_same_again_by_another_reviewer_stays_out(world: World) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    make(world)
    overturn(world, case_id, decision_id, violation(Measure.OUT_OF_REPLAY))
    wanted = make(world)
    assert len(wanted.omissions) == 1
    assert due(world) is None
    assert effect(world, decision_id).state is EffectState.UNDONE
    assert world.state(case_id) is CaseState.CLOSED
    assert told(world, "replay")[-1][1] == {"state": "made_without"}


def test_a_decision_made_while_a_replay_is_made_waits_for_the_next(world: World) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    wanted = due(world)
    assert wanted is not None
    overturn(world, case_id, decision_id, nothing())  # while the worker renders
    with world.database.transaction() as session:
        effects.settle_cases_of(session, replays.made(session, wanted, SEEN), now())
    again = due(world)
    assert again is not None
    assert again.omissions == {}
    make(world)
    with world.database.reading() as session:
        assert not world.room(session).abridged


def test_what_is_only_proposed_takes_nothing_out(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.OUT_OF_REPLAY, Measure.PERMANENT_REMOVAL))
    world.end_room()
    assert due(world) is None
    job_id = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        office = world.office(session, "rolf")
        deciding.approve(session, job_id, "Yes", office, instead=None)
    assert len(make(world).omissions) == 1


# ── consent ──────────────────────────────────────────────────────────────────────────────────


def test_whoever_withdraws_leaves_the_stage_and_the_replay(world: World) -> None:
    assert withdraw(world) is RecordingState.WITHDRAWN
    with world.database.reading() as session:
        seat = world.seat(session)
        assert seat.state is SeatState.LEFT
        assert replays.recording_of(session, seat.room, seat) is RecordingState.WITHDRAWN
    assert due(world) is None  # the room goes on
    ada = world.person_id("ada")
    assert told(world, "replay") == [(f"hosts+person:{ada}", {"state": "being_made"})]
    world.end_room()
    wanted = make(world)
    (omission,) = wanted.omissions.values()
    assert (omission.from_position, omission.to_position) == (0, None)
    assert wanted.forgotten == [world.seat_id]
    assert ledger_kinds(world)[-2:] == ["recording_consent_withdrawn", "replay_made"]
    with world.database.reading() as session:
        (view,) = replays.of_person(session, world.person(session, "ada"))
        assert session.scalars(select(Statement)).all() == []
    assert (view.state, view.is_made) == (RecordingState.WITHDRAWN, True)


def test_withdrawing_again_changes_nothing(world: World) -> None:
    withdraw(world)
    world.end_room()
    make(world)
    before = ledger_kinds(world), told(world, "replay")
    assert withdraw(world) is RecordingState.WITHDRAWN
    assert (ledger_kinds(world), told(world, "replay")) == before
    assert due(world) is None


def test_it_is_for_good(world: World) -> None:
    withdraw(world)
    with world.database.transaction() as session:
        seat = world.seat(session)
        seat.state = SeatState.INVITED
        agreed = Agreed(recording_ok=True)
        with pytest.raises(ConsentWithdrawn):
            consent(session, seat.room, seat.person, agreed)
    assert due(world) is None


def test_also_the_host_and_whoever_was_put_out_may_withdraw(world: World) -> None:
    world.take_stage("hana")
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.HOUSE_BAN))
    world.work()
    withdraw(world, "hana")
    withdraw(world, "ada")
    world.end_room()
    assert len(make(world).forgotten) == 2


def test_nothing_is_withdrawn_where_nothing_is_recorded(world: World) -> None:
    with pytest.raises(SeatMissing):
        withdraw(world, "bob")
    with pytest.raises(NothingRecorded):
        withdraw(world, "hana")  # who never stepped on the stage
    with world.database.transaction() as session:
        session.execute(update(Room).values(recording=False))
    with pytest.raises(NothingRecorded):
        withdraw(world, "ada")
    assert "recording_consent_withdrawn" not in ledger_kinds(world)


def test_an_overturned_decision_brings_no_withdrawn_voice_back(world: World) -> None:
    case_id, decision_id = decided(world)
    withdraw(world)
    world.end_room()
    assert len(make(world).omissions) == 2
    overturn(world, case_id, decision_id, nothing())
    wanted = make(world)
    assert wanted.forgotten == [world.seat_id]
    assert effect(world, decision_id).state is EffectState.UNDONE
    assert told(world, "replay")[-1][1] == {"state": "made_without"}
    with world.database.reading() as session:
        assert world.room(session).abridged


def test_a_room_that_never_was_live_has_no_replay_to_make(world: World) -> None:
    withdraw(world)
    with world.database.transaction() as session:
        session.execute(update(Room).values(live_at=None))
        lifecycle.interrupted(session, world.room_id)
    assert due(world) is None
