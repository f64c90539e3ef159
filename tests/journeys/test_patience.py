"""The edge waits neither for ever for a request's head, nor for one of any size."""

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from balai.web import patience
from tests.record_house import House

HEAD = b"GET /healthz HTTP/1.1\r\nHost: house\r\n"


async def said(house: House, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """Send pieces on one connection; give all that comes back until it is closed."""
    place = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    with contextlib.suppress(ConnectionResetError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@pytest.mark.parametrize("pieces", [(), (b"\r\n",), (b"GET /heal",), (HEAD,)])
async def test_a_head_that_never_ends_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(patience, "HEAD_S_MAX", 0.2)
    assert await said(house, *pieces) == b""


async def test_a_second_request_has_its_own_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "HEAD_S_MAX", 0.5)
    whole = HEAD + b"\r\n"
    heard = await said(house, whole, whole, whole, b"GET /he", pause_s=0.3)
    assert heard.count(b"200 OK") == 3


async def test_a_head_of_any_size_is_not_taken(house: House) -> None:
    heard = await said(house, HEAD, *[b"X-Many: " + b"a" * 8_000 + b"\r\n"] * 20)
    assert heard.startswith(b"HTTP/1.1 400") or heard == b""
    assert b"200 OK" not in heard
