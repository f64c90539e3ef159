"""Flags: who sees them, who decides, and what a rule of the house can never do."""

import asyncio
import dataclasses
from typing import Any

import pytest
from sqlalchemy import select

from balai.rooms import flags, restrictions, seats, wishes
from balai.rooms.errors import RulesOnlyHold
from balai.rooms.flags import Playing, Seen
from balai.rooms.model import (
    FlagStage,
    Gap,
    Restriction,
    RestrictionKind,
    WatchState,
    WishKind,
)
from tests.record_house import House, Json, Visitor


def seen(room_id: str, seat_id: str, **more: Any) -> Seen:
    told = Seen(
        room_id=room_id,
        seat_id=seat_id,
        recording_id="r1",
        title="A chant",
        category="chant",
        list_name="peace",
        stage=FlagStage.CONFIRMED,
        from_position=48_000,
        to_position=240_000,
        offset_s=12.5,
        score=6.0,
        false_alarms_per_1000h=0.1,
        speed=1.0,
        pitch_semitones=0.0,
        detector="fake/1",
    )
    return dataclasses.replace(told, **more)


def raised(house: House, told: Seen, *, held: bool) -> str:
    """Do in the records what the worker does when a detector has recognised something."""
    with house.database.transaction() as session:
        if held:
            args: dict[str, object] = {"seat_id": told.seat_id, "reason": "A chant"}
            wishes.done_by_rule(
                session, told.room_id, WishKind.HOLD, args, {"silent_from": 96_000}
            )
        flag_id = flags.raise_flag(session, told, held=held).id
    house.bell.ring()
    return flag_id


def playing(
    seat_id: str, from_position: int, recording_id: str = "r1", *, again: bool = False
) -> Playing:
    """Go on with the playing of `seen`, or begin the recording anew at a position."""
    offset_s = 0.0 if again else 12.5 + (from_position - 48_000) / 48_000
    return Playing(seat_id, recording_id, from_position, offset_s)


async def scene(house: House) -> tuple[Visitor, str, Visitor, str]:
    """A host who is no operator, their room, a speaker and the speaker's seat."""
    host = await house.member("hana")
    room_id = await house.live_room(host)
    await house.take_stage(host, room_id)
    ada = await house.member("ada")
    await host.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "ada"})
    return host, room_id, ada, await house.take_stage(ada, room_id)


