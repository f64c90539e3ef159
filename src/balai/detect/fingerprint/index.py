"""The index as it is searched: the segments in force, and files matched against them."""

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Self

from balai.detect.fingerprint.calibration import WEAK_PER_1000H, Calibration
from balai.detect.fingerprint.search import Finding, InForce, Search
from balai.detect.fingerprint.segment import Segment
from balai.detect.fingerprint.spectrum import (
    FRAMES_PER_S,
    HOP,
    RATE_HZ,
    Samples,
    Spectrogram,
    resampled,
    spectrogram,
)
from balai.detect.fingerprint.store import CURRENT, Current
from balai.detect.fingerprint.verify import Stand, fine, stand_of

Verdict = Literal["none", "suspected", "confirmed"]

WINDOW_FRAMES: Final = round(5 * FRAMES_PER_S)
LONG_FRAMES: Final = round(10 * FRAMES_PER_S)
STEP_FRAMES: Final = WINDOW_FRAMES // 2
FALSE_ALARMS_PER_1000H: Final = 1.0
SUSPICIONS_PER_ALARM: Final = 100.0
# Two windows without a sample in common that agree may confirm what neither could alone.
TOGETHER_S: Final = 6.0  # from the end of one to the beginning of the other, at most
_WAYS: Final = 3  # to be recognised: at five seconds, at ten, in pairs
_ROUNDING_S: Final = 1e-6
AGREE_S: Final = 0.5
LINE_FRAMES_MAX: Final = round(30 * FRAMES_PER_S)


@dataclass(frozen=True, slots=True)
class Match:
    """What a file was recognised as.

    `offset_s` is the place in the recording that plays at the input's first sample, `at_s`
    where in the input it was found.
    """

    verdict: Verdict
    recording: str | None = None
    offset_s: float | None = None
    at_s: float | None = None
    score: float = 0.0
    speed: float | None = None
    pitch_semitones: float | None = None
    false_alarms_per_1000h: float = 1e9


@dataclass(frozen=True, slots=True)
class Sight:
    """A finding in one window that begins so many seconds into the input."""

    at_s: float
    finding: Finding

    @property
    def end_s(self) -> float:
        """Where the window ends."""
        return self.at_s + self.finding.window_s

    @property
    def line_s(self) -> float:
        """The place in the recording at the input's first sample."""
        return self.finding.offset_s - self.at_s * self.finding.speed

    def agrees_with(self, other: "Sight") -> bool:
        """Tell whether two windows saw one playing of one recording."""
        early, late = sorted((self, other), key=lambda one: one.at_s)
        passed_s = (late.at_s - early.at_s) * early.finding.speed
        expected_s = early.finding.offset_s + passed_s
        return (
            self.finding.recording == other.finding.recording
            and abs(late.finding.offset_s - expected_s) <= AGREE_S
        )


Rated = tuple[Sight, float]  # with its false alarms in 1,000 hours


