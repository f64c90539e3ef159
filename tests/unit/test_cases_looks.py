"""The looks at flags and hosts: what is new is found, and nothing new writes nothing."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from balai.cases import flag_looks, host_looks, hosts, joining
from balai.cases.finding import Finding
from balai.cases.flag_looks import FlagLooks
from balai.cases.host_looks import HostLooks
from balai.cases.model import (
    Case,
    CaseFlag,
    CaseKind,
    DecidedEffect,
    DecisionState,
    Job,
    Measure,
    Outcome,
)
from balai.clock import now
from balai.database import Database
from balai.ids import new_id
from balai.rooms import restrictions
from balai.rooms.model import (
    Flag,
    FlagKind,
    FlagStage,
    FlagState,
    Restriction,
    RestrictionKind,
    Role,
)
from balai.rooms.restrictions import Ruling
from balai.statements.model import Statement
from tests.cases_world import World, step

S = 48_000


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the turns of writers."""
    taken: list[int] = []
    transaction = Database.transaction

    @contextlib.contextmanager
    def counted(self: Database) -> Iterator[Session]:
        taken.append(1)
        with transaction(self) as session:
            yield session

    monkeypatch.setattr(Database, "transaction", counted)
    return taken


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Let looks read this clock."""
    at = [now()]
    for module in (flag_looks, host_looks):
        monkeypatch.setattr(module, "now", lambda: at[0])
    return at


def flag(world: World, *, at: datetime | None = None, from_s: int = 1, **more: Any) -> str:
    flag_id = new_id()
    with world.database.transaction() as session:
        wanted = {
            "id": flag_id, "room_id": world.room_id, "seat_id": world.seat_id,
            "kind": FlagKind.WORDS, "title": "t", "category": "c", "list_name": "l",
            "stage": FlagStage.SUSPECTED, "from_position": from_s * S,
            "to_position": (from_s + 1) * S, "detector": "d", "state": FlagState.OPEN,
            "at": at or now(),
        }  # fmt: skip
        session.add(Flag(**{**wanted, **more}))
    return flag_id


def joined(world: World) -> set[str]:
    with world.database.reading() as session:
        return set(session.scalars(select(CaseFlag.flag_id)))


def change(world: World, flag_id: str, **values: object) -> None:
    with world.database.transaction() as session:
        one = session.get_one(Flag, flag_id)
        for name, value in values.items():
            setattr(one, name, value)


def only_case(world: World) -> Case:
    with world.database.reading() as session:
        return session.scalars(select(Case)).one()


def test_each_flag_has_a_turn_of_its_own_and_nothing_new_has_none(
    world: World, turns: list[int]
) -> None:
    looks = FlagLooks(world.database)
    flags = {flag(world, from_s=100 * n) for n in range(3)}
    turns.clear()
    assert (looks.look(), len(turns)) == (3, 3)
    assert joined(world) == flags
    turns.clear()
    assert (looks.look(), FlagLooks(world.database).look(), turns) == (0, 0, [])


def test_a_flag_that_was_committed_late_is_found(world: World) -> None:
    looks = FlagLooks(world.database)
    looks.look()
    late = flag(world, at=now() - flag_looks.LATE + timedelta(seconds=30))
    assert (looks.look(), joined(world)) == (1, {late})


def test_once_an_hour_all_flags_are_looked_at(world: World, clock: list[datetime]) -> None:
    looks = FlagLooks(world.database)
    looks.look()
    old = flag(world, at=now() - timedelta(days=1))  # as after a clock was set
    assert (looks.look(), joined(world)) == (0, set())
    clock[0] += flag_looks.WHOLE
    assert (looks.look(), joined(world)) == (1, {old})


def test_a_clock_that_is_set_back_begins_anew(world: World, clock: list[datetime]) -> None:
    looks = FlagLooks(world.database)
    looks.look()
    clock[0] -= timedelta(days=1)
    one = flag(world, at=clock[0])
    assert (looks.look(), joined(world)) == (1, {one})


def test_a_flag_that_cannot_be_joined_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = flag(world, from_s=1), flag(world, from_s=300)
    whole = joining.join

    def refused(session: Session, flag_id: str) -> None:
        if flag_id == bad:
            raise ZeroDivisionError
        whole(session, flag_id)

    looks = FlagLooks(world.database)
    with monkeypatch.context() as broken:
        broken.setattr(joining, "join", refused)
        assert (looks.look(), joined(world)) == (1, {good})
    assert (looks.look(), joined(world)) == (1, {good, bad})


def test_a_hundred_are_joined_in_one_look_and_the_others_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flag_looks, "FLAGS_MAX", 2)
    for number in range(5):
        flag(world, from_s=100 * number)
    looks = FlagLooks(world.database)
    assert [looks.look() for _ in range(4)] == [2, 2, 1, 0]


def test_what_goes_on_is_followed_once(world: World, turns: list[int]) -> None:
    one, looks = flag(world), FlagLooks(world.database)
    looks.look()
    changes: tuple[dict[str, object], ...] = (
        {"to_position": 20 * S},
        {"stage": FlagStage.CONFIRMED},
        {"held": True},
    )
    for changed in changes:
        change(world, one, **changed)
        turns.clear()
        assert (looks.look(), len(turns)) == (0, 1)
        assert (looks.look(), len(turns)) == (0, 1)
    case = only_case(world)
    with world.database.reading() as session:
        priority = session.scalars(select(Job.priority)).one()
    assert (case.to_position, case.weight, priority) == (20 * S, 0.7, 1)


@pytest.mark.parametrize("ends", ["flag", "room", "hour"])
def test_what_is_over_is_followed_no_more(
    world: World, turns: list[int], clock: list[datetime], ends: str
) -> None:
    one, looks = flag(world), FlagLooks(world.database)
    looks.look()
    change(world, one, to_position=20 * S)
    if ends == "flag":
        change(world, one, state=FlagState.RELEASED)
    elif ends == "room":
        world.end_room()
    else:
        clock[0] += flag_looks.FOLLOWED + timedelta(seconds=2)
    turns.clear()
    assert (looks.look(), turns) == (0, [])


# ── hosts ────────────────────────────────────────────────────────────────────────────────────


def cut(world: World, handle: str, kind: RestrictionKind = RestrictionKind.REMOVE) -> str:
    """Let Hana take the floor from somebody; give the restriction."""
    world.take_stage(handle)
    with world.database.transaction() as session:
        hana = world.person(session, "hana")
        ruling = Ruling(hana.id, "Hana", Role.HOST, "Off topic")
        seat = world.seat(session, handle)
        restrictions.record(session, seat, kind, ruling, until_at=None)
        of_seat = select(Restriction).where(Restriction.seat_id == seat.id)
        return session.scalars(of_seat.order_by(Restriction.from_at.desc())).first().id  # type: ignore[union-attr]


def contest(world: World, restriction_id: str) -> None:
    with world.database.transaction() as session:
        session.get_one(Restriction, restriction_id).contested_at = now()


def host_cases(world: World) -> int:
    with world.database.reading() as session:
        return len(session.scalars(select(Case).where(Case.kind == CaseKind.HOST)).all())


def test_a_host_is_judged_when_something_is_new_and_written_when_it_matters(
    world: World, turns: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, judged = HostLooks(world.database), list[str]()
    has_news = hosts.has_news

    def told(session: Session, room_id: str) -> bool:
        judged.append(room_id)
        return has_news(session, room_id)

    monkeypatch.setattr(hosts, "has_news", told)
    cuts = [cut(world, handle) for handle in ("ada", "bob")]
    assert (looks.look(), judged) == (0, [])  # two are no pattern
    cuts.append(cut(world, "rosa"))
    turns.clear()
    assert [looks.look() for _ in range(3)] == [0, 0, 0]
    assert (judged, turns) == ([world.room_id], [])
    found = []
    for one in cuts[:2]:
        contest(world, one)
        turns.clear()
        found.append((looks.look(), len(turns), host_cases(world)))
    assert found == [(0, 0, 0), (1, 1, 1)]
    contest(world, cuts[2])
    assert (looks.look(), host_cases(world)) == (1, 1)  # the case is told
    assert (looks.look(), HostLooks(world.database).look()) == (0, 0)


def test_a_mute_that_lasts_is_looked_at_again_by_itself(
    world: World, clock: list[datetime]
) -> None:
    for handle in ("ada", "bob", "rosa"):
        cut(world, handle, RestrictionKind.MUTE)
    with world.database.reading() as session:
        before = host_looks.marks_of(session, clock[0])
        after = host_looks.marks_of(session, clock[0] + timedelta(minutes=2, seconds=1))
    assert (before[world.room_id][3], after[world.room_id][3]) == (0, 3)


@pytest.mark.parametrize(("ago_min", "rooms"), [(59, 1), (61, 0)])
def test_rooms_that_are_long_over_are_not_judged(
    world: World, ago_min: int, rooms: int
) -> None:
    for handle in ("ada", "bob", "rosa"):
        cut(world, handle)
    world.end_room()
    with world.database.transaction() as session:
        world.room(session).ended_at = now() - timedelta(minutes=ago_min)
    with world.database.reading() as session:
        assert len(host_looks.marks_of(session, now())) == rooms


def test_a_case_about_a_host_can_cite_the_clause_about_a_hosts_tools(world: World) -> None:
    for handle in ("ada", "bob", "rosa"):
        contest(world, cut(world, handle))
    HostLooks(world.database).look()
    with world.database.reading() as session:
        case_id = session.scalars(select(Case.id).where(Case.kind == CaseKind.HOST)).one()
    finding = Finding(
        outcome=Outcome.VIOLATION,
        clause="host-tools",
        facts="Three people who disagreed were removed within a minute of each other.",
        steps=(step(Measure.LISTEN_ONLY),),
    )
    decision = world.decision(world.decide("rita", case_id, finding))
    assert (decision.clause, decision.state) == ("host-tools", DecisionState.IN_FORCE)
    with world.database.reading() as session:
        fields = (
            session.scalars(
                select(Statement).join(
                    DecidedEffect, DecidedEffect.statement_id == Statement.id
                )
            )
            .one()
            .fields
        )
    assert fields["category"] == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    assert fields["incompatible_content_ground"] == "Misusing the tools of a host"


def test_a_room_that_cannot_be_judged_is_tried_again_and_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for handle in ("ada", "bob", "rosa"):
        contest(world, cut(world, handle))
    looks = HostLooks(world.database)
    with monkeypatch.context() as broken:
        broken.setattr(hosts, "has_news", lambda *_: 1 / 0)
        assert looks.look() == 0
    assert (looks.look(), host_cases(world)) == (1, 1)
