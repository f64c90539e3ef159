"""A recogniser inside this process: hears words for a house's worker, as `balai words` does."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from balai.detect.connection import Connection, connected
from balai.detect.speech.hearing import Hearing
from balai.detect.speech.recognizer import Recognizer
from balai.detect.wire import WORDS_SOCKET, Told

_END_S = 20.0


@dataclass(frozen=True, slots=True)
class OneEngine:
    """One engine for every language."""

    engine: Recognizer

    def for_language(self, language: str | None) -> Recognizer:  # noqa: ARG002 - the same for all
        """Give it."""
        return self.engine


@contextlib.contextmanager
def recogniser(
    data: Path,
    engine: Recognizer,
    *,
    deadline_s: float,
    length_s: float,
    told: Callable[[list[Told]], None] = lambda _told: None,
) -> Iterator[Connection]:
    """Hear words for the house of a data folder; `told` gets what its worker was told."""
    with connected(data / "run", WORDS_SOCKET) as connection:

        def tell(news: Iterable[Told]) -> None:
            news = list(news)
            connection.tell(news)
            told(news)

        hearing = Hearing(OneEngine(engine), tell, deadline_s=deadline_s, length_s=length_s)

        def hear() -> None:
            with contextlib.suppress(OSError):
                for chunk in connection.chunks():
                    hearing.hear(chunk)

        def recognise() -> None:
            with contextlib.suppress(OSError):
                hearing.recognise()

        threads = [threading.Thread(target=run) for run in (hear, recognise)]
        for thread in threads:
            thread.start()
        try:
            yield connection
        finally:
            connection.close()
            hearing.stop()
            for thread in threads:
                thread.join(_END_S)
