"""What is pressed once is done once, also when it was sent twice."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from balai.errors import Unavailable
from balai.feed import FeedEntry
from balai.ledger.model import LedgerEntry
from balai.rooms import safety
from balai.rooms.model import Ban, Restriction, Room, Wish
from balai.statements.model import Statement
from tests.desk_house import ledger, second
from tests.record_house import House, Json, Visitor

TOKEN = "press-0123456789"
KEPT = (Wish, LedgerEntry, FeedEntry, Ban, Restriction, Statement)


def kept(house: House) -> list[int]:
    """How much of each kind the records hold."""
    with house.database.reading() as session:
        return [session.scalar(select(func.count()).select_from(one)) or 0 for one in KEPT]


async def sent_again(
    house: House, who: Visitor, room_id: str, kind: str, **asked: object
) -> tuple[Json, Json]:
    """Send an effect, wait until it is done, send it again; give the wish and the answer."""
    pressed = {"token": f"{TOKEN}-{kind}", **asked}
    done = await house.effect(who, room_id, kind, **pressed)
    before = kept(house)
    answer = await who.do(f"/api/rooms/{room_id}/effects/{kind}", pressed)
    assert kept(house) == before
    return done, answer


async def test_what_a_host_sends_again_with_its_token_is_the_same_effect(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    on_budi = {"seat_id": seat_id, "reason": "Insults"}
    for kind, asked in (
        ("hold", on_budi),
        ("release", {"seat_id": seat_id, "air_held": True}),
        ("mute", {**on_budi, "seconds": 60}),
        ("unmute", {"seat_id": seat_id}),
        ("dump", {"seconds": 5}),
        ("remove", {**on_budi, "ban_s": 3600}),  # by now there is nobody left to remove
    ):
        done, answer = await sent_again(house, ada, room_id, kind, **asked)
        assert answer == {"id": done["id"], "state": "carried_out"}
    with house.database.reading() as session:
        kinds = session.scalars(select(Restriction.kind).order_by(Restriction.from_at)).all()
    assert [str(kind) for kind in kinds] == ["hold", "mute", "remove"]


async def test_who_was_moved_to_the_hall_is_moved_once(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    budi, seat_id = await house.speaker("budi", ada, room_id)
    moved: Json = {"seat_id": seat_id, "reason": "Insults", "token": TOKEN}
    done = await house.effect(ada, room_id, "move_to_hall", **moved)
    await ada.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "budi"})
    await house.take_stage(budi, room_id)
    answer = await ada.do(f"/api/rooms/{room_id}/effects/move_to_hall", moved)
    assert answer == {"id": done["id"], "state": "carried_out"}
    (seat,) = [
        one
        for one in (await budi.get(f"/api/rooms/{room_id}"))["seats"]
        if one["id"] == seat_id
    ]
    assert seat["state"] == "on_stage"


async def test_what_the_safety_team_sends_again_is_written_down_once(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    on_budi = {"seat_id": seat_id, "reason": "Threats"}
    for kind, asked in (
        ("hold", on_budi),
        ("release", on_budi),
        ("mute", {**on_budi, "seconds": 60}),
        ("dump", {"reason": "Threats"}),
    ):
        done, answer = await sent_again(house, house.operator, room_id, kind, **asked)
        assert answer == {"id": done["id"], "state": "carried_out"}
        assert len(ledger(house, kind)) == 1


async def test_of_two_that_race_there_is_one(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    house.worker.is_waiting = True
    for who in (ada, house.operator):
        asked: Json = {"seat_id": seat_id, "reason": "Insults", "token": TOKEN}
        path = f"/api/rooms/{room_id}/effects/mute"
        answers = await asyncio.gather(*(who.do(path, asked) for _ in range(6)))
        assert len({answer["id"] for answer in answers}) == 1
        assert {answer["state"] for answer in answers} == {"pending"}
    with house.database.reading() as session:
        muted = session.scalars(select(Wish).where(Wish.kind == "mute")).all()
    assert len(muted) == 2  # one of each: a token is its sender's alone
    assert len(ledger(house, "mute")) == 1


async def test_the_answer_tells_how_far_it_is_also_after_the_room(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    path = f"/api/rooms/{room_id}/effects"
    held: Json = {"seat_id": seat_id, "reason": "Insults", "token": TOKEN}
    house.worker.is_waiting = True
    first = await ada.do(f"{path}/hold", held)
    assert (await ada.do(f"{path}/hold", held)) == {"id": first["id"], "state": "pending"}
    house.worker.fails_with, house.worker.is_waiting = Unavailable(), False
    async with ada.events(room_id, after=0) as stream:
        house.bell.ring()
        await stream.until("effect_failed", effect_id=first["id"])
        assert (await ada.do(f"{path}/hold", held))["state"] == "failed"
        house.worker.fails_with = None
        cut = await house.effect(house.operator, room_id, "mute", **held)
        await ada.do(f"/api/rooms/{room_id}/end")
        await stream.until("room", state="ended")
    assert (await ada.do(f"{path}/hold", held)) == {"id": first["id"], "state": "failed"}
    answer = await house.operator.do(f"{path}/mute", held)
    assert answer == {"id": cut["id"], "state": "carried_out"}
    anew: Json = {**held, "token": f"{TOKEN}-2"}
    for who in (ada, house.operator):
        assert await who.refused(f"{path}/hold", anew) == (409, "room_not_on_air")


async def test_a_token_is_for_one_thing(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    _cici, other_id = await house.speaker("cici", ada, room_id)
    asked: Json = {"seat_id": seat_id, "reason": "Insults", "seconds": 60, "token": TOKEN}
    for who in (ada, house.operator):
        await house.effect(who, room_id, "mute", **asked)
        before = kept(house)
        path = f"/api/rooms/{room_id}/effects"
        for kind, other in (
            ("mute", {**asked, "seconds": 61}),
            ("mute", {**asked, "seconds": None}),
            ("mute", {**asked, "seat_id": other_id}),
            ("mute", {**asked, "reason": "Threats"}),
            ("hold", {**asked, "seconds": None}),
            ("dump", {**asked, "seconds": 5}),
        ):
            assert await who.refused(f"{path}/{kind}", other) == (409, "token_used")
        assert kept(house) == before
    second_room = await house.live_room(await house.member("dodi"))
    elsewhere = {"reason": "Look", "token": TOKEN}
    await house.effect(house.operator, second_room, "dump", **elsewhere)


async def test_a_token_opens_nothing_to_somebody_else(house: House) -> None:
    ada, eko = await house.member("ada"), await house.member("eko")
    room_id = await house.live_room(ada)
    budi, seat_id = await house.speaker("budi", ada, room_id)
    asked: Json = {"seat_id": seat_id, "reason": "Insults", "token": TOKEN}
    done = await house.effect(ada, room_id, "hold", **asked)
    path = f"/api/rooms/{room_id}/effects/hold"
    for who in (budi, eko):
        assert await who.refused(path, asked) == (403, "hosts_only")
    assert (await house.operator.do(path, asked))["id"] != done["id"]
    for token in ("short", "x" * 65):
        refusal = await ada.refused(path, {**asked, "token": token})
        assert refusal == (422, "request_invalid")


async def test_without_a_token_each_is_an_effect_of_its_own(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada, delay_s=12)
    first = await house.effect(ada, room_id, "dump", seconds=5)
    again = await house.effect(ada, room_id, "dump", seconds=5)
    assert first["id"] != again["id"]


async def test_who_was_named_otherwise_meanwhile_still_sends_the_same(house: House) -> None:
    """A co-host's alias, and whether they act for the team, may change between two sendings."""
    ada, putri = await house.member("ada"), await second(house)
    room_id = await house.live_room(ada)
    _budi, seat_id = await house.speaker("budi", ada, room_id)
    asked: Json = {"seat_id": seat_id, "reason": "Insults", "token": TOKEN}
    done = await house.effect(putri, room_id, "mute", **asked)
    await ada.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "putri"})
    her_seat = await house.take_stage(putri, room_id, alias="Wayang")
    cohost = {"seat_id": her_seat, "cohost": True}
    await ada.do(f"/api/rooms/{room_id}/cohosts", cohost)
    answer = await putri.do(f"/api/rooms/{room_id}/effects/mute", asked)
    assert answer == {"id": done["id"], "state": "carried_out"}


