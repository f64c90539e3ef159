"""Figures of quality: how much harm was heard, and that the newest are counted."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from balai.bell import Bell
from balai.cases import care, effects, harm, quality
from balai.cases.model import (
    Case,
    Concern,
    Decision,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.evidence.sound import RATE_HZ
from balai.ids import new_id
from balai.rooms import audience
from balai.rooms.audience import AudienceMinute
from balai.rooms.model import Room, RoomState, Wish, WishKind, WishState
from balai.web.audience import Counting
from balai.web.streams import Follower, Streams
from tests.cases_world import World, nothing, violation

S = RATE_HZ


def figures(world: World, *, days: int = 30) -> dict[tuple[str, str], tuple[float | None, int]]:
    with world.database.reading() as session:
        found = quality.figures(session, days=days)
    return {(one.name, one.of): (one.value, one.n) for one in found}


# ── the figures ──────────────────────────────────────────────────────────────────────────────


def listened(world: World, minutes: dict[int, int]) -> None:
    with world.database.transaction() as session:
        audience.note(session, [(world.room_id, at, n) for at, n in minutes.items()])


def test_harm_is_added_up_by_concern_and_by_delay(world: World) -> None:
    with world.database.transaction() as session:
        world.room(session).delay_s = 10.0
    listened(world, {0: 7})
    world.decide("rita", world.case(), violation(Measure.NUDGE))  # 1 to 10 s
    threat = world.case(concern=Concern.THREAT, to_position=144_000)  # 1 to 3 s
    world.decide("rita", threat, violation(Measure.NUDGE))
    world.decide("rita", world.case(), nothing())
    found = figures(world)
    assert found["harmful_listener_s", "all"] == (77.0, 2)
    assert found["harmful_listener_s", "hate"] == (63.0, 1)
    assert found["harmful_listener_s", "threat"] == (14.0, 1)
    assert found["harmful_listener_s_by_delay", "10"] == (77.0, 2)
    assert found["harm_unknown", "all"] == (0.0, 2)


def test_harm_is_measured_with_the_delay_of_its_minute(world: World) -> None:
    """The delay grew from nothing to 30 s: what was said at 45 s aired in the second minute."""
    for minute, (delay_s, listeners) in enumerate([(0.0, 7), (30.0, 100)]):
        with world.database.transaction() as session:
            world.room(session).delay_s = delay_s
        listened(world, {minute: listeners})
    world.decide("rita", world.case(), violation(Measure.NUDGE))
    found = figures(world)
    assert found["harmful_listener_s", "all"] == (63.0, 1)
    assert found["harmful_listener_s_by_delay", "0"] == (63.0, 1)
    late = world.case(from_position=45 * S, to_position=55 * S)
    world.decide("rita", late, violation(Measure.NUDGE))
    found = figures(world)
    assert found["harmful_listener_s_by_delay", "30"] == (1000.0, 1)


def test_where_no_delay_was_noted_the_room_s_own_counts(world: World) -> None:
    with world.database.transaction() as session:
        world.room(session).delay_s = 10.0
        session.add(AudienceMinute(room_id=world.room_id, minute=0, listeners=7, delay_s=None))
    world.decide("rita", world.case(), violation(Measure.NUDGE))
    assert figures(world)["harmful_listener_s_by_delay", "10"] == (63.0, 1)


def test_where_nobody_counted_the_harm_is_missing_and_not_zero(world: World) -> None:
    assert figures(world)["harmful_listener_s", "all"] == (None, 0)
    world.decide("rita", world.case(), violation(Measure.NUDGE))
    found = figures(world)
    assert found["harmful_listener_s", "all"] == (None, 0)
    assert found["harm_unknown", "all"] == (1.0, 1)


def test_a_voice_that_was_held_did_no_harm(world: World) -> None:
    with world.database.transaction() as session:
        session.add(
            Wish(room_id=world.room_id, kind=WishKind.HOLD, args={"seat_id": world.seat_id},
                 state=WishState.CARRIED_OUT, observed={"silent_from": 0}, requested_at=now())
        )  # fmt: skip
    world.decide("rita", world.case(), violation(Measure.NUDGE))
    assert figures(world)["harmful_listener_s", "all"] == (0.0, 1)


def test_what_was_overturned_or_only_compared_is_no_harm(world: World) -> None:
    listened(world, {0: 7})
    case_id = world.case()
    world.decide("rita", case_id, nothing())
    second(world, case_id)
    world.decide("rolf", case_id, violation(Measure.NUDGE), JobKind.SECOND)
    assert figures(world)["harmful_listener_s", "all"] == (None, 0)
    overturned = world.decide("rita", world.case(), violation(Measure.NUDGE))
    assert figures(world)["harmful_listener_s", "all"] == (63.0, 1)
    with world.database.transaction() as session:
        session.execute(
            update(Decision).where(Decision.id == overturned).values(state="overturned")
        )
    assert figures(world)["harmful_listener_s", "all"] == (None, 0)


def second(world: World, case_id: str) -> None:
    with world.database.transaction() as session:
        asked = select(Job.id).where(Job.kind == JobKind.SECOND, Job.case_id == case_id)
        if session.scalar(asked) is None:
            session.add(
                Job(id=new_id(), case_id=case_id, kind=JobKind.SECOND, state=JobState.WAITING,
                    priority=40, concern=Concern.HATE, language="en", due_at=now(),
                    created_at=now())
            )  # fmt: skip


def test_beyond_the_limit_the_newest_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    listened(world, {0: 1})
    made = [
        world.decide("rita", world.case(concern=concern), violation(Measure.NUDGE))
        for concern in (Concern.HATE, Concern.THREAT, Concern.PRIVATE)
    ]
    with world.database.transaction() as session:
        for days, decision_id in zip((1, 3, 2), made, strict=True):
            at = now() - timedelta(days=days)
            session.execute(update(Decision).where(Decision.id == decision_id).values(at=at))
            case_id = session.get_one(Decision, decision_id).case_id
            session.execute(update(Case).where(Case.id == case_id).values(language=f"x{days}"))
    monkeypatch.setattr(quality, "ROWS_MAX", 2)
    monkeypatch.setattr(harm, "CASES_MAX", 2)
    found = figures(world)
    assert {of for name, of in found if name == "overturned_of_all"} == {"x1", "x2", "all"}
    by_concern = {of for name, of in found if name == "harmful_listener_s"}
    assert by_concern == {"all", "hate", "private"}


def test_the_first_decision_of_a_case_is_what_a_second_is_compared_with(world: World) -> None:
    """Two cases in which both agree; of one the decision was overturned afterwards."""
    for finding in (violation(Measure.NUDGE), nothing()):
        case_id = world.case()
        first_id = world.decide("rita", case_id, finding)
        second(world, case_id)
        world.decide("rolf", case_id, finding, JobKind.SECOND)
    with world.database.transaction() as session:
        first = session.get_one(Decision, first_id)
        later = {column.key: getattr(first, column.key) for column in Decision.__table__.c}
        later |= {"id": new_id(), "outcome": Outcome.VIOLATION, "at": now()}
        session.add(Decision(**later))
    assert figures(world)["agreement_alpha", "hate"] == (1.0, 2)


def test_the_table_can_be_read_by_a_machine(world: World) -> None:
    with world.database.reading() as session:
        table = quality.as_csv(quality.figures(session, days=1))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["value"] for row in rows if row["figure"] == "harmful_listener_s"] == [""]


# ── who is counted ───────────────────────────────────────────────────────────────────────────


def counted(world: World) -> list[tuple[int, int]]:
    with world.database.reading() as session:
        rows = session.scalars(select(AudienceMinute).order_by(AudienceMinute.minute))
        return [(row.minute, row.listeners) for row in rows]


def on_air_for(world: World, seconds: float) -> None:
    with world.database.transaction() as session:
        world.room(session).live_at = now() - timedelta(seconds=seconds)


async def test_each_minute_is_counted_once(world: World) -> None:
    bell = await Bell(world.database_path.parent / "bells").open()
    streams = Streams(world.database, bell)
    counting = Counting(world.database, streams, 1800)
    on_air_for(world, 30)
    counting.count()
    streams._join(Follower(world.room_id, None, "1"))  # type: ignore[arg-type]
    counting.count()
    assert counted(world) == [(0, 0)]
    on_air_for(world, 150)
    counting.count()
    Counting(world.database, streams, 1800).count()  # a process that is new
    assert counted(world) == [(0, 0), (2, 1)]
    with world.database.transaction() as session:
        world.room(session).state = RoomState.ENDED
    on_air_for(world, 200)
    counting.count()
    assert counted(world) == [(0, 0), (2, 1)]
    await bell.close()


def test_after_two_days_nothing_is_counted(world: World) -> None:
    on_air_for(world, audience.MINUTES_MAX * 60.0 + 1)
    with world.database.reading() as session:
        assert audience.minutes_now(session, now()) == {}


@pytest.mark.parametrize(
    ("days", "has_case", "is_kept"),
    [(0.5, False, True), (2, False, False), (2, True, True), (401, True, False)],
)
def test_what_no_case_needs_is_forgotten(
    world: World, days: float, has_case: bool, is_kept: bool
) -> None:
    listened(world, {0: 3, 1: 4})
    if has_case:
        world.case()
    with world.database.transaction() as session:
        room = session.get_one(Room, world.room_id)
        room.state, room.ended_at = RoomState.ENDED, now() - timedelta(days=days)
        session.flush()
        forgotten = harm.forget_unneeded(session, now(), after=timedelta(days=1))
        left = session.scalar(select(func.count()).select_from(AudienceMinute))
    assert (forgotten, left) == ((0, 2) if is_kept else (1, 0))


def test_a_room_on_air_is_never_forgotten(world: World) -> None:
    listened(world, {0: 3})
    with world.database.transaction() as session:
        assert harm.forget_unneeded(session, now(), after=timedelta(0)) == 0


# ── times ────────────────────────────────────────────────────────────────────────────────────


def test_what_was_never_done_took_no_time(world: World) -> None:
    world.decide("rita", world.case(), violation(Measure.TIMED_MUTE))
    world.work()
    world.decide("rita", world.case(), violation(Measure.NUDGE))
    soon = now()
    with world.database.transaction() as session:
        effects.settle(session, soon)
        effects.settle(session, soon + effects.NUDGE_WAITS * 2)  # nobody collected it
    world.end_room()
    world.decide("rita", world.case(), violation(Measure.TIMED_MUTE))  # of a room that is over
    assert figures(world)["effect_after_s_p100", "all"][1] == 1


# ── care ─────────────────────────────────────────────────────────────────────────────────────


def test_what_several_saw_is_added_up_apart(world: World) -> None:
    light, severe = world.case(), world.case(is_severe=True)
    with world.database.transaction() as session:
        for who, case_id in (("rita", light), ("rita", severe), ("rolf", severe)):
            case = session.get_one(Case, case_id)
            care.looked(session, world.person_id(who), case)
        ids = {who: world.person_id(who) for who in ("rita", "rolf", "rosa")}
        found = care.spent_by(session, list(ids.values()))
        told = {who: (found[one].severe_s, found[one].any_s) for who, one in ids.items()}
        alone = {who: care.spent(session, one) for who, one in ids.items()}
    assert told == {"rita": (15.0, 30.0), "rolf": (15.0, 15.0), "rosa": (0.0, 0.0)}
    assert alone == {who: found[one] for who, one in ids.items()}
