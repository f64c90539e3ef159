"""HTTP/1.1 for the hall: one small protocol object per connection, without middleware.

httptools parses; this file answers `GET` and `HEAD` with replies that are ready in memory. It
costs half of what a general server does, and a request's cost decides the hall's size.
"""

import asyncio
import email.utils
import json
import logging
import re
import time
from pathlib import Path
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from balai.errors import BalaiError, Invalid, Unavailable
from balai.web.hall_playlist import Wanted, read_wanted
from balai.web.hall_reload import Reloads
from balai.web.hall_ring import HallRing, PublishedFile

log = logging.getLogger(__name__)

HEAD_BYTES_MAX = 8 << 10
CONNECTIONS_MAX = 20_000
UNSENT_BYTES_MAX = 256 << 10  # of one connection, before another request is taken from it
_COPIED_BYTES_MAX = 32 << 10
IDLE_S = 60.0  # a connection without a finished request, or a reader that takes nothing
SWEEP_S = 5.0

_RANGE = re.compile(rb"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
_GZIP = re.compile(rb"\bgzip\b(?!\s*;\s*q\s*=\s*0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_ABSOLUTE = re.compile(rb"https?://[^/]*", re.IGNORECASE)
_ERROR_FIELDS = b"cache-control: no-store\r\naccess-control-allow-origin: *\r\n"
_PREFLIGHT = (
    b"access-control-allow-origin: *\r\naccess-control-allow-methods: GET, HEAD\r\n"
    b"access-control-allow-headers: range\r\naccess-control-max-age: 86400\r\n\r\n"
)
_HEALTH = (
    b"content-type: application/json\r\ncache-control: no-store\r\ncontent-length: 15\r\n\r\n"
    b'{"status":"ok"}'
)


def _error_reply(error: type[BalaiError], fields: bytes = b"") -> bytes:
    body = json.dumps(
        {"error": {"kind": error.kind, "code": error.code(), "message": error.sentence()}}
    ).encode()
    return (
        _ERROR_FIELDS
        + fields
        + b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        + body
    )


class HallFull(Unavailable):
    """The hall is full right now; try again shortly."""


_STATUS_OF_KIND = {"not_found": b"404 Not Found", "invalid": b"400 Bad Request"}
_UNAVAILABLE = b"503 Service Unavailable"
_INVALID_REPLY = _error_reply(Invalid)
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n" + _error_reply(
    HallFull, b"retry-after: 5\r\n"
)


class Hall:
    """What all connections of one hall worker share.

    On failure: beyond `CONNECTIONS_MAX` a newcomer is told 503 and goes; a silent connection
    and a reader that takes nothing are closed after `IDLE_S`.
    """

    def __init__(self, air: Path, *, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.time = loop.time
        self.reloads = Reloads(loop)
        self.ring = HallRing(air, on_change=self._room_changed)
        self.connections: set[HallConnection] = set()
        self._date_second = 0
        self._date_line = b""
        self._ok_line = b""
        self._error_replies: dict[type[BalaiError], bytes] = {}
        loop.add_reader(self.ring.fileno(), self.ring.take_events)
        self._sweeping = loop.call_later(SWEEP_S, self.sweep)

    def close(self) -> None:
        """Let everyone go."""
        self._sweeping.cancel()
        self._loop.remove_reader(self.ring.fileno())
        self.ring.close()
        for connection in list(self.connections):
            connection.hang_up()

    def date_line(self) -> bytes:
        """Give the `date` field, made once a second."""
        second = int(time.time())
        if second != self._date_second:
            self._date_second = second
            date = email.utils.formatdate(second, usegmt=True).encode()
            self._date_line = b"date: " + date + b"\r\n"
            self._ok_line = b"HTTP/1.1 200 OK\r\n" + self._date_line
        return self._date_line

    def ok_line(self) -> bytes:
        """Give the status line of success with its `date` field."""
        self.date_line()
        return self._ok_line

    def error_reply(self, error: type[BalaiError]) -> bytes:
        """Give the reply for an error, made once for each class."""
        if error not in self._error_replies:
            self._error_replies[error] = _error_reply(error)
        return self._error_replies[error]

    def _room_changed(self, token: str) -> None:
        self.reloads.wake(token, self.ring.find)

    def sweep(self) -> None:
        """Close who has been silent for too long; runs every `SWEEP_S`."""
        self._sweeping.cancel()
        self._sweeping = self._loop.call_later(SWEEP_S, self.sweep)
        latest = self._loop.time() - IDLE_S
        for connection in [one for one in self.connections if one.active_at < latest]:
            connection.hang_up()


class HallConnection(asyncio.Protocol):
    """One connection: requests are answered one after the other.

    On failure: a client that sends what is no request is told 400 and closed; one that sends
    the next request faster than it reads, or while it waits for a part, is closed.
    """

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._time = hall.time
        self._parser = HttpRequestParser(self)
        self._cached = hall.ring.cached
        self._head_bytes = 0
        self._is_over = False
        self._is_head = False
        self._keeps_open = False
        self.is_waiting = False
        self.active_at = hall.time()

    # -- the transport --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if len(self._hall.connections) >= CONNECTIONS_MAX:
            self._is_over = True
            self._transport.write(_FULL)
            self._transport.close()
            return
        self._hall.connections.add(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._is_over = True
        self._hall.connections.discard(self)
        if self.is_waiting:
            self._hall.reloads.leave(self)

    def hang_up(self) -> None:
        """End the connection at once."""
        self._is_over = True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX:
            self._refuse(b"431 Request Header Fields Too Large", _INVALID_REPLY)
            return
        try:
            self._parser.feed_data(data)
        except (
            HttpParserUpgrade
        ):  # the request itself was answered; nothing else is spoken here
            self._close()
        except HttpParserError:
            self._refuse(b"400 Bad Request", _INVALID_REPLY)

    # -- the parser --

    def on_message_begin(self) -> None:
        self._url = b""
        self._range = b""
        self._takes_gzip = False
        self._has_body = False

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        size = len(name)  # most fields of a browser are passed over by their length alone
        if size == 5 and name.lower() == b"range":  # noqa: PLR2004
            self._range = value
        elif size == 15 and name.lower() == b"accept-encoding":  # noqa: PLR2004
            self._takes_gzip = _GZIP.search(value) is not None
        elif size == 8 and name.lower() == b"if-range":  # noqa: PLR2004
            self._range = b"ignored"  # no validator of ours is ever given, so none can match

    def on_body(self, _body: bytes) -> None:
        self._has_body = True

    def on_message_complete(self) -> None:
        if self._is_over:
            return
        self._head_bytes = 0
        self.active_at = self._time()
        if self.is_waiting or self._transport.get_write_buffer_size() > UNSENT_BYTES_MAX:
            self.hang_up()
            return
        parser = self._parser
        method = parser.get_method()
        self._is_head = method == b"HEAD"
        self._keeps_open = parser.should_keep_alive() and parser.get_http_version() != "1.0"
        try:
            self._answer(method)
        except BalaiError as error:
            self.fail(error)

    # -- answers --

    def _answer(self, method: bytes) -> None:
        path, _, query = self._url.partition(b"?")
        file = self._cached.get(path)
        if file and file.is_changing and self._hall.ring.is_behind():
            self._hall.ring.take_events()  # a change and this request came in one turn
            file = self._cached.get(path)
        if method != b"GET" or file is None or self._has_body:
            self._answer_rarer(method, path, query)
        elif query and file.is_low:
            self._answer_reload(path, file, read_wanted(query))
        else:
            self.send_file(file)

    def _answer_rarer(self, method: bytes, path: bytes, query: bytes) -> None:
        if self._has_body:
            self._refuse(b"400 Bad Request", _INVALID_REPLY)
            return
        if method not in (b"GET", b"HEAD"):
            self._answer_other(method)
            return
        path = _ABSOLUTE.sub(b"", path, count=1)
        if path == b"/healthz":
            self._send(b"200 OK", _HEALTH)
            return
        file = self._hall.ring.find(path)
        self._answer_reload(path, file, read_wanted(query) if file.is_low else None)

    def _answer_other(self, method: bytes) -> None:
        if method == b"OPTIONS":
            self._send(b"204 No Content", _PREFLIGHT)
        else:
            self._refuse(
                b"405 Method Not Allowed", b"allow: GET, HEAD, OPTIONS\r\n" + _INVALID_REPLY
            )

    def _answer_reload(self, path: bytes, file: PublishedFile, wanted: Wanted | None) -> None:
        if wanted is None or file.edge.has(wanted):
            self.send_file(file)
        elif file.edge.is_too_far(wanted):
            self._send(b"400 Bad Request", _INVALID_REPLY)
        elif not self._hall.ring.is_watched(file.token):
            self._send(_UNAVAILABLE, self._hall.error_reply(Unavailable))
        else:
            self._hall.reloads.wait(self, token=file.token, path=path, wanted=wanted)

    def send_file(self, file: PublishedFile) -> None:
        """Answer with a published file."""
        if file.is_changing and self._takes_gzip:
            reply = file.gzip_head if self._is_head else file.gzip_reply
        elif self._is_head:
            reply = file.head
        elif self._range and not file.is_changing:
            self._send_range(file)
            return
        else:
            reply = file.reply
        if not self._keeps_open:
            self._refuse(b"200 OK", reply)
        elif len(reply) > _COPIED_BYTES_MAX:
            self._transport.write(self._hall.ok_line())
            self._transport.write(
                reply
            )  # shared by all who are sent it, however slowly they read
        else:
            self._transport.write(self._hall.ok_line() + reply)

    def _send_range(self, file: PublishedFile) -> None:
        match = _RANGE.fullmatch(self._range)
        if not match or not (
            match[1] or match[2]
        ):  # several ranges, or another unit: all of it
            self._send(b"200 OK", file.reply)
            return
        size = len(file.body)
        if match[1]:
            start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
        else:
            start, end = max(0, size - int(match[2])), size
        if start >= end:
            self._send(
                b"416 Range Not Satisfiable",
                b"content-range: bytes */%d\r\n" % size + _INVALID_REPLY,
            )
            return
        self._send(b"206 Partial Content", file.partial_head(start, end) + file.body[start:end])

    def fail(self, error: BalaiError) -> None:
        """Answer with an error."""
        status = _STATUS_OF_KIND.get(error.kind, _UNAVAILABLE)
        self._send(status, self._hall.error_reply(type(error)))

    def _send(self, status: bytes, rest: bytes) -> None:
        if self._is_head:
            rest = rest[: rest.index(b"\r\n\r\n") + 4]
        if self._keeps_open:
            line = b"HTTP/1.1 %b\r\n%b%b"
            self._transport.write(line % (status, self._hall.date_line(), rest))
        else:
            self._refuse(status, rest)

    def _refuse(self, status: bytes, rest: bytes) -> None:
        line = b"HTTP/1.1 %b\r\nconnection: close\r\n%b%b"
        self._transport.write(line % (status, self._hall.date_line(), rest))
        self._close()

    def _close(self) -> None:
        self._is_over = True
        self._transport.close()
