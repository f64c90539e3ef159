"""The API as a whole: completely described, bounded in queries, safe by its headers."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.record_house import House, Json

CONTRACT = [
    "GET /healthz",
    "GET /api/me",
    "DELETE /api/me",
    "POST /api/operator",
    "GET /api/invitations/{}",
    "POST /api/invitations/{}/accept",
    "GET /api/invitations",
    "POST /api/invitations",
    "DELETE /api/invitations/{}",
    "POST /api/people/{}/link",
    "POST /api/people/{}/operator",
    "GET /api/sessions",
    "GET /api/me/links",
    "DELETE /api/sessions/{}",
    "POST /api/sign-out",
    "GET /api/rooms",
    "POST /api/rooms",
    "GET /api/rooms/{}",
    "PATCH /api/rooms/{}",
    "POST /api/rooms/{}/open",
    "POST /api/rooms/{}/end",
    "GET /api/rooms/{}/events",
    "GET /api/hallway/events",
    "POST /api/rooms/{}/hand",
    "DELETE /api/rooms/{}/hand",
    "POST /api/rooms/{}/hands/{}/accept",
    "POST /api/rooms/{}/hands/{}/decline",
    "GET /api/rooms/{}/chat",
    "POST /api/rooms/{}/chat",
    "POST /api/rooms/{}/chat/{}/take",
    "POST /api/rooms/{}/stage-invitations",
    "POST /api/rooms/{}/seat/consent",
    "POST /api/rooms/{}/seat/ticket",
    "POST /api/rooms/{}/seat/step-down",
    "DELETE /api/rooms/{}/seat/recording",
    "GET /api/me/recordings",
    "POST /api/rooms/{}/whip",
    "DELETE /api/rooms/{}/whip/{}",
    "POST /api/rooms/{}/effects/{}",
    "GET /api/rooms/{}/effects/{}",
    "GET /api/rooms/{}/flags",
    "GET /api/rooms/{}/flags/{}/words",
    "POST /api/rooms/{}/flags/{}/release",
    "POST /api/rooms/{}/flags/{}/confirm",
    "POST /api/rooms/{}/jingle",
    "POST /api/rooms/{}/cohosts",
    "POST /api/restrictions/{}/contest",
    "GET /api/desk",
    "GET /api/desk/stream",
    "PUT /api/desk/duty",
    "POST /api/desk/notes",
    "DELETE /api/desk/notes/{}",
    "POST /api/desk/rooms/{}/hands",
    "POST /api/desk/rooms/{}/slow",
    "POST /api/desk/rooms/{}/message",
    "POST /api/desk/rooms/{}/take-over",
    "POST /api/desk/rooms/{}/listen",
    "POST /api/desk/rooms/{}/monitor",
    "DELETE /api/desk/rooms/{}/monitor",
    "POST /api/desk/rooms/{}/end",
    "POST /api/rooms/{}/reports",
    "GET /api/reports/{}",
    "GET /api/me/reports",
    "GET /api/policy",
    "GET /api/policy/packs",
    "POST /api/policy/packs",
    "POST /api/policy/packs/{}/trial",
    "POST /api/policy/packs/{}/promote",
    "POST /api/policy/packs/{}/withdraw",
    "POST /api/policy/rollback",
    "GET /api/cases/queue",
    "GET /api/cases",
    "GET /api/cases/{}",
    "POST /api/cases/{}/sound",
    "POST /api/cases/{}/retry",
    "POST /api/jobs/claim",
    "POST /api/jobs/{}/claim",
    "POST /api/jobs/{}/renew",
    "POST /api/jobs/{}/release",
    "POST /api/jobs/{}/voice",
    "POST /api/jobs/{}/first-view",
    "POST /api/jobs/{}/preview",
    "POST /api/jobs/{}/decide",
    "POST /api/jobs/{}/approve",
    "POST /api/jobs/{}/answer",
    "POST /api/jobs/{}/done",
    "GET /api/reviewers",
    "POST /api/reviewers",
    "PATCH /api/reviewers/me",
    "PUT /api/reviewers/{}/skills",
    "DELETE /api/reviewers/{}",
    "GET /api/me/decisions",
    "POST /api/decisions/{}/appeal",
    "POST /api/statements/{}/appeal",
    "POST /api/reports/{}/appeal",
    "GET /api/quality",
    "GET /api/quality.csv",
    "GET /api/golden",
    "PUT /api/golden/{}",
    "DELETE /api/golden/{}",
    "GET /api/me/statements",
    "GET /api/statements/export",
    "GET /api/statements/export.csv",
    "GET /api/statements/{}",
    "POST /api/statements/{}/read",
]


async def test_the_description_holds_every_route_with_its_answers_and_errors(
    house: House,
) -> None:
    described = await (await house.stranger()).get("/openapi.json")
    routes: Json = {}
    for path, methods in described["paths"].items():
        bare = "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
        routes |= {f"{method.upper()} {bare}": is_ for method, is_ in methods.items()}
    assert sorted(routes) == sorted(CONTRACT)
    for name, route in routes.items():
        assert {"422", "403", "404", "409", "503", "500"} <= route["responses"].keys(), name
        good = [answer for status, answer in route["responses"].items() if status[0] == "2"]
        assert len(good) == 1, name
        assert route["summary"], name


async def test_every_change_is_guarded_against_forgery(house: House) -> None:
    accepted = []
    for route in CONTRACT:
        method, path = route.split(" ")
        if method != "GET":
            answer = await house.operator.ask(
                method, path.format(*["x"] * 3), {}, Origin="https://evil.example"
            )
            if answer.json()["error"]["code"] != "forged_request":
                accepted.append(route)
    # These carry a ticket or a secret of their own, and no cookie counts there.
    assert accepted == [route for route in CONTRACT if "/whip" in route]


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        # Requests run in these threads; streams and the worker read in others, when they like.
        if threading.current_thread().name.startswith("AnyIO"):
            statements.append(str(arguments[2]))

    engine = house.database._engine
    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("which", ["live", "upcoming", "ended", "mine"])
async def test_lists_of_rooms_take_as_many_queries_for_three_as_for_one(
    house: House, which: str
) -> None:
    async def make(title: str) -> None:
        if which == "live":
            room_id = await house.live_room(house.operator, title=title)
            await house.take_stage(house.operator, room_id)
        else:
            made = await house.operator.do("/api/rooms", {"title": title})
            if which == "ended":
                await house.operator.do(f"/api/rooms/{made['room']['id']}/end")

    counts = []
    for titles in (["One"], ["Two", "Three"]):
        for title in titles:
            await make(title)
        with counted(house) as statements:
            cards = await house.operator.get(f"/api/rooms?state={which}")
        counts.append((len(cards), len(statements)))
    assert [cards for cards, _ in counts] == [1, 3]
    assert counts[0][1] == counts[1][1] > 0


async def test_one_room_takes_as_many_queries_for_three_of_everything(house: House) -> None:
    room_id = await house.live_room(house.operator)
    path = f"/api/rooms/{room_id}"
    counts = []
    for handles in (["a1"], ["b1", "c1"]):
        for handle in handles:
            await house.speaker(handle, house.operator, room_id)
            await (await house.member(f"{handle}_hand")).do(f"{path}/hand")
        with counted(house) as statements:
            view = await house.operator.get(path)
        counts.append((len(view["seats"]), len(view["hands"]), len(statements)))
    assert [count[:2] for count in counts] == [(2, 1), (4, 3)]
    assert counts[0][2] == counts[1][2] > 0


@pytest.mark.parametrize("list_path", ["/api/sessions", "/api/invitations"])
async def test_own_lists_take_as_many_queries_for_three_as_for_one(
    house: House, list_path: str
) -> None:
    async def add() -> None:
        if list_path == "/api/invitations":
            await house.link()
        else:
            made = await house.operator.do("/api/people/olga/link")
            path = f"/api/invitations/{made['url'].rsplit('/', 1)[-1]}/accept"
            await (await house.stranger()).do(path, {})

    counts = []
    for rows in (1, 3):
        while len(await house.operator.get(list_path)) < rows:
            await add()
        with counted(house) as statements:
            await house.operator.get(list_path)
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0


async def test_answers_carry_what_keeps_browsers_safe(house: House) -> None:
    stranger = await house.stranger()
    for path in ("/api/me", "/healthz", "/api/nothing", "/rooms/new"):
        answer = await stranger.ask("GET", path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (await stranger.ask("GET", "/api/me")).headers["Cache-Control"] == "no-store"


async def test_unknown_addresses_and_methods_have_the_one_shape(house: House) -> None:
    stranger = await house.stranger()
    unknown = (404, "address_unknown")
    assert await stranger.refused("/api/nothing", method="GET") == unknown
    assert await stranger.refused("/api/me", method="PUT") == unknown
    assert await stranger.refused("/assets/none.js", method="GET") == unknown
