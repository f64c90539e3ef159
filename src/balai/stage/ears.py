"""Who hears a stage without standing on it: the safety team at its desk, before anything airs.

An ear sends no sound, has no seat, and is let in for a bounded time.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from aiortc import RTCIceServer

from balai.stage.embedded_link import Link, StageUnreachable
from balai.stage.engine import EAR_S_MAX, EARS_MAX, EarMissing, EarsFull, StageClosed
from balai.stage.sdp import Offer
from balai.stage.voice import Voice

ANSWER_S: Final = 10.0


class Ears:
    """The ears of one stage. Belongs to the event loop.

    The mixer's thread reads `links`, which is replaced whole and never changed in place.
    """

    def __init__(
        self, *, ice_servers: Sequence[RTCIceServer], hang_up: Callable[[Link], None]
    ) -> None:
        """Prepare; `hang_up` closes a connection in its own time."""
        self.links: tuple[Link, ...] = ()
        self._ice_servers = ice_servers
        self._hang_up = hang_up
        self._ears: dict[str, Link] = {}

    async def let_in(self, ear: str, offer: Offer) -> str:
        """Let an ear in and give the SDP answer; a second time it takes its own place.

        Raises:
            EarsFull: as many listen already as may.
            StageUnreachable: there is no address to offer, or not in time.
            StageClosed: it was sent away before it had come.
        """
        if len(self._ears.keys() | {ear}) > EARS_MAX:
            raise EarsFull
        link = Link(
            Voice(),
            ice_servers=self._ice_servers,
            on_heard=_nothing,
            on_closed=lambda: self._gone(ear, link),
        )
        self._gone(ear, self._ears.get(ear))
        self._change({**self._ears, ear: link})
        try:
            answer = await asyncio.wait_for(link.answer(offer), ANSWER_S)
        except TimeoutError as error:
            self._gone(ear, link)
            raise StageUnreachable from error
        except BaseException:
            self._gone(ear, link)
            raise
        if self._ears.get(ear) is not link:
            raise StageClosed
        asyncio.get_running_loop().call_later(EAR_S_MAX, self._gone, ear, link)
        return answer

    def send_away(self, ear: str) -> None:
        """Hang up on an ear.

        Raises:
            EarMissing: it is not there.
        """
        if ear not in self._ears:
            raise EarMissing
        self._gone(ear, self._ears[ear])

    def close(self) -> None:
        """Hang up on all."""
        for ear, link in list(self._ears.items()):
            self._gone(ear, link)

    def _gone(self, ear: str, link: Link | None) -> None:
        """Forget an ear's connection, unless another has taken its place."""
        if link is not None and self._ears.get(ear) is link:
            self._change({one: its for one, its in self._ears.items() if one != ear})
            self._hang_up(link)

    def _change(self, ears: dict[str, Link]) -> None:
        self._ears = ears
        self.links = tuple(ears.values())


def _nothing() -> None:
    """An ear is heard by nobody; what it sends is thrown away."""
