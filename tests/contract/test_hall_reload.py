"""Players that wait for a part: they are woken by its publication, and never kept for ever."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from balai.web.hall_http import Hall, HallConnection
from balai.web.hall_playlist import Wanted, read_edge
from tests.hall_origin import TOKEN, SmallRing

LOW = f"/hall/{TOKEN}/low.m3u8"


async def until(claim: Callable[[], bool]) -> None:
    while not claim():  # the inside of the hall sets no event
        await asyncio.sleep(0.001)


class Origin:
    """A hall inside this test's loop, so that the test can see who waits."""

    def __init__(self, hall: Hall, ring: SmallRing, url: str) -> None:
        self.hall, self.ring, self.url = hall, ring, url
        self.client = httpx.AsyncClient(base_url=url, timeout=20)

    def ask(self, msn: int, part: int | None = None) -> "asyncio.Task[httpx.Response]":
        query = {"_HLS_msn": msn} if part is None else {"_HLS_msn": msn, "_HLS_part": part}
        return asyncio.create_task(self.client.get(LOW, params=query))

    async def until_waiting(self, count: int) -> None:
        await until(lambda: len(self.hall.reloads) == count)


@pytest.fixture
async def origin(tmp_path: Path) -> AsyncIterator[Origin]:
    loop = asyncio.get_running_loop()
    ring = SmallRing(tmp_path)
    for _ in range(6):
        ring.publish_part()
    hall = Hall(tmp_path / "air", loop=loop)
    server = await loop.create_server(lambda: HallConnection(hall), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    origin = Origin(hall, ring, f"http://127.0.0.1:{port}")
    yield origin
    await origin.client.aclose()
    server.close()
    hall.close()


async def test_a_player_is_answered_when_its_part_is_published(origin: Origin) -> None:
    waiting = origin.ask(1, 2)
    await origin.until_waiting(1)
    origin.ring.publish_part()
    answer = await waiting
    assert read_edge(answer.content).has(Wanted(1, 2))
    assert answer.text == (origin.ring.folder / "low.m3u8").read_text()
    assert answer.headers["cache-control"] == "no-cache"
    assert len(origin.hall.reloads) == 0


async def test_each_player_waits_for_its_own_part(origin: Origin) -> None:
    first, second, segment, later = (
        origin.ask(1, 2),
        origin.ask(1, 3),
        origin.ask(1),
        origin.ask(2, 0),
    )
    await origin.until_waiting(4)
    origin.ring.publish_part()
    await first
    assert len(origin.hall.reloads) == 3
    origin.ring.publish_part()
    await asyncio.gather(second, segment)
    assert len(origin.hall.reloads) == 1
    origin.ring.publish_part()
    assert read_edge((await later).content) == read_edge((await origin.client.get(LOW)).content)


async def test_what_is_there_needs_no_waiting(origin: Origin) -> None:
    for msn, part in ((0, None), (0, 3), (1, 1)):
        assert (await origin.ask(msn, part)).status_code == 200


async def test_who_waits_in_vain_is_told_so(origin: Origin) -> None:
    answer = await origin.ask(1, 3)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "room_stalled"
    assert answer.headers["cache-control"] == "no-store"


async def test_the_end_of_the_room_answers_everyone(origin: Origin) -> None:
    waiting = [origin.ask(1, 3), origin.ask(2, 0)]
    await origin.until_waiting(2)
    origin.ring.publish_playlists(is_ended=True)
    assert [answer.status_code for answer in await asyncio.gather(*waiting)] == [200, 200]


async def test_a_room_that_is_deleted_leaves_nobody_waiting(origin: Origin) -> None:
    waiting = origin.ask(1, 3)
    await origin.until_waiting(1)
    shutil.rmtree(origin.ring.folder)
    assert (await waiting).status_code == 404


async def test_a_player_that_goes_is_forgotten(origin: Origin) -> None:
    waiting = origin.ask(1, 3)
    await origin.until_waiting(1)
    waiting.cancel()
    await origin.until_waiting(0)
    origin.ring.publish_part()
    assert (await origin.client.get(LOW)).status_code == 200


async def test_a_bounded_number_of_players_waits(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balai.web.hall_reload.WAITING_MAX", 3)
    waiting = [origin.ask(1, 2) for _ in range(3)]
    await origin.until_waiting(3)
    refused = await origin.ask(1, 2)
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "hall_crowded")
    assert (await origin.client.get(LOW.replace("low", "live"))).status_code == 200
    origin.ring.publish_part()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}


async def test_a_bounded_number_of_connections_is_held(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balai.web.hall_http.CONNECTIONS_MAX", 1)
    assert (await origin.client.get(LOW)).status_code == 200  # and stays connected
    async with httpx.AsyncClient(base_url=origin.url) as newcomer:
        answer = await newcomer.get(LOW)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "hall_full")
    assert (await origin.client.get(LOW)).status_code == 200


async def test_a_silent_connection_is_closed(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balai.web.hall_http.IDLE_S", -1.0)
    reader, writer = await asyncio.open_connection(*_address(origin))
    writer.write(b"GET /hall/")
    await until(lambda: len(origin.hall.connections) == 1)
    origin.hall.sweep()
    assert await _until_closed(reader) == b""
    writer.close()


async def test_a_request_while_waiting_ends_the_connection(origin: Origin) -> None:
    reader, writer = await asyncio.open_connection(*_address(origin))
    request = b"GET %b?_HLS_msn=1&_HLS_part=3 HTTP/1.1\r\nhost: x\r\n\r\n" % LOW.encode()
    writer.write(request + request)
    assert await _until_closed(reader) == b""
    writer.close()
    await origin.until_waiting(0)


async def test_an_old_client_is_answered_and_closed(origin: Origin) -> None:
    for line in (b"HTTP/1.0\r\n", b"HTTP/1.1\r\nConnection: close\r\n"):
        reader, writer = await asyncio.open_connection(*_address(origin))
        writer.write(b"GET %b?_HLS_msn=1&_HLS_part=1 %b\r\n" % (LOW.encode(), line))
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        assert answer.startswith(b"HTTP/1.1 200 OK\r\nconnection: close\r\n")
        assert answer.endswith((origin.ring.folder / "low.m3u8").read_bytes())


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionResetError:  # closed with our bytes unread
            return b""


def _address(origin: Origin) -> tuple[str, int]:
    url = httpx.URL(origin.url)
    assert url.port is not None
    return url.host, url.port
