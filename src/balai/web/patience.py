"""How long and how much the edge waits for a request's head: uvicorn itself knows no end."""

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
HEAD_S_MAX: Final = 15.0


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request does not begin with a whole head soon.

    On failure: 400 for a head beyond 64 KiB, no answer for one that takes more than 15 s.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._head_bytes = 0
        self._is_waiting = True
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; those of a head are counted."""
        if self._is_waiting:
            self._head_bytes += len(data)
            if self._deadline is None:
                self._wait()
        super().data_received(data)
        if self._is_waiting and self._head_bytes > HEAD_BYTES_MAX:
            self.send_400_response("This request's head is too large.")

    def on_headers_complete(self) -> None:
        """Wait no more: the head is whole."""
        self._stop_waiting()
        self._is_waiting = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Be ready for the next request's head."""
        self._is_waiting, self._head_bytes = True, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(HEAD_S_MAX, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self.transport.abort()
