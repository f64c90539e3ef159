"""Whatever bytes arrive, the hall answers or closes, and gives nothing away."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balai.errors import NotFound
from balai.web.hall_http import Hall, HallConnection
from balai.web.hall_playlist import BadReload, read_edge, read_wanted
from tests.hall_origin import TOKEN

SECRET = b"unpublished-sound"
PIECES = st.sampled_from(
    [
        b"GET ",
        b"HEAD ",
        b"POST ",
        b"/hall/",
        TOKEN.encode(),
        b"/live.m3u8",
        b"/.p0.0-aaaaaaaa.m4s",
        b"/.transcript.vtt",
        b"/transcript.vtt",
        b"/room-low.m3u8",
        b"/c0-aaaaaaaa.vtt",
        b"/../../balai.sqlite3",
        b"%2e%2e%2f",
        b"?_HLS_msn=",
        b"&_HLS_part=",
        b"99999999999999999999",
        b" HTTP/1.1\r\n",
        b" HTTP/1.0\r\n",
        b"Range: bytes=",
        b"-",
        b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"\x00",
        b"\xff\xfe",
    ]
)
STREAMS = st.lists(PIECES | st.binary(max_size=40), max_size=30)


class Recorder(asyncio.Transport):
    """A transport that only keeps what was written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closed
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def get_write_buffer_size(self) -> int:
        return 0


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as name:
        room = Path(name) / "air" / TOKEN
        room.mkdir(parents=True)
        (room / "live.m3u8").write_bytes(b"#EXTM3U\n")
        (room / ".p0.0-aaaaaaaa.m4s").write_bytes(SECRET)
        (room / ".transcript.vtt").write_bytes(SECRET)
        (Path(name) / "balai.sqlite3").write_bytes(SECRET)
        hall = Hall(Path(name) / "air", loop=loop)
        yield hall
        hall.close()
    loop.close()


@given(stream=STREAMS)
@settings(max_examples=400, deadline=None)
def test_any_bytes_end_in_an_answer_or_a_closed_connection(
    hall: Hall, stream: list[bytes]
) -> None:
    transport, connection = Recorder(), HallConnection(hall)
    connection.connection_made(transport)
    for piece in stream:
        connection.data_received(piece)
    connection.connection_lost(None)
    assert transport.written == b"" or transport.written.startswith(b"HTTP/1.1 ")
    assert SECRET not in transport.written
    assert len(hall.connections) == len(hall.reloads) == 0


@given(path=st.binary(max_size=80) | st.from_regex(rb"/hall/[0-9a-z]{26}/[ -~]{1,30}"))
@settings(max_examples=400, deadline=None)
def test_any_path_is_a_published_file_or_not_found(hall: Hall, path: bytes) -> None:
    try:
        body = hall.ring.find(path).body
    except NotFound:
        return
    assert body == b"#EXTM3U\n"


@given(playlist=st.lists(st.sampled_from([b"#EXTINF:", b"#EXT-X-PART:", b"\n"]) | st.binary()))
def test_any_playlist_has_an_edge(playlist: list[bytes]) -> None:
    edge = read_edge(b"".join(playlist))
    assert edge.next_msn >= 0
    assert edge.parts >= 0


@given(query=st.binary() | st.from_regex(rb"_HLS_(msn|part)=[0-9]*&_HLS_part=[0-9]*"))
def test_any_query_is_a_wait_or_refused(query: bytes) -> None:
    try:
        wanted = read_wanted(query)
    except BadReload:
        return
    assert wanted is None or wanted.msn >= 0