async def test_hosts_and_operators_see_a_flag_and_nobody_else_does(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    stranger, path = await house.stranger(), f"/api/rooms/{room_id}"
    async with (
        host.events(room_id) as hosts,
        house.operator.events(room_id) as operators,
        ada.events(room_id) as hers,
        stranger.events(room_id) as others,
    ):
        flag_id = raised(house, seen(room_id, seat_id), held=True)
        told = await hosts.until("flag", id=flag_id)
        assert await operators.until("flag", id=flag_id) == told
        await hers.until("restriction", kind="hold")
        await host.do(path, {"title": "After"}, method="PATCH")
        await hers.until("room", title="After")
        await others.until("room", title="After")
        kinds = {event.kind for event in [*hers.seen, *others.seen]}
        assert "flag" not in kinds
        assert "A chant" not in repr(others.seen)
    assert told["holds"]
    assert (told["name"], told["title"], told["state"]) == ("Ada", "A chant", "open")
    assert (await host.get(path))["flags"] == await host.get(f"{path}/flags") == [told]
    assert (await house.operator.get(path))["flags"] == [told]
    assert (await ada.get(path))["flags"] == (await stranger.get(path))["flags"] == []
    assert await ada.refused(f"{path}/flags", method="GET") == (403, "hosts_only")
    confirm = f"{path}/flags/{flag_id}/confirm"
    assert await ada.refused(confirm, {}) == (403, "hosts_only")
    assert await stranger.refused(confirm, {}) == (403, "sign_in_needed")


async def test_releasing_ends_the_hold_and_is_remembered(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    path = f"/api/rooms/{room_id}/flags/{flag_id}"
    async with host.events(room_id) as stream:
        released = await host.do(f"{path}/release", {"reason": "Our own song"})
        await stream.until("flag", id=flag_id, holds=False)
        await stream.until("effect", kind="release")
    assert (released["state"], released["decided_by_name"]) == ("released", "Hana")
    view = await ada.get(f"/api/rooms/{room_id}")
    assert view["me"]["restrictions"][0]["lifted_at"] is not None
    assert await host.refused(f"{path}/confirm", {}) == (409, "flag_decided")
    with house.database.reading() as session:
        assert not flags.may_hold(session, playing(seat_id, 10_000_000))
        assert flags.may_hold(session, playing(seat_id, 0, "another"))


async def test_what_was_confirmed_can_be_released_but_never_aired(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    path = f"/api/rooms/{room_id}"
    flag = f"{path}/flags/{flag_id}"
    await house.operator.do(f"{flag}/confirm", {"reason": "It is that"})
    airing: Json = {"seat_id": seat_id, "air_held": True}
    held = (409, "held_is_confirmed")
    assert await host.refused(f"{path}/effects/release", airing) == held
    assert await host.refused(f"{flag}/release", {"air_held": True}) == held
    async with host.events(room_id) as stream:
        still = await host.do(f"{flag}/release", {})
        await stream.until("seat", id=seat_id, held=False)
    assert still["state"] == "confirmed"
    assert await host.refused(f"{flag}/release", {}) == (409, "flag_decided")


async def test_nobody_decides_about_their_own_voice(house: House) -> None:
    host, room_id, _, _ = await scene(house)
    path = f"/api/rooms/{room_id}"
    own_seat = (await host.get(path))["me"]["seat_id"]
    flag_id = raised(house, seen(room_id, own_seat), held=True)
    for verb in ("release", "confirm"):
        refusal = await host.refused(f"{path}/flags/{flag_id}/{verb}", {})
        assert refusal == (403, "own_flag")
    around = await host.refused(f"{path}/effects/release", {"seat_id": own_seat})
    assert around == (403, "own_flag")
    confirmed = await house.operator.do(f"{path}/flags/{flag_id}/confirm", {})
    assert confirmed["decided_by_name"] == "Olga"
    around = await host.refused(f"{path}/effects/release", {"seat_id": own_seat})
    assert around == (403, "own_flag")  # what is decided does not make it theirs


async def test_a_hold_that_a_host_ends_by_hand_leaves_the_flag_to_be_decided(
    house: House,
) -> None:
    host, room_id, _, seat_id = await scene(house)
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    airing = {"seat_id": seat_id, "air_held": True}
    refusal = await host.refused(f"/api/rooms/{room_id}/effects/release", airing)
    assert refusal == (409, "flag_undecided")
    async with host.events(room_id) as stream:
        await house.effect(host, room_id, "release", seat_id=seat_id)
        told = await stream.until("flag", id=flag_id)
    assert (told["state"], told["holds"]) == ("open", False)
    with house.database.reading() as session:
        assert not flags.may_hold(session, playing(seat_id, 48_000))  # not for this playing
        assert flags.may_hold(session, playing(seat_id, 10_000_000))


async def test_a_voice_held_twice_is_heard_when_both_are_released(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    path = f"/api/rooms/{room_id}"
    first = raised(house, seen(room_id, seat_id), held=True)
    second = raised(house, seen(room_id, seat_id, recording_id="r2"), held=True)
    third = raised(house, seen(room_id, seat_id, recording_id="r3"), held=True)
    await host.do(f"{path}/flags/{third}/confirm", {})
    airing = {"air_held": True}
    refusal = await host.refused(f"{path}/flags/{second}/release", airing)
    assert refusal == (409, "held_is_confirmed")  # the third one's sound would air with it
    released = await host.do(f"{path}/flags/{first}/release", {})
    assert (released["state"], released["holds"]) == ("released", False)
    await host.do(f"{path}/flags/{third}/release", {})
    seats_now = (await host.get(path))["seats"]
    assert [seat["held"] for seat in seats_now if seat["id"] == seat_id] == [True]
    async with host.events(room_id) as stream:
        await host.do(f"{path}/flags/{second}/release", {})
        await stream.until("seat", id=seat_id, held=False)
    states = {one["id"]: one["state"] for one in await host.get(f"{path}/flags")}
    assert states == {first: "released", second: "released", third: "confirmed"}


async def test_a_flag_released_while_the_person_is_away_holds_no_more(house: House) -> None:
    host, room_id, ada, seat_id = await scene(house)
    flag_id = raised(house, seen(room_id, seat_id), held=True)
    await ada.do(f"/api/rooms/{room_id}/seat/step-down")
    await host.do(f"/api/rooms/{room_id}/flags/{flag_id}/release", {})
    async with asyncio.timeout(10):
        while (await host.get(f"/api/rooms/{room_id}/flags"))[0]["holds"]:
            await house.ear.heard()
    with house.database.reading() as session:
        assert not seats.get(session, seat_id).held


async def test_a_suspicion_let_go_does_not_stop_a_hold_when_it_is_confirmed(
    house: House,
) -> None:
    host, room_id, _, seat_id = await scene(house)
    suspected = seen(room_id, seat_id, stage=FlagStage.SUSPECTED)
    first = raised(house, suspected, held=False)
    await host.do(f"/api/rooms/{room_id}/flags/{first}/release", {})
    with house.database.reading() as session:
        assert flags.may_hold(session, playing(seat_id, 48_000))
    assert raised(house, seen(room_id, seat_id), held=True) != first


async def test_what_was_confirmed_never_airs_with_something_else(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    path = f"/api/rooms/{room_id}/flags"
    first = raised(house, seen(room_id, seat_id), held=True)
    await host.do(f"{path}/{first}/confirm", {})
    second = raised(house, seen(room_id, seat_id, recording_id="r2"), held=True)
    await host.do(f"{path}/{first}/release", {})  # its own hold ends, what it held is there
    airing = {"air_held": True}
    refusal = await host.refused(f"{path}/{second}/release", airing)
    assert refusal == (409, "held_is_confirmed")
    await host.do(f"{path}/{second}/confirm", {})
    asked = {"seat_id": seat_id, **airing}
    refusal = await host.refused(f"/api/rooms/{room_id}/effects/release", asked)
    assert refusal == (409, "held_is_confirmed")


async def test_a_recording_that_begins_anew_is_held_anew(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    first = raised(house, seen(room_id, seat_id), held=True)
    await host.do(f"/api/rooms/{room_id}/flags/{first}/confirm", {})
    with house.database.reading() as session:
        assert not flags.may_hold(session, playing(seat_id, 230_000))
        assert flags.may_hold(session, playing(seat_id, 230_000, again=True))


async def test_a_new_hold_for_a_decided_flag_is_a_new_question(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    path = f"/api/rooms/{room_id}/flags"
    first = raised(house, seen(room_id, seat_id), held=True)
    await host.do(f"{path}/{first}/confirm", {})
    second = raised(house, seen(room_id, seat_id, to_position=480_000), held=True)
    listed = {one["id"]: one for one in await host.get(path)}
    assert second != first
    assert (listed[second]["state"], listed[second]["holds"]) == ("open", True)


async def test_one_playing_is_one_flag(house: House) -> None:
    host, room_id, _, seat_id = await scene(house)
    suspected = seen(room_id, seat_id, stage=FlagStage.SUSPECTED, score=3.0)
    first = raised(house, suspected, held=False)
    later = seen(room_id, seat_id, from_position=96_000, to_position=480_000)
    assert raised(house, later, held=True) == first
    still = seen(room_id, seat_id, from_position=96_000, to_position=720_000)
    assert raised(house, still, held=False) == first
    another = seen(room_id, seat_id, from_position=2_000_000, to_position=2_100_000)
    assert raised(house, another, held=True) != first
    listed = await host.get(f"/api/rooms/{room_id}/flags")
    (flag,) = [one for one in listed if one["id"] == first]
    assert (flag["stage"], flag["held"], flag["score"]) == ("confirmed", True, 6.0)
    assert (flag["from_position"], flag["to_position"]) == (48_000, 720_000)


@pytest.mark.parametrize(
    "kind", [RestrictionKind.MUTE, RestrictionKind.MOVE_TO_HALL, RestrictionKind.REMOVE]
)
async def test_a_rule_can_hold_and_nothing_else(house: House, kind: RestrictionKind) -> None:
    _, room_id, _, seat_id = await scene(house)
    rule = restrictions.Ruling(None, "Balai", None, "A chant")
    with house.database.transaction() as session:
        seat = seats.get(session, seat_id)
        with pytest.raises(RulesOnlyHold):
            restrictions.record(session, seat, kind, rule, until_at=None)
        assert session.scalars(select(Restriction)).all() == []
    args: dict[str, object] = {"seat_id": seat_id, "reason": "A chant"}
    with pytest.raises(RulesOnlyHold), house.database.transaction() as session:
        wishes.done_by_rule(session, room_id, WishKind.MUTE, args, {})


@pytest.mark.parametrize(
    ("state", "why"), [(WatchState.UNWATCHED, "detector"), (WatchState.UNHEARD, "deadline")]
)
async def test_everybody_is_told_of_a_voice_that_nobody_watches(
    house: House, state: WatchState, why: str
) -> None:
    _, room_id, _, seat_id = await scene(house)
    stranger = await house.stranger()
    async with stranger.events(room_id) as others:
        with house.database.transaction() as session:
            gap = Gap(state, 96_000, why)
            seats.gap_began(session, seat_id, gap)
        house.bell.ring()
        told = {"state": state, "from_position": 96_000, "why": why}
        await others.until("seat", id=seat_id, watch=told)
        lost = await others.until("watch", state=state)
        with house.database.transaction() as session:
            gap = Gap(state, 96_000, why, 240_000)
            seats.gap_ended(session, seat_id, gap)
        house.bell.ring()
        again = await others.until("watch", state="watched")
    assert lost == {
        "seat_id": seat_id, "state": state, "was": state, "why": why,
        "from_position": 96_000, "to_position": None,
    }  # fmt: skip
    assert (again["was"], again["to_position"]) == (state, 240_000)
    view = await stranger.get(f"/api/rooms/{room_id}")
    assert {seat["watch"]["state"] for seat in view["seats"]} == {"watched"}


async def test_only_the_operator_asks_for_the_jingle_and_only_in_the_demonstration(
    house: House,
) -> None:
    host, room_id, _, _ = await scene(house)
    path = f"/api/rooms/{room_id}/jingle"
    assert await host.refused(path) == (403, "operators_only")
    assert await house.operator.refused(path) == (409, "no_demonstration")
