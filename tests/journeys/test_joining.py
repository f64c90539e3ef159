"""Coming into the house by links, being recognised, and leaving it again."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from balai.clock import now
from balai.people import operator
from balai.people.model import Invitation, Person, PersonSession
from balai.rooms.model import Wish, WishKind
from tests.record_house import House, Visitor

NAMES = {"handle": "ada", "display_name": "Ada"}


def token_of(url: str) -> str:
    return url.rsplit("/", 1)[-1]


async def test_the_printed_link_makes_one_operator_and_no_second(house: House) -> None:
    assert house.operator.me["is_operator"] is True
    with house.database.transaction() as session:
        assert operator.first_link(session) is None


async def test_a_new_start_replaces_the_printed_link(house: House) -> None:
    # A house whose operator is gone, as if nobody had opened the link yet.
    with house.database.transaction() as session:
        session.execute(update(Invitation).values(uses_left=1))
        session.execute(update(Person).values(is_operator=False))
        first = operator.first_link(session)
        second = operator.first_link(session)
    visitor = await house.stranger()
    assert await visitor.refused("/api/operator", {"token": first, **NAMES}) == (
        409,
        "invitation_revoked",
    )
    me = await visitor.do("/api/operator", {"token": second, **NAMES})
    assert me["person"]["is_operator"] is True


async def test_an_operators_link_is_no_invitation(house: House) -> None:
    with house.database.transaction() as session:
        session.execute(update(Person).values(is_operator=False))
        token = operator.first_link(session)
    visitor = await house.stranger()
    assert await visitor.refused(f"/api/invitations/{token}/accept", NAMES) == (
        404,
        "invitation_unknown",
    )


async def test_a_link_tells_who_invites_before_it_is_used(house: House) -> None:
    visitor = await house.stranger()
    seen = await visitor.get(f"/api/invitations/{token_of(await house.link())}")
    assert (seen["valid"], seen["invited_by"], seen["room"]) == (True, "Olga", None)


async def test_a_single_use_lets_one_person_in_even_when_two_try_at_once(house: House) -> None:
    token = token_of(await house.link(uses=1))
    both = [await house.stranger(), await house.stranger()]
    answers = await asyncio.gather(
        *(
            visitor.ask(
                "POST",
                f"/api/invitations/{token}/accept",
                {"handle": f"visitor_{number}", "display_name": "V"},
            )
            for number, visitor in enumerate(both)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    looked = await both[0].get(f"/api/invitations/{token}")
    assert (looked["valid"], looked["reason"]) == (False, "invitation_used")


async def test_a_link_lets_in_as_many_as_it_may(house: House) -> None:
    link = await house.link(uses=2)
    await (await house.stranger()).join(link, "ada")
    await (await house.stranger()).join(link, "ben")
    late = await house.stranger()
    refusal = await late.refused(
        f"/api/invitations/{token_of(link)}/accept", {"handle": "cy", "display_name": "Cy"}
    )
    assert refusal == (409, "invitation_used")


async def test_a_link_that_failed_on_a_name_can_be_tried_again(house: House) -> None:
    link = await house.link(uses=1)
    visitor = await house.stranger()
    taken = await visitor.refused(
        f"/api/invitations/{token_of(link)}/accept", {"handle": "olga", "display_name": "O"}
    )
    assert taken == (409, "handle_taken")
    await visitor.join(link, "ada")
    assert visitor.me["handle"] == "ada"


async def test_an_old_link_lets_nobody_in(house: House) -> None:
    token = token_of(await house.link(hours=1))
    with house.database.transaction() as session:
        session.execute(update(Invitation).values(expires_at=now() - timedelta(seconds=1)))
    visitor = await house.stranger()
    refusal = await visitor.refused(f"/api/invitations/{token}/accept", NAMES)
    assert refusal == (409, "invitation_expired")


async def test_a_link_taken_back_lets_nobody_in(house: House) -> None:
    made = await house.operator.do("/api/invitations", {"uses": 5})
    await house.operator.do(f"/api/invitations/{made['id']}", method="DELETE")
    visitor = await house.stranger()
    refusal = await visitor.refused(f"/api/invitations/{token_of(made['url'])}/accept", NAMES)
    assert refusal == (409, "invitation_revoked")
    assert await house.operator.get("/api/invitations") == []


async def test_only_the_operator_and_hosts_invite(house: House) -> None:
    ada = await house.member("ada")
    assert await ada.refused("/api/invitations", {}) == (403, "may_not_invite")
    await ada.do("/api/rooms", {"title": "Mine"})
    made = await ada.do("/api/invitations", {"uses": 1})
    assert made["url"].startswith(f"{house.url}/join/")
    ben = await house.member("ben")
    stolen = await ben.refused(f"/api/invitations/{made['id']}", method="DELETE")
    assert stolen == (404, "invitation_unknown")


async def test_guessing_links_is_stopped(house: House) -> None:
    visitor = await house.stranger()
    answers = [await visitor.ask("GET", f"/api/invitations/{n:026}") for n in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [503]
    assert answers[-1].json()["error"]["code"] == "too_many_attempts"
    assert answers[-1].headers["Retry-After"] == "5"


async def test_changes_need_the_sessions_own_token(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    room = {"title": "Forged"}
    forged = (403, "forged_request")
    own = ada.csrf
    for token in (
        "",
        "x",
        ben.csrf,
        (await (await house.stranger()).get("/api/me"))["csrf_token"],
    ):
        ada.csrf = token
        assert await ada.refused("/api/rooms", room) == forged
    ada.csrf = own
    foreign = await ada.ask("POST", "/api/rooms", room, Origin="https://evil.example")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == forged
    opaque = await ada.ask("POST", "/api/rooms", room, Origin="null")
    assert opaque.status_code == 403
    same = await ada.ask("POST", "/api/rooms", room, Origin=house.url)
    assert same.status_code == 201


async def test_no_other_site_can_sign_somebody_in(house: House) -> None:
    visitor = await house.stranger()
    token = token_of(await house.link(uses=1))
    answer = await visitor.ask(
        "POST", f"/api/invitations/{token}/accept", NAMES, Origin="https://evil.example"
    )
    assert answer.status_code == 403
    assert answer.headers.get_list("set-cookie") == []


async def test_the_session_cookie_is_guarded_and_signed(house: House) -> None:
    visitor = await house.stranger()
    token = token_of(await house.link(uses=1))
    answer = await visitor.ask("POST", f"/api/invitations/{token}/accept", NAMES)
    cookies = {line.split("=")[0]: line for line in answer.headers.get_list("set-cookie")}
    for name in ("balai_session", "balai_device"):
        assert "HttpOnly" in cookies[name]
        assert "SameSite=lax" in cookies[name]
        assert "Secure" not in cookies[name]  # this house is on plain http, on this machine
    value = visitor.http.cookies["balai_session"]
    visitor.http.cookies.clear()
    visitor.http.cookies.set("balai_session", value[:-1] + ("0" if value[-1] != "0" else "1"))
    assert (await visitor.get("/api/me"))["person"] is None


async def test_listening_leaves_no_cookie(house: House) -> None:
    visitor = await house.stranger()
    for path in ("/api/me", "/api/rooms?state=live", "/healthz"):
        answer = await visitor.ask("GET", path)
        assert answer.headers.get_list("set-cookie") == []


async def test_a_revoked_session_is_nobodys_and_its_streams_end(house: House) -> None:
    ada = await house.member("ada")
    room_id = await house.live_room(house.operator)
    (session,) = await ada.get("/api/sessions")
    assert session["current"] is True
    async with ada.events(room_id, after=0) as stream:
        await stream.until("room", state="live")
        await ada.do(f"/api/sessions/{session['id']}", method="DELETE")
        await stream.closed()
    assert (await ada.get("/api/me"))["person"] is None
    assert await ada.refused("/api/rooms", {"title": "X"}) == (403, "sign_in_needed")


@pytest.mark.parametrize("how", ["revoked", "signed_out"])
async def test_a_microphone_ends_with_the_session_that_opened_it(
    house: House, how: str
) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    link = (await house.operator.do("/api/people/ada/link"))["url"]
    phone = await house.stranger()
    phone.became(await phone.do(f"/api/invitations/{link.rsplit('/', 1)[-1]}/accept", {}))
    sessions = await phone.get("/api/sessions")
    stage = next(one["id"] for one in sessions if not one["current"])
    async with phone.events(room_id) as stream:
        if how == "revoked":
            await phone.do(f"/api/sessions/{stage}", method="DELETE")
        else:
            await ada.do("/api/sign-out")
        assert (await stream.until("seat", id=seat_id))["state"] == "left"
    with house.database.reading() as session:
        wishes = session.scalars(select(Wish).where(Wish.kind == WishKind.HANG_UP)).all()
    assert [wish.seat_id for wish in wishes] == [seat_id]


async def test_another_session_of_the_speaker_may_end(house: House) -> None:
    room_id = await house.live_room(house.operator)
    ada, seat_id = await house.speaker("ada", house.operator, room_id)
    link = (await house.operator.do("/api/people/ada/link"))["url"]
    phone = await house.stranger()
    phone.became(await phone.do(f"/api/invitations/{link.rsplit('/', 1)[-1]}/accept", {}))
    await phone.do("/api/sign-out")
    seats = (await ada.get(f"/api/rooms/{room_id}"))["seats"]
    assert [seat["state"] for seat in seats if seat["id"] == seat_id] == ["on_stage"]


async def test_nobody_ends_the_session_of_another(house: House) -> None:
    ada, ben = await house.member("ada"), await house.member("ben")
    (session,) = await ada.get("/api/sessions")
    refusal = await ben.refused(f"/api/sessions/{session['id']}", method="DELETE")
    assert refusal == (404, "session_missing")
    assert (await ada.get("/api/me"))["person"]["handle"] == "ada"


async def test_signing_out_ends_the_session_for_good(house: House) -> None:
    ada = await house.member("ada")
    kept = ada.http.cookies["balai_session"]
    await ada.do("/api/sign-out")
    ada.http.cookies.set("balai_session", kept)
    assert (await ada.get("/api/me"))["person"] is None


async def test_an_old_session_is_nobodys(house: House) -> None:
    ada = await house.member("ada")
    with house.database.transaction() as session:
        session.execute(update(PersonSession).values(expires_at=now() - timedelta(seconds=1)))
    assert (await ada.get("/api/me"))["person"] is None


async def test_the_operator_gives_somebody_their_way_back(house: House) -> None:
    ada = await house.member("ada")
    assert await ada.refused("/api/people/ada/link") == (403, "operators_only")
    made = await house.operator.do("/api/people/ada/link")
    new_browser = await house.stranger()
    token = token_of(made["url"])
    assert (await new_browser.get(f"/api/invitations/{token}"))["purpose"] == "sign_in"
    new_browser.became(await new_browser.do(f"/api/invitations/{token}/accept", {}))
    assert new_browser.me == ada.me
    again = await (await house.stranger()).refused(f"/api/invitations/{token}/accept", {})
    assert again == (409, "invitation_used")


async def test_a_deleted_account_leaves_no_name_behind(house: House) -> None:
    ada = await house.member("ada")
    ada_name = ada.me["display_name"]
    room_id = await house.live_room(ada, title="Talk")

    async def everything_public() -> str:
        stranger = await house.stranger()
        paths = (f"/{room_id}", "?state=live", "?state=ended", "?state=upcoming")
        return "".join(
            [(await stranger.ask("GET", f"/api/rooms{path}")).text for path in paths]
        )

    assert ada_name in await everything_public()
    await ada.do("/api/me", method="DELETE")
    async with house.operator.events(room_id, after=0) as stream:
        await stream.until("room", state="ended")
    assert ada_name not in await everything_public()
    assert (await ada.get("/api/me"))["person"] is None


async def test_the_last_operator_stays(house: House) -> None:
    refusal = await house.operator.refused("/api/me", method="DELETE")
    assert refusal == (409, "last_operator")


async def test_a_room_link_opens_an_invited_room_to_somebody_with_an_account(
    house: House,
) -> None:
    room_id = await house.live_room(house.operator, openness="invited")
    ada: Visitor = await house.member("ada")
    assert await ada.refused(f"/api/rooms/{room_id}", method="GET") == (404, "room_missing")
    link = await house.link(uses=1, room_id=room_id)
    looked = await ada.get(f"/api/invitations/{token_of(link)}")
    assert looked["room"] == {"id": room_id, "title": "Evening"}
    await ada.do(f"/api/invitations/{token_of(link)}/accept", {})
    assert (await ada.get(f"/api/rooms/{room_id}"))["room"]["state"] == "live"
    plain = token_of(await house.link(uses=1))
    assert await ada.refused(f"/api/invitations/{plain}/accept", {}) == (409, "already_here")
    assert (await ada.get(f"/api/invitations/{plain}"))["valid"] is True
