"""What is asked of a room's worker: who floods takes nobody else's place, nor their turn."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from balai.broadcast.lane import Lane
from balai.cases.model import DecidedEffect, EffectState, Measure
from balai.rooms import green_room, wishes
from balai.rooms.errors import TooManyWishes
from balai.rooms.model import Role, Wish, WishKind
from balai.rooms.requests import HOSTS, HOUSE, LEAVING, request
from tests.cases_world import World, step, violation


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def ask(
    world: World, by: str | None, role: Role | None = Role.HOST, kind: WishKind = WishKind.DUMP
) -> int:
    with world.database.transaction() as session:
        person_id = world.person(session, by).id if by else None
        args: dict[str, object] = {"seat_id": world.seat_id, "by_role": role}
        return request(session, world.room_id, kind, args, by_person_id=person_id).id


def flood(world: World, count: int) -> None:
    """Let the room's hosts ask for more than is carried out, each of them all they may."""
    for number in range(count):
        ask(world, ("hana", "rita", "rolf", "rosa", "bob")[number // HOSTS.each])


def test_one_host_has_a_share_of_what_hosts_may_ask(world: World) -> None:
    flood(world, HOSTS.each)
    with pytest.raises(TooManyWishes):
        ask(world, "hana")
    assert ask(world, "rita", Role.COHOST)
    world.work()
    assert ask(world, "hana")


def test_hosts_who_flood_keep_nobody_else_from_the_room(world: World) -> None:
    flood(world, HOSTS.room)
    for who in ("ada", "olga"):
        with pytest.raises(TooManyWishes):
            ask(world, who, Role.COHOST)
    assert ask(world, "olga", Role.SAFETY, WishKind.HOLD)
    assert ask(world, None, None, WishKind.UNMUTE)
    assert ask(world, "hana", None, WishKind.END)
    with world.database.transaction() as session:
        room = world.room(session)
        green_room.step_down(session, room, world.person(session, "ada"))
        hung_up = select(Wish).where(Wish.kind == WishKind.HANG_UP)
        assert session.scalars(hung_up).one().seat_id == world.seat_id


def test_hosts_who_flood_keep_no_decision_from_its_effect(world: World) -> None:
    flood(world, HOSTS.room)
    decision_id = world.decide("rita", world.case(), violation(step(Measure.TIMED_MUTE)))
    with world.database.reading() as session:
        query = select(DecidedEffect).where(DecidedEffect.decision_id == decision_id)
        effect = session.scalars(query).one()
        assert (effect.state, effect.wish_id is None) == (EffectState.PENDING, False)


def test_every_share_has_an_end(world: World) -> None:
    for _ in range(LEAVING.each):
        ask(world, "ada", None, WishKind.HANG_UP)
    with pytest.raises(TooManyWishes):
        ask(world, "ada", None, WishKind.HANG_UP)
    assert ask(world, "bob", None, WishKind.HANG_UP)
    for _ in range(HOUSE.room):
        ask(world, "olga", Role.SAFETY)
    with pytest.raises(TooManyWishes):
        ask(world, "rita", Role.SAFETY)


def test_wishes_that_are_under_way_do_not_hide_those_of_other_rooms(world: World) -> None:
    flood(world, wishes.BATCH)
    with world.database.reading() as session:
        taken = wishes.pending(session)[-1].id
    new = ask(world, "olga", Role.SAFETY, WishKind.HOLD)
    with world.database.reading() as session:
        assert [wish.id for wish in wishes.pending(session, after=taken)] == [new]


async def test_in_its_lane_nothing_of_the_hosts_goes_before_who_protects_or_leaves(
    world: World,
) -> None:
    asked = [
        ask(world, "hana"),
        ask(world, "hana", Role.HOST, WishKind.DUMP),
        ask(world, "olga", Role.SAFETY, WishKind.HOLD),
        ask(world, "hana", None, WishKind.SET_DELAY),
        ask(world, "ada", None, WishKind.HANG_UP),
        ask(world, "olga", Role.SAFETY, WishKind.MUTE),
        ask(world, "hana", None, WishKind.END),
    ]
    lane = Lane()
    with world.database.reading() as session:
        for wish in wishes.pending(session):
            lane.put(wish)
    turns = [(await lane.next()).id for _ in asked]
    assert turns == [asked[n] for n in (2, 4, 5, 0, 1, 3, 6)]
    assert lane.is_empty
