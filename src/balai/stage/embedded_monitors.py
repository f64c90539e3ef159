"""Who hears a stage without standing on it: the safety team at its desk, before anything airs.

A monitor sends no sound, has no seat, and is let in for a bounded time.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiortc import RTCIceServer

from balai.stage.embedded_link import Link, StageUnreachable
from balai.stage.engine import (
    MONITOR_S_MAX,
    MONITORS_MAX,
    MonitorMissing,
    MonitorsFull,
    StageClosed,
)
from balai.stage.sdp import Offer
from balai.stage.voice import Voice

ANSWER_S: Final = 10.0


class Monitors:
    """The monitors of one stage. Belongs to the event loop.

    The mixer's thread reads `links`, which is replaced whole and never changed in place.
    """

    def __init__(
        self, *, ice_servers: Sequence[RTCIceServer], hang_up: Callable[[Link], None]
    ) -> None:
        """Prepare; `hang_up` closes a connection in its own time."""
        self.links: tuple[Link, ...] = ()
        self._ice_servers = ice_servers
        self._hang_up = hang_up
        self._monitors: dict[str, Link] = {}

    async def let_in(self, monitor: str, offer: Offer) -> str:
        """Let a monitor in and give the SDP answer; a second time it takes its own place.

        Raises:
            MonitorsFull: as many listen already as may.
            StageUnreachable: there is no address to offer, or not in time.
            StageClosed: it was sent away before it had come.
        """
        if len(self._monitors.keys() | {monitor}) > MONITORS_MAX:
            raise MonitorsFull
        link = Link(
            Voice(),
            ice_servers=self._ice_servers,
            on_heard=_nothing,
            on_closed=lambda: self._gone(monitor, link),
        )
        self._gone(monitor, self._monitors.get(monitor))
        self._change({**self._monitors, monitor: link})
        try:
            answer = await asyncio.wait_for(link.answer(offer), ANSWER_S)
        except TimeoutError as error:
            self._gone(monitor, link)
            raise StageUnreachable from error
        except BaseException:
            self._gone(monitor, link)
            raise
        if self._monitors.get(monitor) is not link:
            raise StageClosed
        asyncio.get_running_loop().call_later(MONITOR_S_MAX, self._gone, monitor, link)
        return answer

    def send_away(self, monitor: str) -> None:
        """Hang up on a monitor.

        Raises:
            MonitorMissing: it is not there.
        """
        if monitor not in self._monitors:
            raise MonitorMissing
        self._gone(monitor, self._monitors[monitor])

    def close(self) -> None:
        """Hang up on all."""
        for monitor, link in list(self._monitors.items()):
            self._gone(monitor, link)

    def _gone(self, monitor: str, link: Link | None) -> None:
        """Forget a monitor's connection, unless another has taken its place."""
        if link is not None and self._monitors.get(monitor) is link:
            self._change({one: its for one, its in self._monitors.items() if one != monitor})
            self._hang_up(link)

    def _change(self, monitors: dict[str, Link]) -> None:
        self._monitors = monitors
        self.links = tuple(monitors.values())


def _nothing() -> None:
    """A monitor is heard by nobody; what it sends is thrown away."""
