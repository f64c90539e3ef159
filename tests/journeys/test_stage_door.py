"""From the hall to the stage: hands, green room, tickets, WHIP, and down again."""

from datetime import timedelta

import httpx
from sqlalchemy import update

from balai.clock import now
from balai.errors import Conflict
from balai.rooms.tickets import StageTicket
from tests.record_house import ANSWER, House, Visitor

CONSENT = {"alias": None, "recording_ok": True}


async def queue(host: Visitor, room_id: str) -> list[str]:
    return [hand["name"] for hand in (await host.get(f"/api/rooms/{room_id}"))["hands"]]


async def test_a_hand_leads_to_the_stage(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada = await house.member("ada")
    async with ada.events(room_id) as stream, house.operator.events(room_id) as at_desk:
        hand = await ada.do(f"{path}/hand")
        assert (await at_desk.until("hand", id=hand["id"]))["first_time"] is True
        await house.operator.do(f"{path}/hands/{hand['id']}/accept")
        seat = await stream.until("seat", name="Ada", state="invited")
        await stream.until("hand", id=hand["id"], state="accepted")
        seat_id = await house.take_stage(ada, room_id)
        await stream.until("seat", id=seat["id"], state="on_stage")
    assert seat_id == seat["id"]
    assert house.worker.connected == [(room_id, seat_id)]
    shown = await (await house.stranger()).get(path)
    assert [seat["name"] for seat in shown["seats"]] == ["Ada"]
    assert (await ada.get(path))["me"]["seat_id"] == seat_id
    stepped = await ada.do(f"{path}/seat/step-down")
    assert stepped["state"] == "left"
    assert (await ada.get(path))["me"] == {
        "role": "listener",
        "seat_id": None,
        "hand_id": None,
        "restrictions": [],
        "banned_until": None,
        "recording": "agreed",
    }


async def test_consent_to_the_recording_is_withdrawn_for_good_and_hosts_hear_no_name(
    house: House,
) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    listener = await house.stranger()
    async with (
        ada.events(room_id) as hers,
        house.operator.events(room_id) as hosts,
        listener.events(room_id) as others,
    ):
        told = await ada.do(f"{path}/seat/recording", method="DELETE")
        assert told["state"] == "withdrawn"
        assert await hers.until("replay") == {"state": "being_made"}
        assert await hosts.until("replay") == {"state": "being_made"}
        await others.until("seat", id=seat_id, state="left")
        await house.operator.do(path, {"title": "After"}, method="PATCH")
        await others.until("room", title="After")
        assert "replay" not in [event.kind for event in others.seen]
    assert (await ada.get(path))["me"]["recording"] == "withdrawn"
    await house.operator.do(f"{path}/stage-invitations", {"handle": "ada"})
    again = await ada.refused(f"{path}/seat/consent", {"recording_ok": True})
    assert again == (409, "consent_withdrawn")
    told["room_title"] = "After"
    assert (await ada.do(f"{path}/seat/recording", method="DELETE")) == told
    assert await ada.get("/api/me/recordings") == [told]
    assert await house.operator.get("/api/me/recordings") == []


async def test_whoever_was_sent_away_for_good_can_still_withdraw(house: House) -> None:
    room_id = await house.live_room(house.operator, openness="invited")
    path = f"/api/rooms/{room_id}"
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    await house.effect(house.operator, room_id, "remove", seat_id=seat_id, reason="Noise")
    told = await ada.do(f"{path}/seat/recording", method="DELETE")
    assert told["state"] == "withdrawn"


async def test_nothing_is_withdrawn_from_a_room_that_is_not_recorded(house: House) -> None:
    room_id = await house.live_room(house.operator, recording=False)
    path = f"/api/rooms/{room_id}"
    ada, _ = await house.speaker("ada", house.operator, room_id)
    refusal = await ada.refused(f"{path}/seat/recording", method="DELETE")
    assert refusal == (409, "nothing_recorded")
    assert (await ada.get(path))["me"]["recording"] is None
    nowhere = await ada.refused("/api/rooms/none/seat/recording", method="DELETE")
    assert nowhere == (404, "seat_missing")


async def test_the_queue_puts_first_timers_first_and_then_who_waits_longest(
    house: House,
) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    veteran, _ = await house.speaker("vera", house.operator, room_id)
    await veteran.do(f"{path}/seat/step-down")
    await veteran.do(f"{path}/hand")
    for handle in ("ada", "ben"):
        await (await house.member(handle)).do(f"{path}/hand")
    assert await queue(house.operator, room_id) == ["Ada", "Ben", "Vera"]
    await veteran.do(f"{path}/hand")  # asking again keeps the place
    assert await queue(house.operator, room_id) == ["Ada", "Ben", "Vera"]


async def test_hands_are_the_hosts_to_see_and_everybodys_own(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada, ben = await house.member("ada"), await house.member("ben")
    hand = await ada.do(f"{path}/hand")
    await ben.do(f"{path}/hand")
    assert await queue(ben, room_id) == ["Ben"]
    assert await queue(await house.stranger(), room_id) == []
    assert await ben.refused(f"{path}/hands/{hand['id']}/accept") == (403, "hosts_only")
    async with ben.events(room_id, after=0) as stream:
        await ben.do(f"{path}/hand", method="DELETE")
        await stream.until("hand", state="lowered")
        assert [e.data["hand"]["name"] for e in stream.seen if e.kind == "hand"] == [
            "Ben",
            "Ben",
        ]


async def test_locked_hands_stay_down(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    await house.operator.do(path, {"hands_locked": True}, method="PATCH")
    ada = await house.member("ada")
    assert await ada.refused(f"{path}/hand") == (409, "hands_locked")
    assert await (await house.stranger()).refused(f"{path}/hand") == (403, "sign_in_needed")


async def test_a_declined_hand_is_down(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada = await house.member("ada")
    hand = await ada.do(f"{path}/hand")
    await house.operator.do(f"{path}/hands/{hand['id']}/decline")
    again = await house.operator.refused(f"{path}/hands/{hand['id']}/accept")
    assert again == (404, "hand_missing")
    assert (await ada.get(path))["me"]["hand_id"] is None


async def test_a_recorded_room_hears_nobody_who_did_not_agree(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}/seat"
    ada = await house.member("ada")
    assert await ada.refused(f"{path}/consent", CONSENT) == (404, "seat_missing")
    await house.operator.do(f"/api/rooms/{room_id}/stage-invitations", {"handle": "ada"})
    assert await ada.refused(f"{path}/ticket") == (409, "seat_not_connectable")
    no = {"alias": None, "recording_ok": False}
    assert await ada.refused(f"{path}/consent", no) == (403, "consent_missing")
    assert await ada.refused(f"{path}/ticket") == (409, "seat_not_connectable")
    await ada.do(f"{path}/consent", CONSENT)
    ticket = await ada.do(f"{path}/ticket")
    assert ticket["whip_url"] == f"{house.url}/api/rooms/{room_id}/whip"


async def test_an_unrecorded_room_asks_for_no_consent_to_recording(house: House) -> None:
    room_id = await house.live_room(house.operator, recording=False)
    path = f"/api/rooms/{room_id}/seat/consent"
    seat = await house.operator.do(path, {"alias": None, "recording_ok": False})
    assert seat["state"] == "green_room"


async def test_an_alias_hides_the_name_from_everybody(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada = await house.member("zaynab")
    name, person_id = ada.me["display_name"], ada.me["id"]
    assert name in (await ada.ask("GET", "/api/me")).text  # the secret exists
    await house.operator.do(f"{path}/stage-invitations", {"handle": "zaynab"})
    stranger = await house.stranger()
    async with stranger.events(room_id, after=0) as stream:
        seat_id = await house.take_stage(ada, room_id, alias="Nightingale")
        await stream.until("seat", id=seat_id, state="on_stage", name="Nightingale")
        await ada.do(f"{path}/seat/step-down")
        await stream.until("seat", id=seat_id, state="left")
        told = repr(stream.seen)
    shown = (await stranger.ask("GET", path)).text
    listed = (await stranger.ask("GET", "/api/rooms?state=live")).text
    for text in (told, shown, listed):
        assert name not in text
        assert person_id not in text


async def test_who_is_on_the_way_to_the_stage_is_not_told_to_all(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    ada, stranger = await house.member("ada"), await house.stranger()
    async with stranger.events(room_id, after=0) as stream:
        await house.operator.do(f"{path}/stage-invitations", {"handle": "ada"})
        await ada.do(f"{path}/seat/consent", CONSENT)
        await house.operator.do(path, {"title": "Later"}, method="PATCH")
        await stream.until("room", title="Later")
        assert [event for event in stream.seen if event.kind == "seat"] == []
    assert (await stranger.get(path))["seats"] == []
    states = {seat["name"]: seat["state"] for seat in (await ada.get(path))["seats"]}
    assert states == {"Ada": "green_room"}


async def on_the_way(house: House, room_id: str, handle: str) -> tuple[Visitor, str]:
    """Somebody with a ticket in their hand."""
    who = await house.member(handle)
    path = f"/api/rooms/{room_id}"
    await house.operator.do(f"{path}/stage-invitations", {"handle": handle})
    await who.do(f"{path}/seat/consent", CONSENT)
    return who, (await who.do(f"{path}/seat/ticket"))["ticket"]


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


REFUSED = (403, "ticket_refused")


async def test_a_ticket_connects_once(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, ticket = await on_the_way(house, room_id, "ada")
    first = await house.offer(room_id, ticket)
    assert (first.status_code, first.text) == (201, ANSWER)
    assert first.headers["Content-Type"].startswith("application/sdp")
    assert code_of(await house.offer(room_id, ticket)) == REFUSED
    assert len(house.worker.connected) == 1


async def test_tickets_that_are_foreign_old_or_invented_connect_nobody(house: House) -> None:
    room_id = await house.live_room(house.operator)
    other = await house.live_room(house.operator)
    ada, ticket = await on_the_way(house, room_id, "ada")
    assert code_of(await house.offer(other, ticket)) == REFUSED
    assert code_of(await house.offer(room_id, "x" * 26)) == REFUSED
    bare = await ada.ask("POST", f"/api/rooms/{room_id}/whip")
    assert code_of(bare) == REFUSED
    newer = (await ada.do(f"/api/rooms/{room_id}/seat/ticket"))["ticket"]
    assert code_of(await house.offer(room_id, ticket)) == REFUSED  # a newer one replaces it
    with house.database.transaction() as session:
        session.execute(update(StageTicket).values(expires_at=now() - timedelta(seconds=1)))
    assert code_of(await house.offer(room_id, newer)) == REFUSED
    assert house.worker.connected == []


async def test_whoever_is_removed_while_connecting_does_not_stay(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, ticket = await on_the_way(house, room_id, "ada")
    path = f"/api/rooms/{room_id}"
    seat_id = (await ada.get(path))["me"]["seat_id"]
    asked = {"seat_id": seat_id, "reason": "not tonight"}
    house.worker.while_connecting = lambda: house.operator.do(f"{path}/effects/remove", asked)
    answer = await house.offer(room_id, ticket)
    assert code_of(answer) == (409, "seat_not_connectable")
    assert house.worker.connected == []
    assert (await house.operator.get(path))["seats"][0]["role"] == "host"


async def test_a_refusal_of_the_stage_reaches_the_speaker(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, ticket = await on_the_way(house, room_id, "ada")
    house.worker.refuses_with = Conflict("The stage is full; somebody has to step down first.")
    assert code_of(await house.offer(room_id, ticket)) == (409, "conflict")


async def test_offers_that_are_too_large_or_no_sdp_are_invalid(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, ticket = await on_the_way(house, room_id, "ada")
    huge = await house.offer(room_id, ticket, "v=0\r\n" * 400_000)
    assert code_of(huge) == (422, "body_too_large")
    assert code_of(await house.offer(room_id, ticket, " ")) == (422, "offer_not_sdp")
    assert house.worker.connected == []
    assert (await house.offer(room_id, ticket)).status_code == 201  # the ticket is still good


async def test_an_endless_offer_is_refused_before_it_ends(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, ticket = await on_the_way(house, room_id, "ada")
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while sent < 64 * 2**20:
            sent += 16_384
            yield b"a=x\r\n" * 3_277
        return

    headers = {"Authorization": f"Bearer {ticket}", "Content-Type": "application/sdp"}
    async with httpx.AsyncClient(base_url=house.url, verify=False) as http:
        path = f"/api/rooms/{room_id}/whip"
        answer = await http.post(path, content=endless(), headers=headers)  # type: ignore[arg-type]
    assert code_of(answer) == (422, "body_too_large")


async def test_the_secret_address_hangs_up_and_no_other_does(house: House) -> None:
    room_id = await house.live_room(house.operator)
    _, ticket = await on_the_way(house, room_id, "ada")
    location = (await house.offer(room_id, ticket)).headers["Location"]
    stranger = await house.stranger()
    wrong = f"/api/rooms/{room_id}/whip/{'0' * 26}"
    assert await stranger.refused(wrong, method="DELETE") == (404, "seat_missing")
    async with stranger.events(room_id) as stream:
        await stranger.do(location, method="DELETE")
        await stream.until("seat", state="left")
    assert house.worker.connected == []
    assert await stranger.refused(location, method="DELETE") == (404, "seat_missing")


async def test_a_host_who_lost_the_connection_comes_back(house: House) -> None:
    room_id = await house.live_room(house.operator)
    seat_id = await house.take_stage(house.operator, room_id)
    await house.operator.do(f"/api/rooms/{room_id}/seat/step-down")
    assert await house.take_stage(house.operator, room_id) == seat_id


async def test_a_full_stage_takes_nobody(house: House) -> None:
    small = house.settings.model_copy(update={"speakers_max": 2})
    object.__setattr__(house.app.state.house, "settings", small)
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}/stage-invitations"
    for handle in ("ada", "ben"):
        await house.member(handle)
    await house.operator.do(path, {"handle": "ada"})
    assert await house.operator.refused(path, {"handle": "ada"}) == (409, "already_on_stage")
    assert await house.operator.refused(path, {"handle": "ben"}) == (409, "stage_seats_taken")
    assert await house.operator.refused(path, {"handle": "cy"}) == (404, "person_missing")
