"""What is taken from a person: with a reason, shown to them, contestable; bans that stay."""

import hashlib
import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.clock import now
from balai.errors import Unavailable
from balai.rooms import wishes
from balai.rooms.model import Ban, Restriction, Seat, Wish, WishKind
from tests.record_house import House, Json, Visitor


def restrictions_of(view: Json) -> list[Json]:
    return list(view["me"]["restrictions"])


@pytest.mark.parametrize("kind", ["mute", "hold", "move_to_hall", "remove"])
async def test_nothing_is_taken_without_a_reason(house: House, kind: str) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    for reason in (None, "", "  \n "):
        asked = {"seat_id": seat_id, "reason": reason}
        refusal = await house.operator.refused(f"{path}/effects/{kind}", asked)
        assert refusal == (422, "reason_missing")
    assert restrictions_of(await ada.get(path)) == []
    with house.database.reading() as session:
        assert session.scalars(select(Wish.kind).where(Wish.kind != WishKind.OPEN)).all() == []
        assert session.scalars(select(Ban)).all() == []


async def test_a_mute_shows_who_why_and_how_long_to_the_person_and_to_no_listener(
    house: House,
) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    stranger = await house.stranger()
    path = f"/api/rooms/{room_id}"
    async with ada.events(room_id) as hers, stranger.events(room_id) as others:
        done = await house.effect(
            house.operator, room_id, "mute", seat_id=seat_id, reason="Too loud", seconds=90
        )
        shown = await hers.until("restriction", kind="mute")
        effect = await hers.until("effect", kind="mute")
        await others.until("seat", id=seat_id, muted=True)
        await house.operator.do(path, {"title": "After"}, method="PATCH")
        await others.until("room", title="After")
        assert "Too loud" not in repr(others.seen)
    assert (shown["by_name"], shown["by_role"], shown["reason"]) == ("Olga", "host", "Too loud")
    lasts = timedelta(seconds=90)
    with house.database.reading() as session:
        kept = session.scalars(select(Restriction)).one()
    assert kept.until_at is not None
    assert abs(kept.until_at - kept.from_at - lasts) < timedelta(seconds=1)
    assert effect == {
        "effect_id": done["id"],
        "kind": "mute",
        "seat_id": seat_id,
        "by_name": "Olga",
        "reason": "Too loud",
        "observed": {"from_position": 0},
    }
    assert restrictions_of(await ada.get(path)) == [shown]
    assert restrictions_of(await house.operator.get(path)) == []


