"""What a process of the edge does beside answering, as long as it serves."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Final

AGAIN_S: Final = 2.0  # so often at most one work fails, and says so in the log
Work = Callable[[], Coroutine[object, object, None]]
log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(*works: Work) -> AsyncIterator[None]:
    """Let each work run while the context lasts; then it is cancelled and waited for.

    One that fails is logged and begins again two seconds later: nobody would miss it.
    """
    tasks = [asyncio.create_task(_kept(work)) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _kept(work: Work) -> None:
    while True:
        try:
            await work()
        except Exception:
            log.exception("what this process does beside answering failed; it begins again")
            await asyncio.sleep(AGAIN_S)
        else:
            return
