"""Players that wait for the next part of a low-latency playlist.

Source: draft-pantos-hls-rfc8216bis, 6.2.5.2 (blocking playlist reload).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from balai.errors import BalaiError, Unavailable
from balai.web.hall_playlist import Wanted
from balai.web.hall_ring import PublishedFile

WAITING_MAX = 5_000  # in one hall worker
WAIT_S = 3 * 1.024  # three target durations


class RoomStalled(Unavailable):
    """This room has published nothing new for a while; try again."""


class HallCrowded(Unavailable):
    """Too many players wait for the next part here; try again, or play the plain playlist."""


class Player(Protocol):
    """Who waits: a connection."""

    is_waiting: bool

    def send_file(self, file: PublishedFile) -> None:
        """Answer with the playlist."""

    def fail(self, error: BalaiError) -> None:
        """Answer with an error."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    token: str
    path: bytes
    wanted: Wanted
    due_at: float


class Reloads:
    """All players of one hall worker that wait, in the order in which they came.

    On failure: beyond `WAITING_MAX` the next is refused; who waited `WAIT_S` in vain hears so.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: dict[Player, _Waiting] = {}
        self._rooms: dict[str, dict[Player, _Waiting]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def wait(self, player: Player, *, token: str, path: bytes, wanted: Wanted) -> None:
        """Let a player wait.

        Raises:
            HallCrowded: as many wait here as may.
        """
        if len(self._waiting) >= WAITING_MAX:
            raise HallCrowded
        waiting = _Waiting(token, path, wanted, self._loop.time() + WAIT_S)
        self._waiting[player] = waiting
        self._rooms.setdefault(token, {})[player] = waiting
        player.is_waiting = True
        if self._timer is None:
            self._timer = self._loop.call_at(waiting.due_at, self._end_waits)

    def leave(self, player: Player) -> None:
        """Forget a player that was answered or is gone."""
        player.is_waiting = False
        waiting = self._waiting.pop(player)
        room = self._rooms[waiting.token]
        del room[player]
        if not room:
            del self._rooms[waiting.token]

    def wake(self, token: str, find: Callable[[bytes], PublishedFile]) -> None:
        """Answer everyone whose part is now published, or whose room is gone."""
        room = self._rooms.get(token)
        if not room:
            return
        try:
            file = find(next(iter(room.values())).path)  # a room has one such playlist
        except BalaiError as error:
            for player in list(room):
                self.leave(player)
                player.fail(error)
            return
        has = lru_cache(file.edge.has)  # most of them wait for the same part
        for player in [player for player, waiting in room.items() if has(waiting.wanted)]:
            self.leave(player)
            player.send_file(file)

    def _end_waits(self) -> None:
        self._timer = None
        now = self._loop.time()
        for player, waiting in list(self._waiting.items()):
            if waiting.due_at > now:
                self._timer = self._loop.call_at(waiting.due_at, self._end_waits)
                return
            self.leave(player)
            player.fail(RoomStalled())
