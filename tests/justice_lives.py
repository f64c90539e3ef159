"""Lives of a house: a child process goes a journey's steps, and ends by SIGKILL somewhere."""

import json
import logging
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.justice_journey import STEPS, Journey

FILES: Final = {"os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link"}


class Teller(logging.Handler):
    """Whatever a house logs as a fault is a fault: nothing but kills happens here."""

    def __init__(self, told: int) -> None:
        super().__init__(logging.ERROR)
        self.told = told

    def emit(self, record: logging.LogRecord) -> None:
        tell(self.told, "trouble", "", self.format(record)[-2000:])


def tell(told: int, *words: Any) -> None:
    os.write(told, json.dumps(words).encode() + b"\n")


@dataclass(frozen=True)
class Doom:
    """In which step a life ends: after a share of its length, or in one of its moments.

    Moments are when something was committed, and when something is to be done to a file of the
    house; the last one of a step is when all is done and nobody has seen the answer.
    """

    step: str
    share: float | None = None
    moment: int = 0


@dataclass
class Moments:
    """Counts a step's moments, and ends the process at one of them."""

    folders: tuple[str, ...]
    last: int = 0
    passed: int = 0

    def begin(self, last: int) -> None:
        self.last, self.passed = last, 0

    def listen(self) -> None:
        event.listen(Session, "after_commit", lambda _session: self._pass())
        sys.addaudithook(self._hear)

    def _hear(self, name: str, about: tuple[Any, ...]) -> None:
        is_ours = name == "open" and str(about[0]).startswith(self.folders)
        if is_ours or name in FILES:
            self._pass()

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def go_on(journey: Journey, told: int, doom: Doom | None) -> None:
    """Live: open the house, and go on with the first step that nobody saw answered."""
    logging.getLogger("balai").addHandler(Teller(told))
    scene, is_open = journey.scene, False
    moments = Moments((str(scene.settings.data), str(scene.store.keys)))
    moments.listen()
    while (name := journey.under_way) is not None:
        tell(told, "begun", name, is_open)
        last = doom.moment if doom is not None and doom.step == name else 0
        moments.begin(last)
        began = time.perf_counter()
        if not is_open:
            scene.database.migrate()
        journey.known[name] = STEPS[name](journey)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        took_s = time.perf_counter() - began
        tell(told, "answered", name, is_open, journey.known[name], took_s, moments.passed)
        is_open = True


@dataclass
class Measured:
    """How long each step takes, as the first of a life or later; and its moments."""

    lengths: dict[tuple[str, bool], float] = field(default_factory=dict)
    moments: dict[str, int] = field(default_factory=dict)

    def length_s(self, name: str, *, is_open: bool) -> float:
        return self.lengths.get((name, is_open)) or self.lengths[name, not is_open]


@dataclass
class Lives:
    """The lives of one house."""

    journey: Journey
    measured: Measured

    def live(self, doom: Doom | None = None) -> str | None:
        """Live on; give the step in which the house was killed, None: all was answered."""
        heard, told = os.pipe()
        child = os.fork()
        if not child:
            try:
                go_on(self.journey, told, doom)
            except BaseException:  # noqa: BLE001 - told to the parent, who fails
                tell(told, "trouble", "", traceback.format_exc()[-2000:])
            finally:
                os._exit(0)  # never back into the test run
        os.close(told)
        try:
            with os.fdopen(heard, "rb") as lines:
                for line in lines:
                    self._hear(child, json.loads(line), doom)
        finally:
            os.kill(child, signal.SIGKILL)  # also when this test fails
            os.waitpid(child, 0)
        return self.journey.under_way

    def _hear(self, child: int, words: list[Any], doom: Doom | None) -> None:
        kind, name, *more = words
        assert kind != "trouble", more[0]
        if kind == "answered":
            is_open, self.journey.known[name], took_s, moments = more
            self.measured.lengths[name, is_open] = took_s
            self.measured.moments[name] = moments
        elif doom is not None and doom.share is not None and name == doom.step:
            time.sleep(doom.share * self.measured.length_s(name, is_open=more[0]))
            os.kill(child, signal.SIGKILL)
