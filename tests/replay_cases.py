"""A worker that makes replays on paper, for tests of what takes words out of them."""

from sqlalchemy import select

from balai.broadcast.replay_care import ReplayNotMade
from balai.cases import appealing, claiming, effects, joining
from balai.cases.finding import Finding, Step
from balai.cases.joining import Matter
from balai.cases.model import (
    Case,
    Concern,
    DecidedEffect,
    JobKind,
    Measure,
    Outcome,
    Subject,
)
from balai.clock import now
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.rooms import recording_consent, replay_turns
from balai.rooms.replay_turns import Seen, Wanted
from balai.rooms.replays import RecordingState
from tests.cases_world import END, World, violation

JUST_AFTER = 60 * 48_000
SEEN = Seen(segments_changed=2, silent_samples=0, segments_hash="a" * 64)


def due(world: World) -> Wanted | None:
    with world.database.reading() as session:
        return replay_turns.due(session)


def make(world: World) -> Wanted:
    """Do what the worker does with a replay that is not what is wanted."""
    wanted = due(world)
    assert wanted is not None
    with world.database.transaction() as session:
        effects.settle_cases_of(session, replay_turns.made(session, wanted, SEEN), now())
    return wanted


def fail(world: World) -> None:
    wanted = due(world)
    assert wanted is not None
    with world.database.transaction() as session:
        waiting = replay_turns.failed(session, wanted, ReplayNotMade.code())
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


def words(begin: int | None, end: int | None) -> Step:
    return Step(measure=Measure.OUT_OF_REPLAY, from_position=begin, to_position=end)


def grow(world: World) -> None:
    """Report what the same voice says just after the case's stretch."""
    with world.database.transaction() as session:
        matter = Matter(
            room=world.room(session),
            subject=Subject.MOMENT,
            concern=Concern.HATE,
            seat=world.seat(session),
            from_position=END,
            to_position=END + JUST_AFTER,
        )
        joining.case_for(session, matter)


def stretches(wanted: Wanted) -> list[tuple[int, int | None]]:
    return [(one.from_position, one.to_position) for one in wanted.omissions.values()]


def overturn(world: World, case_id: str, decision_id: str, instead: Finding) -> None:
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        appealing.by_person(session, decision_id, "It was a song", by=by)
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        post = world.post(session, "rolf")
        read = world.revision(session, job_id)
        claiming.view_first(session, job_id, post, outcome=Outcome.NO_VIOLATION, revision=read)
        office = world.office(session, "rolf")
        appealing.answer(session, job_id, "Heard again", office, instead=instead, revision=read)


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
