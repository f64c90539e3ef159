"""Bounds on what a client may send, and how often it may try."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from balai.errors import Invalid, Unavailable
from balai.policy.zipped import ZIP_BYTES_MAX
from balai.web.errors import answer

BODY_BYTES_MAX: Final = 64 * 1024
# A pack; its route reads a body only after it has seen who sends it.
_LARGER: Final = {("POST", "/api/policy/packs"): ZIP_BYTES_MAX}


class BodyTooLarge(Invalid):
    """What was sent is larger than anything that is expected here; send less."""


class TooManyAttempts(Unavailable):
    """Too many attempts from your address; wait a minute and try again."""


class BodyLimit:
    """Refuses large bodies: at once when the length is told, else once they exceed the limit.

    The limit is 64 KiB, and 2 MiB for a policy pack.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = _limit_of(scope)
        if scope["type"] == "http" and _told_length(scope, limit) > limit:
            refusal = answer(BodyTooLarge())
            refusal.headers["Connection"] = "close"  # nobody will read what is still coming
            await refusal(scope, receive, send)
        else:
            await self._app(scope, _counted(receive, limit), send)


def _limit_of(scope: Scope) -> int:
    return _LARGER.get((scope.get("method", ""), scope.get("path", "")), BODY_BYTES_MAX)


def _told_length(scope: Scope, limit: int) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else limit + 1
    return 0


def _counted(receive: Receive, limit: int) -> Receive:
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > limit:
            raise BodyTooLarge
        return message

    return counted


class Attempts:
    """A bucket of attempts for each client: `burst` at once, then one every `every_s`.

    At most `clients_max` clients are remembered; the one unseen for longest is forgotten.
    """

    def __init__(
        self,
        *,
        burst: int,
        every_s: float,
        clients_max: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._every_s = every_s
        self._clients_max = clients_max
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def require(self, client: str) -> None:
        """Let a client try who has attempts left; takes none.

        Raises:
            TooManyAttempts: there are none left for the moment.
        """
        with self._lock:
            if self._now_left(client) < 1:
                raise TooManyAttempts

    def take(self, client: str) -> None:
        """Take one attempt from a client."""
        with self._lock:
            left = max(self._now_left(client) - 1, 0.0)
            self._left[client] = (left, self._clock())
            self._left.move_to_end(client)
            if len(self._left) > self._clients_max:
                self._left.popitem(last=False)

    def _now_left(self, client: str) -> float:
        left, at = self._left.get(client, (float(self._burst), 0.0))
        return min(left + (self._clock() - at) / self._every_s, float(self._burst))