class Index:
    """The segments of a folder, open for searching; one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int] | None = None
        self._segments: dict[str, Segment] = {}
        self._current = Current()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an index.

        Raises:
            IndexMissing, IndexOutdated, IndexDamaged: there is none that can be searched.
        """
        index = cls(folder)
        index._take(Current.read(folder))
        index._seen = index._mark()
        return index

    def refresh(self) -> bool:
        """Take over what has changed; tell whether anything has. Costs one look at a file."""
        mark = self._mark()
        if mark == self._seen:
            return False
        self._take(Current.read(self._folder))
        self._seen = mark
        return True

    def in_force(self) -> InForce:
        """Give what is searched now."""
        return InForce(self._segments, self._current.withdrawn)

    def match(
        self,
        samples: Samples,
        rate_hz: int,
        *,
        calibration: Calibration,
        per_1000_hours: float = FALSE_ALARMS_PER_1000H,
    ) -> Match:
        """Tell what a whole input is: looks at five and at ten seconds, every two and a half.

        Shapes:
            samples: (n,), full scale 1.0
        """
        energy = spectrogram(resampled(samples, rate_hz))
        return judged(self._settled(self._sights(energy), energy), calibration, per_1000_hours)

    def _sights(self, energy: Spectrogram) -> list[Sight]:
        search, index, sights = Search(), self.in_force(), []
        for end in _ends(len(energy)):
            search.hear(energy[search.heard : end], index)
            if end == len(energy):
                search.finish(index)
            for frames in (WINDOW_FRAMES, LONG_FRAMES):
                is_another = frames == WINDOW_FRAMES or end >= frames - STEP_FRAMES // 2
                if is_another and (finding := search.look(frames, index)) is not None:
                    sights.append(Sight(max(0, end - frames) * HOP / RATE_HZ, finding))
        return sights

    def _settled(self, sights: list[Sight], energy: Spectrogram) -> list[Sight]:
        """Keep one line through a recording that repeats itself.

        Windows of a song may each see another of its verses; the line that fits all of the
        input best is the one that plays.
        """
        best = max(sights, key=lambda one: one.finding.score, default=None)
        if best is None:
            return sights
        same = [one for one in sights if one.finding.recording == best.finding.recording]
        if all(one.agrees_with(best) for one in same):
            return sights
        begin = max(0, round(best.at_s * FRAMES_PER_S) - LINE_FRAMES_MAX // 2)
        stand = stand_of(energy[begin : begin + LINE_FRAMES_MAX])
        right = max(same, key=lambda one: self._fit(stand, one, begin))
        others = [one for one in sights if one.finding.recording != best.finding.recording]
        return [one for one in same if one.agrees_with(right)] + others

    def _fit(self, stand: Stand, sight: Sight, begin: int) -> float:
        """Tell how well a sight's line fits a stretch that begins at a frame of the input."""
        finding = sight.finding
        for segment in self._segments.values():
            if finding.recording in segment.recordings:
                first = int(segment.begins[segment.recordings.index(finding.recording)])
                frame = first + round(sight.line_s * FRAMES_PER_S + begin * finding.speed)
                pitch = round(finding.pitch_semitones * 2)
                return fine(stand, segment.marks, frame, finding.speed, pitch).score
        return 0.0

    def _mark(self) -> tuple[int, int]:
        status = (self._folder / CURRENT).stat()
        return status.st_ino, status.st_mtime_ns

    def _take(self, current: Current) -> None:
        self._segments = {
            name: self._segments.get(name) or Segment.open(self._folder / name)
            for name in current.segments
        }
        self._current = current


def judged(sights: list[Sight], calibration: Calibration, per_1000_hours: float) -> Match:
    """Climb the ladder: nothing, suspected, confirmed; windows that agree count together."""
    per_1000_hours /= _WAYS
    if not sights:
        return Match("none")
    rated: list[Rated] = [
        (one, calibration.rate_of(one.finding.score, one.finding.window_s)) for one in sights
    ]
    best, rate = min(rated, key=lambda one: one[1])
    weak = [one for one in rated if one[1] <= WEAK_PER_1000H]  # few, however long the input
    for one, other in itertools.combinations(weak, 2):
        if not pairs_with(one, other):
            continue
        both = calibration.rate_of_pair(one[1], other[1])
        if both < rate:
            best, rate = min(one, other, key=lambda rated: rated[1])[0], both
    verdict: Verdict = "none"
    if rate <= per_1000_hours * SUSPICIONS_PER_ALARM:
        verdict = "confirmed" if rate <= per_1000_hours else "suspected"
    return Match(
        verdict=verdict,
        recording=best.finding.recording,
        offset_s=best.line_s,
        at_s=best.at_s,
        score=best.finding.score,
        speed=best.finding.speed,
        pitch_semitones=best.finding.pitch_semitones,
        false_alarms_per_1000h=rate,
    )


def pairs_with(earlier: Rated, later: Rated) -> bool:
    """Tell whether two windows count together: near, agreeing, and not of the same samples.

    With a sample in common, chance would count twice.
    """
    (one, its_rate), (other, rate) = earlier, later
    if max(rate, its_rate) > WEAK_PER_1000H or not one.agrees_with(other):
        return False
    gap_s = max(one.at_s, other.at_s) - min(one.end_s, other.end_s)
    return -_ROUNDING_S <= gap_s <= TOGETHER_S


def _ends(frames: int) -> list[int]:
    """Give where windows end: the last one with the input, however long it is."""
    return [*range(WINDOW_FRAMES, frames - STEP_FRAMES // 2, STEP_FRAMES), frames]
