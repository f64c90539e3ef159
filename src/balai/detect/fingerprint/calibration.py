"""What a score is worth: how often chance alone reaches it.

The scores of sound that is in no catalogue fall off exponentially at their high end. That line,
fitted to measured sound, tells the rate of false alarms at any score; the operator chooses the
rate, never the score. Short windows score otherwise than long ones: each length has its line.
Two windows that agree are rarer than one, but not as rare as if they were independent: music
that resembles a recording goes on resembling it. What they score together has a line as well.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Self

import numpy as np

from balai.detect.fingerprint.errors import CalibrationInvalid

VERSION: Final = 5  # a score of another kind needs another
FILE: Final = "calibration.json"  # here, and in the folder of a catalogue with its own
TAIL: Final = 0.05  # this share of the scores, the highest, lies on a line
LENGTHS_S: Final = (3.0, 5.0, 7.0, 10.0)  # of the windows that are looked at
WEAK_PER_1000H: Final = 30_000.0  # what comes oftener by chance does not count in a pair
_PAIRS_KNEE: Final = -2 * math.log(WEAK_PER_1000H)
_PAIRS_FALL_MIN: Final = 2.0
_TAIL_SCORES_MIN: Final = 20
_RATE_MAX: Final = 1e9
_LONGER_S: Final = 0.5  # a window may be so much longer than the length it is judged by


@dataclass(frozen=True, slots=True)
class Tail:
    """The tail of the scores of unknown sound, for windows of one length.

    `knee` is the score where the tail begins, `fall` how much more score makes a false alarm
    rarer by a factor of e, `per_hour` how many scores above the knee an hour brings.
    """

    knee: float
    fall: float
    per_hour: float

    @classmethod
    def of_pairs(cls, scores: Sequence[float], hours: float) -> Self:
        """Fit what pairs of weak windows score together; they are few, so doubts count.

        As if one more had been seen, and as if both windows of a pair were one (a fall of 2).
        """
        above = np.asarray(scores, np.float64) - _PAIRS_KNEE
        fall = max(_PAIRS_FALL_MIN, float(above.mean()) if len(above) else 0.0)
        return cls(_PAIRS_KNEE, fall, (len(above) + 1) / hours)

    @classmethod
    def fit(cls, scores: Sequence[float], hours: float) -> Self:
        """Fit the scores that so many hours of unknown sound gave.

        Raises:
            CalibrationInvalid: they are too few, or all the same.
        """
        ordered = np.sort(np.asarray(scores, np.float64))
        knee = float(np.quantile(ordered, 1 - TAIL)) if len(ordered) else 0.0
        above = ordered[ordered > knee] - knee
        if len(above) < _TAIL_SCORES_MIN or hours <= 0:
            raise CalibrationInvalid
        return cls(knee, float(above.mean()), len(above) / hours)

    def rate_of(self, score: float) -> float:
        """Tell how often chance reaches a score, in 1,000 hours."""
        above = (self.knee - score) / self.fall
        return min(_RATE_MAX, self.per_hour * 1000 * math.exp(min(above, 50.0)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tails for each length of window in seconds and for pairs, and the hours of sound."""

    tails: Mapping[float, Tail]
    pairs: Tail
    hours: float

    @classmethod
    def default(cls) -> Self:
        """Give the calibration that comes with Balai."""
        shipped = files("balai.detect.fingerprint").joinpath(FILE)
        return cls._read(shipped.read_text(encoding="utf-8"))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a calibration.

        Raises:
            CalibrationInvalid: it is none, or of another version.
        """
        try:
            return cls._read(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as cause:
            raise CalibrationInvalid from cause

    def save(self, path: Path) -> None:
        """Write it, whole or not at all."""
        tails = {f"{length:g}": asdict(tail) for length, tail in self.tails.items()}
        told = {
            "version": VERSION,
            "hours": self.hours,
            "tails": tails,
            "pairs": asdict(self.pairs),
        }
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        unfinished.rename(path)

    def threshold_for(self, per_1000_hours: float, window_s: float) -> float:
        """Give the score that chance reaches so often in 1,000 hours."""
        tail = self._tail(window_s)
        return tail.knee + tail.fall * math.log(tail.per_hour * 1000 / per_1000_hours)

    def rate_of(self, score: float, window_s: float) -> float:
        """Tell how often chance reaches a score, in 1,000 hours."""
        return self._tail(window_s).rate_of(score)

    def rate_of_pair(self, rate: float, other: float) -> float:
        """Tell how often chance lets two windows of such rates agree, in 1,000 hours."""
        return self.pairs.rate_of(paired(rate, other))

    def _tail(self, window_s: float) -> Tail:
        """Take the shortest length that is not shorter than the window, else the longest."""
        lengths = [one for one in self.tails if one >= window_s - _LONGER_S]
        return self.tails[min(lengths, default=max(self.tails))]

    @classmethod
    def _read(cls, text: str) -> Self:
        try:
            told = json.loads(text)
            tails = {float(length): Tail(**tail) for length, tail in told["tails"].items()}
            made = cls(tails, Tail(**told["pairs"]), float(told["hours"]))
            are_sound = set(tails) == set(LENGTHS_S) and _are_sound(
                [*tails.values(), made.pairs]
            )
            is_sound = told["version"] == VERSION and are_sound and made.hours > 0
        except (AttributeError, KeyError, TypeError, ValueError) as cause:
            raise CalibrationInvalid from cause
        if not is_sound:
            raise CalibrationInvalid
        return made


def paired(rate: float, other: float) -> float:
    """Give what two windows that agree score together."""
    return -math.log(max(rate, 1e-9)) - math.log(max(other, 1e-9))


def _are_sound(tails: Iterable[Tail]) -> bool:
    numbers = [(one.knee, one.fall, one.per_hour) for one in tails]
    return all(
        all(math.isfinite(number) for number in three) and min(three[1:]) > 0
        for three in numbers
    )
