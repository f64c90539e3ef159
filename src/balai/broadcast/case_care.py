"""What a worker does for cases by itself: joins flags, sees effects done, forgets what may go.

It looks at the records again and again and each look can be repeated, so that a worker that was
killed goes on where it was. It decides nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from balai.bell import Bell
from balai.broadcast.studio import Studio
from balai.cases import chat, effects, forgetting
from balai.cases.flag_looks import FlagLooks
from balai.cases.host_looks import HostLooks
from balai.clock import now
from balai.errors import BalaiError
from balai.ledger import issuing

LOOK_S: Final = 2.0
HOSTS_EVERY: Final = 5  # looks
FORGET_EVERY: Final = 30  # looks: once a minute
AGAIN_EVERY: Final = 60 * FORGET_EVERY  # what was kept of chats
SIGN_EVERY: Final = 30  # looks: what is newer than the last checkpoint only the house holds

log = logging.getLogger(__name__)


class CaseCare:
    """Keeps cases moving between the people who decide them.

    On failure: a look that fails is logged and repeated two seconds later; rooms never wait.
    """

    def __init__(self, studio: Studio, bell: Bell) -> None:
        self._studio = studio
        self._bell = bell
        self._flags = FlagLooks(studio.database)
        self._hosts = HostLooks(studio.database)
        self._looks = 0

    async def run(self) -> None:
        """Look after cases until cancelled."""
        while True:
            for step in self._due():
                await asyncio.to_thread(self._take, step)
            self._looks += 1
            await asyncio.sleep(LOOK_S)

    def _due(self) -> list[Callable[[], object]]:
        steps: list[Callable[[], object]] = [self._flags.look, self._settle]
        if self._looks % HOSTS_EVERY == 0:
            steps.append(self._hosts.look)
        if self._looks % FORGET_EVERY == 0:
            steps.append(self._forget)
        if self._looks % SIGN_EVERY == 0:
            steps.append(self._sign)
        return steps

    def _take(self, step: Callable[[], object]) -> None:
        """Take one step: what fails hinders no other."""
        try:
            done = step()
        except (BalaiError, OSError) as cause:
            log.warning("cases wait for the disk or the records: %s", cause)
        except Exception:
            log.exception("a look after cases failed")
        else:
            if done:
                self._bell.ring()

    def _settle(self) -> object:
        with self._studio.database.transaction() as session:
            return effects.settle(session, now())

    def _forget(self) -> None:
        database, window_s = self._studio.database, self._studio.settings.report_window_s
        forgetting.look(database)
        chat.look(database, window_s=window_s)
        if self._looks % AGAIN_EVERY == 0:
            chat.look(database, window_s=window_s, again=True)

    def _sign(self) -> None:
        with self._studio.database.transaction() as session:
            issuing.issue(session, issuing.house_signer(self._studio.settings))
