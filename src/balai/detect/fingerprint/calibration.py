"""What a score is worth: how often chance alone reaches it.

The scores of sound that is in no catalogue fall off exponentially at their high end. That line,
fitted to measured sound, tells the rate of false alarms at any score; the operator chooses the
rate, never the score.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Self

import numpy as np

from balai.detect.fingerprint.errors import CalibrationInvalid

VERSION: Final = 1
TAIL: Final = 0.1  # this share of the scores, the highest, is fitted
_TAIL_SCORES_MIN: Final = 20
_RATE_MAX: Final = 1e9
_SHIPPED: Final = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The tail of the scores of unknown sound.

    `knee` is the score where the tail begins, `fall` how much more score makes a false alarm
    rarer by a factor of e, `per_hour` how many scores above the knee an hour brings.
    """

    knee: float
    fall: float
    per_hour: float
    hours: float
    version: int = VERSION

    @classmethod
    def default(cls) -> Self:
        """Give the calibration that comes with Balai."""
        shipped = files("balai.detect.fingerprint").joinpath(_SHIPPED)
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
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")
        unfinished.rename(path)

    @classmethod
    def fit(cls, scores: Sequence[float], hours: float) -> Self:
        """Fit the tail of the scores that so many hours of unknown sound gave.

        Raises:
            CalibrationInvalid: they are too few, or all the same.
        """
        ordered = np.sort(np.asarray(scores, np.float64))
        knee = float(np.quantile(ordered, 1 - TAIL)) if len(ordered) else 0.0
        above = ordered[ordered > knee] - knee
        if len(above) < _TAIL_SCORES_MIN or hours <= 0:
            raise CalibrationInvalid
        return cls(knee, float(above.mean()), len(above) / hours, hours)

    def threshold_for(self, per_1000_hours: float) -> float:
        """Give the score that chance reaches so often in 1,000 hours."""
        return self.knee + self.fall * math.log(self.per_hour * 1000 / per_1000_hours)

    def rate_of(self, score: float) -> float:
        """Tell how often chance reaches a score, in 1,000 hours."""
        above = (self.knee - score) / self.fall
        return min(_RATE_MAX, self.per_hour * 1000 * math.exp(min(above, 50.0)))

    @classmethod
    def _read(cls, text: str) -> Self:
        try:
            made = cls(**json.loads(text))
            numbers = (made.knee, made.fall, made.per_hour, made.hours)
            is_sound = all(math.isfinite(one) for one in numbers) and min(numbers[1:]) > 0
        except (TypeError, ValueError) as cause:
            raise CalibrationInvalid from cause
        if not is_sound or made.version != VERSION:
            raise CalibrationInvalid
        return made
