"""Hostile bodies, headers and addresses at the edge: only the six kinds of error come back."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from balai.web.errors import STATUS, Unexpected
from tests.record_house import House, open_house

ROUTES = [
    "POST /api/operator",
    "POST /api/invitations",
    "POST /api/invitations/{}/accept",
    "DELETE /api/invitations/{}",
    "GET /api/invitations/{}",
    "POST /api/people/{}/link",
    "DELETE /api/sessions/{}",
    "GET /api/rooms?state={}",
    "POST /api/rooms",
    "GET /api/rooms/{}",
    "PATCH /api/rooms/ROOM",
    "GET /api/rooms/ROOM/effects/{}",
    "POST /api/rooms/ROOM/hand",
    "POST /api/rooms/ROOM/hands/{}/accept",
    "POST /api/rooms/ROOM/stage-invitations",
    "POST /api/rooms/ROOM/seat/consent",
    "POST /api/rooms/ROOM/whip",
    "DELETE /api/rooms/ROOM/whip/{}",
    "POST /api/rooms/ROOM/effects/mute",
    "POST /api/rooms/ROOM/effects/{}",
    "POST /api/rooms/ROOM/cohosts",
    "POST /api/restrictions/{}/contest",
    "GET /api/rooms/{}/events?after={}",
]
FIELDS = [
    *("handle", "display_name", "token", "uses", "hours", "room_id", "title", "description"),
    *("language", "openness", "delay_s", "recording", "hands_locked", "alias", "recording_ok"),
    *("seat_id", "reason", "seconds", "air_held", "ban_s", "cohost", "text"),
]
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["ROOM", "olga", "\ud800", "\x00", "a" * 5_000, "‮", "1e400"])
)
values = st.recursive(leaves, lambda v: st.lists(v, max_size=3), max_leaves=4)
objects = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), values, max_size=8)
bodies = st.one_of(
    objects.map(lambda o: json.dumps(o).encode()),
    values.map(lambda v: json.dumps(v).encode()),
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"[" * 60_000,
            b'{"a":' * 10_000,
            b'{"uses": ' + b"9" * 5_000 + b"}",
            b'{"delay_s": NaN, "title": "x"}',
            b'{"delay_s": 1e999, "title": "x"}',
            b'{"title": "\xff\xfe"}',
            b'{"title": "\\ud800"}',
            b'{"title": "a", "title": "b"}',
            b"x" * 70_000,
        ]
    ),
)
places = st.text(max_size=30) | st.sampled_from(["..", "%00", "%ED%A0%80", "9" * 40, "-1"])
media = st.sampled_from(
    ["application/json", "application/sdp", "text/plain", "", "a/b; c=\xff"]
)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened


class Edge:
    """The edge without a socket: what it is asked, it must answer itself, or raise."""

    def __init__(self, house: House, room_id: str) -> None:
        transport = httpx.ASGITransport(house.app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(
            transport=transport, base_url=house.url, cookies=house.operator.http.cookies
        )
        self.csrf = house.operator.csrf
        self.room_id = room_id

    async def ask(self, route: str, place: str, body: bytes, kind: str) -> httpx.Response:
        method, path = route.split(" ", 1)
        path = path.replace("ROOM", self.room_id)
        path = path.format(*[httpx.QueryParams({"": place}).__str__()[1:]] * 2)
        headers: dict[str, Any] = {
            "X-CSRF-Token": self.csrf,
            "Content-Type": kind.encode("latin-1"),
        }
        headers["Authorization"] = "Bearer " + "0" * 26
        return await self.http.request(method, path, content=body, headers=headers)


def assert_in_order(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    error = answer.json()["error"]
    assert sorted(error) == ["code", "kind", "message"]
    assert STATUS[error["kind"]] == answer.status_code
    assert error["code"] != Unexpected.code()


async def test_hostile_requests_give_only_the_six_kinds(house: House) -> None:
    made = await house.operator.do("/api/rooms", {"title": "Target"})
    edge = Edge(house, made["room"]["id"])
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(route=st.sampled_from(ROUTES), place=places, body=bodies, kind=media)
    @example("POST /api/rooms", "x", b'{"title": "x", "delay_s": NaN}', "application/json")
    @example("POST /api/rooms", "x", b"[" * 60_000, "application/json")
    def hostile(route: str, place: str, body: bytes, kind: str) -> None:
        with generous(house):
            asked = edge.ask(route, place, body, kind)
            assert_in_order(asyncio.run_coroutine_threadsafe(asked, loop).result(20))

    await asyncio.to_thread(hostile)
    await edge.http.aclose()
    assert (await house.operator.get("/healthz")) == {"status": "ok"}


@contextmanager
def generous(house: House) -> Iterator[None]:
    """Forget failed tries: here the parsers are to be met, not the limit before them."""
    house.app.state.house.guesses._left.clear()
    house.app.state.house.sign_ups._left.clear()
    yield


@pytest.mark.parametrize(
    "cookie", ["", ".", "a.b", "é.é", "x" * 4_000, "0" * 26 + "." + "0" * 64, "balai_session=x"]
)
async def test_hostile_cookies_are_nobodys(house: House, cookie: str) -> None:
    stranger = await house.stranger()
    header = f"balai_session={cookie}; balai_device={cookie}".encode("latin-1")
    answer = await stranger.http.get("/api/me", headers={b"Cookie": header})
    assert answer.json()["person"] is None


@pytest.mark.parametrize(
    "origin", ["[", "http://[::1", "://", "javascript:1", "http://a@b:99999"]
)
async def test_hostile_origins_are_foreign(house: House, origin: str) -> None:
    answer = await house.operator.ask("POST", "/api/rooms", {"title": "x"}, Origin=origin)
    assert answer.json()["error"]["code"] == "forged_request"


async def test_an_error_that_nobody_foresaw_tells_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leak(*_: object) -> None:
        raise RuntimeError("secret-of-the-house")

    monkeypatch.setattr("balai.rooms.queries.cards", leak)
    answer = await house.operator.ask("GET", "/api/rooms")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unexpected")
    assert "secret" not in answer.text
