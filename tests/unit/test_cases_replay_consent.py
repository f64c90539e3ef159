"""Withdrawn consent in the records: for good, one's own act, and never somebody else's."""

import pytest
from sqlalchemy import select, update

from balai.cases.model import (
    EffectState,
    Measure,
)
from balai.clock import now
from balai.rooms import lifecycle, replay_turns, replays
from balai.rooms.errors import ConsentWithdrawn, NothingRecorded, SeatMissing
from balai.rooms.green_room import Agreed, consent
from balai.rooms.model import Room, SeatState
from balai.rooms.replays import RecordingState, Replay
from balai.statements.model import Statement
from tests.cases_world import World, nothing, violation
from tests.replay_cases import (
    decided,
    due,
    effect,
    fail,
    ledger_kinds,
    make,
    overturn,
    told,
    withdraw,
)


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
    assert view.state is RecordingState.LEFT_OUT


def test_withdrawing_again_changes_nothing(world: World) -> None:
    withdraw(world)
    world.end_room()
    make(world)
    before = ledger_kinds(world), told(world, "replay")
    assert withdraw(world) is RecordingState.LEFT_OUT
    assert (ledger_kinds(world), told(world, "replay")) == before
    assert due(world) is None


def stuck(world: World) -> list[tuple[str, int]]:
    with world.database.reading() as session:
        return [(one.room_id, one.attempts) for one in replay_turns.stuck(session)]


def state_of(world: World) -> set[RecordingState | None]:
    """Give what Ada reads: in the list, of her seat and in the room."""
    with world.database.reading() as session:
        seat = world.seat(session)
        (listed,) = replays.of_person(session, seat.person)
        of_seat = replays.of_seat(session, seat).state
        return {listed.state, of_seat, replays.recording_of(session, seat.room, seat)}


def test_what_fails_three_times_is_told_to_the_person_and_the_leads(world: World) -> None:
    withdraw(world)
    world.end_room()
    for _ in range(2):
        fail(world)
    assert (state_of(world), stuck(world)) == ({RecordingState.WITHDRAWN}, [])
    fail(world)
    assert state_of(world) == {RecordingState.DELAYED}
    assert stuck(world) == [(world.room_id, 3)]
    assert withdraw(world) is RecordingState.DELAYED
    with world.database.transaction() as session:
        session.execute(update(Replay).values(tried_at=now() - replay_turns.RETRY_AFTER))
    make(world)
    assert (state_of(world), stuck(world)) == ({RecordingState.LEFT_OUT}, [])


def test_what_only_a_decision_waits_for_is_told_by_its_case_alone(world: World) -> None:
    decided(world)
    world.end_room()
    for _ in range(3):
        fail(world)
    assert (state_of(world), stuck(world)) == ({RecordingState.AGREED}, [])


def test_a_voice_that_is_out_stays_out_while_something_else_fails(world: World) -> None:
    withdraw(world)
    world.end_room()
    make(world)
    decided(world)
    for _ in range(3):
        fail(world)
    assert (state_of(world), stuck(world)) == ({RecordingState.LEFT_OUT}, [])


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
