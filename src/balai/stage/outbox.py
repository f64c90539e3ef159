"""The way from the mixer's thread to the event loop."""

import asyncio
import collections
import contextlib
from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

DELIVERIES_MAX: Final = 10  # ticks a stage; 200 ms, after which no speaker would use them


class Receiver(Protocol):
    """Sends one packet of a feed to one speaker."""

    unsent: int

    def send(self, number: int, payload: bytes) -> None:
        """Send the packet of one tick."""
        ...


class Delivery(NamedTuple):
    """One stage's packets of one tick."""

    number: int
    packets: Sequence[tuple[Receiver, bytes]]


class Outbox:
    """Hands deliveries over, waking the event loop once however many wait.

    On failure: when the loop does not keep up, the oldest delivery is dropped and its packets
    are counted; the mixer never waits.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, *, stages_max: int) -> None:
        self._loop = loop
        self._waiting: collections.deque[Delivery] = collections.deque()
        self._most = DELIVERIES_MAX * stages_max
        self._is_woken = False

    def put(self, delivery: Delivery) -> None:
        """Hand over; called by the mixer thread."""
        if len(self._waiting) >= self._most:
            for receiver, _ in self._waiting.popleft().packets:
                receiver.unsent += 1
        self._waiting.append(delivery)
        if not self._is_woken:
            self._is_woken = True
            with contextlib.suppress(
                RuntimeError
            ):  # the loop has ended; nobody is left to hear
                self._loop.call_soon_threadsafe(self._send)

    def _send(self) -> None:
        self._is_woken = False  # first, so that what comes from now on wakes again
        while self._waiting:
            number, packets = self._waiting.popleft()
            for receiver, payload in packets:
                receiver.send(number, payload)
