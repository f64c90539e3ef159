"""Words of a voice whose consent was withdrawn: when they go, and for how long they stay."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from balai.cases import appealing, claiming, effects, forgetting
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseState,
    Decision,
    Job,
    JobKind,
    JobState,
    Measure,
    Outcome,
    Report,
)
from balai.clock import now
from balai.evidence.model import Sealed
from balai.ids import new_id
from balai.rooms import recording_consent, replay_turns, spoken
from balai.rooms.model import Flag, FlagWords
from balai.rooms.replay_turns import Seen
from balai.rooms.spoken import Span, Spoken
from balai.statements.compile import SIX_MONTHS
from tests.cases_world import BEGIN, CLAUSE, END, World, nothing, violation

SEEN = Seen(segments_changed=1, silent_samples=0, segments_hash="a" * 64)
SOON, LATE = timedelta(days=1), SIX_MONTHS + timedelta(days=1)


def say(world: World, case_id: str | None, who: str = "ada", at: int = BEGIN) -> str:
    """Let a rule speak about words of somebody, and the flag belong to a case."""
    with world.database.transaction() as session:
        told = Spoken(
            room_id=world.room_id,
            seat_id=world.seat(session, who).id,
            from_position=at,
            to_position=END,
            clause=CLAUSE,
            rule="threat",
            title={"en": "Threats"},
            why={"en": "A threat"},
            priority=1,
            category="threats",
            pack_hash="a" * 64,
            pack_name="house",
            language="en",
            confidence=0.9,
            not_held_because=None,
            is_sure=True,
            spans=(Span(text="I will find you", from_position=at, to_position=END),),
            engine="scripted",
        )
        flag: Flag = spoken.raise_spoken(session, told, held=False)
        if case_id is not None:
            session.add(CaseFlag(flag_id=flag.id, case_id=case_id))
        return flag.id


def withdraw(world: World) -> None:
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        recording_consent.withdraw(session, world.room_id, by)


def make(world: World) -> None:
    """Let the worker see the replay made without the voice."""
    world.work()
    with world.database.transaction() as session:
        wanted = replay_turns.due(session)
        assert wanted is not None
        effects.settle_cases_of(session, replay_turns.made(session, wanted, SEEN), now())


def kept(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(FlagWords.flag_id)))


def look(world: World) -> int:
    return forgetting.look(world.database)


def age(world: World, by: timedelta) -> None:
    """Let a decision be so old."""
    with world.database.transaction() as session:
        session.execute(update(Decision).values(in_force_at=now() - by))


def over(world: World) -> tuple[str, str]:
    """A case about words, decided and closed, of a voice that has left the replay; its flag."""
    case_id = world.case()
    flag_id = say(world, case_id)
    world.decide("rita", case_id, nothing())
    assert world.state(case_id) is CaseState.CLOSED
    withdraw(world)
    world.end_room()
    make(world)
    return case_id, flag_id


def test_they_stay_until_nobody_can_appeal_and_then_go(world: World) -> None:
    _, flag_id = over(world)
    assert (look(world), kept(world)) == (0, {flag_id})
    age(world, SIX_MONTHS - SOON)
    assert (look(world), kept(world)) == (0, {flag_id})
    age(world, LATE)
    assert (look(world), kept(world)) == (1, set())
    assert look(world) == 0
    with world.database.reading() as session:
        assert (
            session.get_one(Flag, flag_id).title == "Threats"
        )  # that it was, not what was said


def test_of_an_open_case_they_stay(world: World) -> None:
    flag_id = say(world, world.case())
    withdraw(world)
    world.end_room()
    make(world)
    assert (look(world), kept(world)) == (0, {flag_id})


def test_what_waits_for_its_case_stays(world: World) -> None:
    flag_id = say(world, None)
    withdraw(world)
    world.end_room()
    make(world)
    assert (look(world), kept(world)) == (0, {flag_id})


def test_they_stay_until_the_replay_was_seen_to_be_made(world: World) -> None:
    case_id = world.case()
    flag_id = say(world, case_id)
    world.decide("rita", case_id, nothing())
    age(world, LATE)
    withdraw(world)
    world.end_room()
    assert (look(world), kept(world)) == (0, {flag_id})
    make(world)
    assert (look(world), kept(world)) == (1, set())


def test_a_decision_that_takes_words_out_forgets_none(world: World) -> None:
    case_id = world.case()
    flag_id = say(world, case_id)
    world.decide("rita", case_id, violation(Measure.OUT_OF_REPLAY))
    world.end_room()
    make(world)
    age(world, LATE)
    assert world.state(case_id) is CaseState.CLOSED
    assert (look(world), kept(world)) == (0, {flag_id})


def test_only_that_voices_words_go(world: World) -> None:
    world.take_stage("hana")
    other = say(world, world.case("hana"), "hana")
    over(world)
    age(world, LATE)
    assert (look(world), kept(world)) == (1, {other})


def test_an_appeal_that_is_not_answered_keeps_them(world: World) -> None:
    case_id, flag_id = over(world)
    with world.database.reading() as session:
        decision_id = session.scalars(select(Decision.id)).one()
    with world.database.transaction() as session:
        by = world.person(session, "ada")
        appealing.by_person(session, decision_id, "It was a song", by=by)
    age(world, LATE)
    assert (look(world), kept(world)) == (0, {flag_id})
    job_id = world.job(case_id, JobKind.APPEAL)
    world.claim("rolf", job_id)
    with world.database.transaction() as session:
        office, read = world.office(session, "rolf"), world.revision(session, job_id)
        claiming.view_first(
            session, job_id, office.post, outcome=Outcome.NO_VIOLATION, revision=read
        )
        appealing.answer(session, job_id, "It stands", office, instead=None, revision=read)
    assert (look(world), kept(world)) == (1, set())


@pytest.mark.parametrize("kind", [JobKind.SECOND, JobKind.GOLDEN])
def test_what_only_compares_reviewers_keeps_none(world: World, kind: JobKind) -> None:
    case_id, _ = over(world)
    age(world, LATE)
    with world.database.transaction() as session:
        first = session.scalars(select(Job).where(Job.case_id == case_id)).first()
        assert first is not None
        told = {column.key: getattr(first, column.key) for column in Job.__table__.columns}
        session.add(Job(**{**told, "id": new_id(), "kind": kind, "state": JobState.WAITING}))
    assert look(world) == 1


def seal(world: World, why: str, **more: object) -> str:
    """Keep sound for something, under a legal hold."""
    with world.database.transaction() as session:
        wanted: dict[str, Any] = {
            "id": new_id(),
            "room_id": world.room_id,
            "why": why,
            "from_position": BEGIN,
            "to_position": END,
            "seats": {},
            "generation": 1,
            "content_hash": "a" * 64,
            "file_hash": "b" * 64,
            "voiced_samples": 1,
            "sealed_at": now(),
            "written_at": now(),
            "expires_at": now() - LATE,
            "legal_hold": "A court asks",
            "ledger_index": 0,
            **more,
        }
        sealed = Sealed(**wanted)
        session.add(sealed)
        return str(sealed.id)


def of_flag(_world: World, _case_id: str, flag_id: str) -> str:
    return f"flag:{flag_id}"


def of_report(world: World, case_id: str, _flag_id: str) -> str:
    world.report(case_id)
    with world.database.reading() as session:
        return "report:" + session.scalars(select(Report.id)).one()


@pytest.mark.parametrize("why", [of_flag, of_report])
def test_a_legal_hold_keeps_them_until_it_ends(
    world: World, why: Callable[[World, str, str], str]
) -> None:
    case_id, flag_id = over(world)
    age(world, LATE)
    sealed_id = seal(world, why(world, case_id, flag_id))
    assert (look(world), kept(world)) == (0, {flag_id})
    with world.database.transaction() as session:
        session.get_one(Sealed, sealed_id).hold_until = now() + SOON
    assert (look(world), kept(world)) == (0, {flag_id})
    with world.database.transaction() as session:
        session.get_one(Sealed, sealed_id).hold_until = now() - SOON
    assert (look(world), kept(world)) == (1, set())


@pytest.mark.parametrize("more", [{"legal_hold": None}, {"destroyed_at": now()}])
def test_what_is_not_on_hold_keeps_none(world: World, more: dict[str, object]) -> None:
    _, flag_id = over(world)
    age(world, LATE)
    seal(world, f"flag:{flag_id}", **more)
    assert look(world) == 1


def test_a_hold_of_another_case_keeps_none(world: World) -> None:
    over(world)
    age(world, LATE)
    other = world.case("ada", from_position=100 * END, to_position=101 * END)
    flag_id = say(world, other, at=100 * END)
    seal(world, f"flag:{flag_id}")
    assert (look(world), kept(world)) == (1, {flag_id})


def test_a_case_that_is_opened_anew_keeps_them(world: World) -> None:
    case_id, flag_id = over(world)
    age(world, LATE)
    with world.database.transaction() as session:
        reopen(session, case_id)
    assert (look(world), kept(world)) == (0, {flag_id})


def reopen(session: Session, case_id: str) -> None:
    session.get_one(Case, case_id).state = CaseState.OPEN


def test_of_many_500_go_in_one_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "FORGOTTEN_MAX", 1)
    case_id, _ = over(world)
    say(world, case_id, at=50 * END)
    age(world, LATE)
    assert (look(world), len(kept(world))) == (1, 1)
    assert (look(world), len(kept(world))) == (1, 0)