async def test_a_mute_that_has_run_out_is_lifted(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    mute = {"seat_id": seat_id, "reason": "noise"}
    await house.effect(house.operator, room_id, "mute", **mute, seconds=60)
    await house.effect(house.operator, room_id, "mute", **mute, seconds=120)
    with house.database.reading() as session:
        due_at = wishes.next_unmute_at(session)
    assert due_at is not None
    with house.database.transaction() as session:
        early = wishes.due_unmutes(session, due_at - timedelta(seconds=1))
    assert early == []  # the first has run out then, but not the second
    async with ada.events(room_id) as stream:
        with house.database.transaction() as session:
            wished = wishes.due_unmutes(session, due_at)
            again = wishes.due_unmutes(session, due_at)
        assert ([wish.seat_id for wish in wished], again) == ([seat_id], [])
        house.bell.ring()
        await stream.until("seat", id=seat_id, muted=False)
    lifted = restrictions_of(await ada.get(f"/api/rooms/{room_id}"))
    assert [restriction["lifted_at"] is not None for restriction in lifted] == [True, True]
    with house.database.reading() as session:
        assert wishes.next_unmute_at(session) is None


async def test_a_mute_without_end_is_never_due(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, seat_id = await house.speaker("ada", house.operator, room_id)
    mute = {"seat_id": seat_id, "reason": "noise"}
    await house.effect(house.operator, room_id, "mute", **mute, seconds=60)
    await house.effect(house.operator, room_id, "mute", **mute)
    with house.database.transaction() as session:
        assert wishes.next_unmute_at(session) is None
        assert wishes.due_unmutes(session, now() + timedelta(days=1)) == []
    done = await house.effect(house.operator, room_id, "unmute", seat_id=seat_id)
    assert done["state"] == "carried_out"
    with house.database.reading() as session:
        assert session.scalars(select(Seat.muted).where(Seat.id == seat_id)).one() is False


async def test_a_hold_is_known_to_hosts_and_to_the_person_only(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    ben, _ = await house.speaker("ben", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    async with ada.events(room_id) as hers, ben.events(room_id) as his:
        await house.effect(house.operator, room_id, "hold", seat_id=seat_id, reason="wait")
        assert (await hers.until("seat", id=seat_id))["held"] is True
        assert (await his.until("seat", id=seat_id))["held"] is None
    held = {}
    for name, who in {"host": house.operator, "ada": ada, "ben": ben}.items():
        seats = (await who.get(path))["seats"]
        held[name] = next(seat["held"] for seat in seats if seat["id"] == seat_id)
    assert held == {"host": True, "ada": True, "ben": None}
    await house.effect(house.operator, room_id, "release", seat_id=seat_id, air_held=True)
    assert restrictions_of(await ada.get(path))[0]["lifted_at"] is not None


async def test_a_restriction_is_contested_once_and_by_nobody_else(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    ben = await house.member("ben")
    await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="noise")
    (shown,) = restrictions_of(await ada.get(f"/api/rooms/{room_id}"))
    path = f"/api/restrictions/{shown['id']}/contest"
    assert await ben.refused(path, {"text": "no"}) == (404, "restriction_missing")
    contested = await ada.do(path, {"text": "I only contradicted."})
    assert contested["contested_at"] is not None
    assert await ada.refused(path, {"text": "again"}) == (409, "already_contested")
    with house.database.reading() as session:
        kept = session.scalars(select(Restriction.contest_text)).one()
    assert kept == "I only contradicted."


async def test_a_cohost_does_not_touch_the_host(house: House) -> None:
    room_id = await house.live_room(house.operator)
    host_seat = await house.take_stage(house.operator, room_id)
    ada, ada_seat = await house.speaker("ada", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    await house.operator.do(f"{path}/cohosts", {"seat_id": ada_seat, "cohost": True})
    for kind in ("mute", "unmute", "hold", "release", "move_to_hall", "remove"):
        asked = {"seat_id": host_seat, "reason": "coup"}
        assert await ada.refused(f"{path}/effects/{kind}", asked) == (403, "host_untouchable")


async def test_who_was_moved_to_the_hall_may_raise_a_hand_again(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    path = f"/api/rooms/{room_id}"
    await house.operator.do(f"{path}/cohosts", {"seat_id": seat_id, "cohost": True})
    asked = {"seat_id": seat_id, "reason": "time is over"}
    await house.effect(house.operator, room_id, "move_to_hall", **asked)
    me = (await ada.get(path))["me"]
    assert (me["role"], me["seat_id"], me["banned_until"]) == ("listener", None, None)
    assert [restriction["kind"] for restriction in me["restrictions"]] == ["move_to_hall"]
    assert await ada.refused(f"{path}/seat/consent", {"recording_ok": True}) == (
        404,
        "seat_missing",
    )
    await ada.do(f"{path}/hand")


async def removed(house: House, room_id: str, **ban: object) -> Visitor:
    """A speaker who was removed."""
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    done = await house.effect(
        house.operator, room_id, "remove", seat_id=seat_id, reason="threats", **ban
    )
    assert done["state"] == "carried_out"
    return ada


BANNED = (403, "banned")


async def test_a_ban_outlives_leaving_and_ends_when_it_was_said_to(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada = await removed(house, room_id, ban_s=3600)
    me = (await ada.get(path))["me"]
    assert me["banned_until"] == me["restrictions"][0]["until_at"]
    assert await ada.refused(f"{path}/hand") == BANNED
    invitation = {"handle": "ada"}
    assert await house.operator.refused(f"{path}/stage-invitations", invitation) == BANNED
    other_room = await house.live_room(house.operator)
    await ada.do(f"/api/rooms/{other_room}/hand")
    with house.database.transaction() as session:
        session.execute(update(Ban).values(until_at=now() - timedelta(seconds=1)))
    await ada.do(f"{path}/hand")


async def test_a_ban_for_good_outlives_the_account_on_the_same_device(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    browser = await removed(house, room_id)
    assert (await browser.get(path))["me"]["banned_until"] == "9999-12-31T00:00:00Z"
    await browser.do("/api/me", method="DELETE")
    await browser.join(await house.link(), "somebody_else")
    assert await browser.refused(f"{path}/hand") == BANNED
    assert (await browser.get(path))["me"]["banned_until"] == "9999-12-31T00:00:00Z"


async def test_a_ban_follows_the_handle_to_another_device(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    browser = await removed(house, room_id)
    await browser.do("/api/me", method="DELETE")
    again = await house.member("ada")
    assert await again.refused(f"{path}/hand") == BANNED
    innocent = await house.member("ben")
    await innocent.do(f"{path}/hand")


async def test_a_ban_follows_the_account_to_another_device(house: House) -> None:
    room_id = await house.live_room(house.operator)
    await removed(house, room_id)
    link = (await house.operator.do("/api/people/ada/link"))["url"]
    other = await house.stranger()
    other.became(await other.do(f"/api/invitations/{link.rsplit('/', 1)[-1]}/accept", {}))
    assert await other.refused(f"/api/rooms/{room_id}/hand") == BANNED


@pytest.mark.parametrize("openness", ["invited", "house"])
async def test_who_was_sent_away_sees_why_but_hears_a_closed_room_no_more(
    house: House, openness: str
) -> None:
    room_id = await house.live_room(house.operator, openness=openness)
    path = f"/api/rooms/{room_id}"
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    assert (await ada.get(path))["room"]["playlist_url"]
    async with ada.events(room_id) as stream:
        await house.effect(house.operator, room_id, "remove", seat_id=seat_id, reason="threats")
        await stream.until("restriction", kind="remove")
        await stream.closed()
    seen = await ada.get(path)
    assert seen["room"]["playlist_url"] is None
    assert seen["me"]["restrictions"][0]["reason"] == "threats"
    mine = await ada.get("/api/rooms?state=live")
    assert [card["playlist_url"] for card in mine if card["id"] == room_id] == [None]
    async with ada.events(room_id) as stream:
        await house.operator.do(path, {"title": "Later"}, method="PATCH")
        assert (await stream.until("room", title="Later"))["playlist_url"] is None
    ben, _ = await house.speaker("ben", house.operator, room_id)
    assert (await ben.get(path))["room"]["playlist_url"]


async def test_an_open_room_plays_for_everybody(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada = await removed(house, room_id)
    assert (await ada.get(f"/api/rooms/{room_id}"))["room"]["playlist_url"]


async def test_somebody_who_fled_the_stage_can_still_be_banned(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    await ada.do(f"{path}/seat/step-down")
    gone = {"seat_id": seat_id, "reason": "threats"}
    mute = await house.operator.refused(f"{path}/effects/mute", gone)
    assert mute == (409, "seat_not_on_stage")
    done = await house.effect(house.operator, room_id, "remove", **gone)
    assert (done["state"], done["observed"]) == ("carried_out", {"on_stage": False})
    assert await ada.refused(f"{path}/hand") == BANNED


async def test_bans_hold_no_name(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada = await removed(house, room_id)
    device = ada.http.cookies["balai_device"]
    with house.database.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM ban_subject").all()
    kept = {str(row.subject_hash) for row in rows}
    assert len(kept) == 3
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in kept)
    for secret in ("ada", ada.me["id"], device):  # nor can they be found by trying names
        assert hashlib.sha256(str(secret).encode()).hexdigest() not in kept


async def test_an_effect_that_fails_takes_nothing_and_says_so(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    house.worker.fails_with = Unavailable()
    async with house.operator.events(room_id) as stream:
        done = await house.effect(
            house.operator, room_id, "hold", seat_id=seat_id, reason="wait"
        )
        told = await stream.until("effect_failed", effect_id=done["id"])
    assert (done["state"], done["error"], done["observed"]) == ("failed", "unavailable", None)
    assert (told["kind"], told["seat_id"]) == ("hold", seat_id)
    assert restrictions_of(await ada.get(f"/api/rooms/{room_id}")) == []


async def test_an_effect_is_shown_to_those_whom_it_concerns(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    ben = await house.member("ben")
    done = await house.effect(house.operator, room_id, "dump", seconds=5)
    path = f"/api/rooms/{room_id}/effects/{done['id']}"
    for who in (ada, ben):
        assert await who.refused(path, method="GET") == (404, "effect_missing")
    hers = await house.effect(house.operator, room_id, "mute", seat_id=seat_id, reason="x")
    path = f"/api/rooms/{room_id}/effects/{hers['id']}"
    assert (await ada.get(path))["kind"] == "mute"
    assert await ben.refused(path, method="GET") == (404, "effect_missing")


@pytest.mark.parametrize(
    ("kind", "asked", "code"),
    [
        ("dump", {"seconds": 31}, "effect_invalid"),
        ("dump", {"seconds": -1}, "effect_invalid"),
        ("hold", {"seconds": 5, "reason": "x"}, "effect_invalid"),
        ("mute", {"seconds": 0, "reason": "x"}, "effect_invalid"),
        ("mute", {"ban_s": 5, "reason": "x"}, "effect_invalid"),
        ("mute", {"reason": "x"}, "effect_invalid"),
        ("explode", {}, "request_invalid"),
        ("open", {}, "request_invalid"),
    ],
)
async def test_effects_that_make_no_sense_are_invalid(
    house: House, kind: str, asked: Json, code: str
) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}/effects/{kind}"
    assert await house.operator.refused(path, asked) == (422, code)


async def test_a_swamped_worker_is_given_no_more_but_the_end(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    house.worker.is_waiting = True
    answers = [await house.operator.ask("POST", f"{path}/effects/dump", {}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [202] * 20 + [503]
    await house.operator.do(f"{path}/end")