def messages(house: House, room_id: str) -> list[tuple[object, object]]:
    with house.database.reading() as session:
        query = select(FeedEntry).where(
            FeedEntry.room_id == room_id, FeedEntry.kind == "message"
        )
        return [(one.data["about"], one.data["text"]) for one in session.scalars(query)]


async def test_hands_locked_twice_for_one_reason_are_locked_once(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    desk, room = f"/api/desk/rooms/{room_id}", f"/api/rooms/{room_id}"
    told: list[tuple[object, object]] = []
    for path, on, off, acts in (
        ("hands", {"locked": True}, {"locked": False}, ("lock_hands", "unlock_hands")),
        ("slow", {"slow_s": 60}, {"slow_s": 0}, ("slow", "unslow")),
    ):
        for values, reason, act in (
            (on, "Too many", acts[0]),
            (on, "A raid", acts[0]),
            (off, "Calm", acts[1]),
            (on, "Too many", acts[0]),
        ):
            asked: Json = {**values, "reason": reason}
            await house.operator.do(f"{desk}/{path}", asked)
            before = kept(house)
            await house.operator.do(f"{desk}/{path}", asked)
            assert kept(house) == before
            told.append((act, reason))
    await ada.do(room, {"hands_locked": False, "slow_s": 0}, method="PATCH")
    await house.operator.do(f"{desk}/hands", {"locked": True, "reason": "Too many"})
    await house.operator.do(f"{desk}/slow", {"slow_s": 120, "reason": "Too many"})
    told += [("lock_hands", "Too many"), ("slow", "Too many")]
    for reason in ("Too many", "My mistake"):  # the hosts locked them themselves meanwhile
        await house.operator.do(f"{desk}/hands", {"locked": False, "reason": "My mistake"})
        await ada.do(room, {"hands_locked": True}, method="PATCH")
        await house.operator.do(f"{desk}/hands", {"locked": True, "reason": reason})
        told += [("unlock_hands", "My mistake"), ("lock_hands", reason)]
    assert messages(house, room_id) == told
    assert len(ledger(house, "lock_hands")) == len(ledger(house, "slow")) + 2 == 6
    view = (await ada.get(room))["room"]
    assert (view["hands_locked"], view["slow_s"]) == (True, 120)


async def test_a_message_sent_twice_within_a_minute_is_one(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(ada)
    path = f"/api/desk/rooms/{room_id}/message"
    for text in ("Please listen", "Please listen", " Please listen ", "Thank you"):
        await house.operator.do(path, {"text": text})
    assert len(ledger(house, "message")) == 2
    with house.database.transaction() as session:
        for one in session.scalars(select(FeedEntry).where(FeedEntry.kind == "message")):
            one.at -= safety.SAME_MESSAGE
        session.get_one(Room, room_id).created_at -= timedelta(hours=1)
    await house.operator.do(path, {"text": "Thank you"})
    texts = [text for _, text in messages(house, room_id)]
    assert texts == ["Please listen", "Thank you", "Thank you"]


async def test_nobody_confirms_their_own_end_nor_asks_anew_while_it_ends(house: House) -> None:
    ada, putri = await house.member("ada"), await second(house)
    room_id = await house.live_room(ada)
    path, asked = f"/api/desk/rooms/{room_id}/end", {"reason": "Calls for violence"}
    assert (await house.operator.do(path, asked))["state"] == "asked"
    before = kept(house)
    for _ in range(2):
        assert await house.operator.refused(path, asked) == (403, "asked_by_you")
    assert kept(house) == before
    house.worker.is_waiting = True
    assert (await putri.do(path, asked))["state"] == "ending"
    before = kept(house)
    for who in (putri, house.operator, putri):  # the room is still on air
        assert await who.do(path, asked) == {"state": "ending", "until_at": None}
    assert kept(house) == before
