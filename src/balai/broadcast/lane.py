"""One room's wishes on their way: who protects or leaves comes before what its hosts ask."""

import asyncio

from balai.rooms.model import Wish
from balai.rooms.requests import HOSTS, share_of


class Lane:
    """Holds what one room's worker is to do; bounded by what may be pending in a room.

    The safety team, decisions, rules and who leaves the stage go first; each of the two sorts
    keeps its order.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.PriorityQueue[tuple[bool, int, Wish]] = asyncio.PriorityQueue()

    def put(self, wish: Wish) -> None:
        """Let a wish wait for its turn."""
        self._waiting.put_nowait((share_of(wish) is HOSTS, wish.id, wish))

    async def next(self) -> Wish:
        """Wait for the wish whose turn it is."""
        return (await self._waiting.get())[-1]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return self._waiting.empty()
