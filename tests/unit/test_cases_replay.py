"""Words taken out of a replay: what may be decided, what is observed, what comes back."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import deciding, effects
from balai.cases.errors import FindingInvalid
from balai.cases.finding import Step
from balai.cases.model import (
    Case,
    CaseKind,
    CaseState,
    DecidedEffect,
    EffectState,
    JobKind,
    Measure,
)
from balai.clock import now
from balai.ledger.model import LedgerEntry
from balai.rooms import replay_turns
from balai.rooms.model import Room
from balai.rooms.replays import Replay, ReplayOmission
from balai.statements.model import Statement
from tests.cases_world import BEGIN, END, World, nothing, violation
from tests.replay_cases import (
    JUST_AFTER,
    SEEN,
    decided,
    due,
    effect,
    fail,
    grow,
    ledger_kinds,
    make,
    overturn,
    settle,
    stretches,
    told,
    try_again,
    words,
)


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
    step = replace(words(BEGIN, END), **more)  # type: ignore[arg-type]
    with pytest.raises(FindingInvalid, match="out_of_replay"):
        world.decide("rita", world.case(), violation(step))


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (None, None),
        (None, END),
        (BEGIN, None),
        (BEGIN - 1, END),
        (BEGIN, END + 1),
        (END, BEGIN),
        (BEGIN, BEGIN),
        (-1, END),
        (0, 2**70),
    ],
)
def test_what_was_judged_is_said_and_lies_within_the_case(
    world: World, begin: int | None, end: int | None
) -> None:
    case_id = world.case()
    with pytest.raises(FindingInvalid, match=r"\(out_of_replay: from_position, to_position\)"):
        world.decide("rita", case_id, violation(words(begin, end)))
    with world.database.reading() as session:
        assert session.scalars(select(ReplayOmission)).all() == []
    assert "decision" not in ledger_kinds(world)


@pytest.mark.parametrize(("begin", "end"), [(BEGIN, None), (None, END), (BEGIN, END)])
def test_what_takes_no_words_has_no_stretch(
    world: World, begin: int | None, end: int | None
) -> None:
    away = replace(words(begin, end), measure=Measure.OFF_STAGE)
    with pytest.raises(FindingInvalid, match="off_stage"):
        world.decide("rita", world.case(), violation(away))


def test_a_case_that_grows_while_it_is_judged_takes_no_more_with_it(world: World) -> None:
    case_id = world.case()
    job_id = world.job(case_id)
    world.claim("rita", job_id)
    grow(world)
    with world.database.transaction() as session:
        assert session.get_one(Case, case_id).to_position == END + JUST_AFTER
        finding = violation(Measure.OUT_OF_REPLAY)
        office, read = world.office(session, "rita"), world.revision(session, job_id)
        deciding.decide(session, job_id, finding, office, revision=read)
    world.end_room()
    assert stretches(make(world)) == [(BEGIN, END)]
    with world.database.reading() as session:
        entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "decision"))
        record = json.loads(entry.one().record_bytes or b"")
    assert record["effects"] == [
        {
            "measure": "out_of_replay",
            "seconds": None,
            "everywhere": False,
            "from_position": BEGIN,
            "to_position": END,
        }
    ]


def test_a_part_of_a_case_can_be_taken_out(world: World) -> None:
    world.decide("rita", world.case(), violation(words(BEGIN + 1, BEGIN + 2)))
    world.end_room()
    assert stretches(make(world)) == [(BEGIN + 1, BEGIN + 2)]


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


def test_what_succeeds_by_itself_after_all_is_seen(world: World) -> None:
    case_id, decision_id = decided(world)
    world.end_room()
    for _ in range(3):
        fail(world)
    with world.database.transaction() as session:
        session.execute(update(Replay).values(tried_at=now() - timedelta(minutes=11)))
    make(world)
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
    overturn(world, case_id, decision_id, violation(words(BEGIN, BEGIN + 1)))
    assert stretches(make(world)) == [(BEGIN, BEGIN + 1)]
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
    settle(world)
    assert effect(world, decision_id).state is EffectState.UNDOING
    assert world.state(case_id) is CaseState.DECIDED
    with world.database.transaction() as session:
        effects.settle_cases_of(session, replay_turns.made(session, wanted, SEEN), now())
    again = due(world)
    assert again is not None
    assert again.omissions == {}
    make(world)
    assert effect(world, decision_id).state is EffectState.UNDONE
    with world.database.reading() as session:
        assert not world.room(session).abridged


def test_what_is_only_proposed_takes_nothing_out(world: World) -> None:
    case_id = world.case()
    judged = words(BEGIN, END - 1)
    world.decide("rita", case_id, violation(judged, Measure.PERMANENT_REMOVAL))
    grow(world)
    world.end_room()
    assert due(world) is None
    job_id = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        office = world.office(session, "rolf")
        read = world.revision(session, job_id)
        deciding.approve(session, job_id, "Yes", office, instead=None, revision=read)
    assert stretches(make(world)) == [(BEGIN, END - 1)]


def test_whoever_refuses_a_proposal_says_what_they_judged(world: World) -> None:
    case_id = world.case()
    world.decide("rita", case_id, violation(Measure.PERMANENT_REMOVAL))
    grow(world)
    job_id = world.job(case_id, JobKind.APPROVAL)
    world.claim("rolf", job_id)
    with pytest.raises(FindingInvalid), world.database.transaction() as session:
        approve_instead(world, session, job_id, words(None, None))
    with world.database.transaction() as session:
        approve_instead(world, session, job_id, words(BEGIN, END + 1))
    world.end_room()
    assert stretches(make(world)) == [(BEGIN, END + 1)]


def approve_instead(world: World, session: Session, job_id: str, judged: Step) -> None:
    office = world.office(session, "rolf")
    read = world.revision(session, job_id)
    deciding.approve(
        session, job_id, "Words only", office, instead=violation(judged), revision=read
    )


# ── consent ──────────────────────────────────────────────────────────────────────────────────
