"""How much may be told of one voice: people speak at a pace, a broken detector at none."""

from typing import Final

from balai.detect.wire import DetectorGarbled

PER_S: Final = 4.0  # the shortest utterance and the pause after it take half a second
AT_ONCE: Final = 40  # utterances: more than a recogniser lets wait
DROPPED_MAX: Final = 200  # in a row; who tells more than that is given up


class Pace:
    """Lets 4 utterances a second pass, 40 at once after a rest; the others are dropped.

    On failure: after 200 that were dropped without a rest between, `check` raises.
    """

    def __init__(self) -> None:
        self._left = float(AT_ONCE)
        self._looked_s: float | None = None
        self._dropped = 0

    def passes(self, now_s: float) -> bool:
        """Say whether one more may be answered now."""
        passed_s = 0.0 if self._looked_s is None else now_s - self._looked_s
        self._looked_s = now_s
        self._left = min(self._left + passed_s * PER_S, AT_ONCE)
        if self._left == AT_ONCE:
            self._dropped = 0
        if self._left >= 1:
            self._left -= 1
            return True
        self._dropped += 1
        return False

    def check(self) -> None:
        """Give up on who goes on; the next one begins with a clean sheet.

        Raises:
            DetectorGarbled: it told far more than anybody can say.
        """
        if self._dropped > DROPPED_MAX:
            self._dropped = 0
            raise DetectorGarbled
