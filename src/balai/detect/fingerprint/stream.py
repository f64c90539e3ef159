"""Recognising recordings in a voice that is heard half a second at a time."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from balai.detect.fingerprint.calibration import Calibration
from balai.detect.fingerprint.index import (
    FALSE_ALARMS_PER_1000H,
    SUSPICIONS_PER_ALARM,
    WEAK_PER_1000H,
    WINDOW_FRAMES,
    Sight,
    joint_rate,
)
from balai.detect.fingerprint.search import Finding
from balai.detect.fingerprint.spectrum import (
    BANDS,
    FRAMES_PER_S,
    HOP,
    RATE_HZ,
    WINDOW,
    Samples,
    Spectrogram,
    spectrogram,
)

Find = Callable[[Spectrogram], Finding | None]
Stage = Literal["suspected", "confirmed", "continued"]

FRAMES_MIN: Final = round(2 * FRAMES_PER_S)  # less says nothing
EVERY_FRAMES: Final = round(0.5 * FRAMES_PER_S)
SHORT_FRAMES: Final = round(3 * FRAMES_PER_S)  # a short look tells sooner, a long one surer
_WEAK_KEPT_S: Final = 12.0
_QUIET: Final = -10.0  # log energy; a window without anything above it is not searched
_TOLD_S: Final = 5.0  # so often a confirmed recording that plays on is told again
_LOST_S: Final = 6.0  # a recording not seen for so long is seen anew


@dataclass(frozen=True, slots=True)
class Sighting:
    """A recording was recognised in a voice.

    Positions are samples at 8 kHz since the voice began: what was seen so far lies between
    them. `offset_s` is the place in the recording at `from_sample`; `alike` are recordings that
    are the same sound under another name.
    """

    stage: Stage
    recording: str
    from_sample: int
    to_sample: int
    offset_s: float
    score: float
    false_alarms_per_1000h: float
    speed: float
    pitch_semitones: float
    alike: tuple[str, ...] = ()


@dataclass(slots=True)
class _Track:
    """One playing of one recording, as far as it was seen."""

    first: Sight
    last: Sight
    rate: float
    is_confirmed: bool = False
    told_at_s: float = 0.0


class StreamMatcher:
    """Listens to one voice. Give it everything in order, silence included.

    On failure: none of its own; what `find` raises passes through and the voice goes on.
    """

    def __init__(
        self,
        find: Find,
        calibration: Calibration,
        *,
        per_1000_hours: float = FALSE_ALARMS_PER_1000H,
    ) -> None:
        self._find = find
        self._calibration = calibration
        self._per_1000_hours = per_1000_hours / 2  # there are two looks, short and long
        self._rest = np.zeros(0, np.float32)
        self._energy = np.zeros((0, BANDS), np.float32)
        self._frames = 0
        self._searched = 0
        self._is_short = False
        self._track: _Track | None = None
        self._weak: deque[tuple[Sight, float]] = deque()

    def feed(self, samples: Samples) -> list[Sighting]:
        """Hear the next samples; give what was recognised.

        Each playing is told as suspected (unless it is clear at once), then confirmed, both
        once; then as continued every five seconds for as long as it is seen.

        Shapes:
            samples: (n,) at 8 kHz, full scale 1.0
        """
        rest = np.concatenate((self._rest, samples))
        fresh = spectrogram(rest)
        self._rest = rest[len(fresh) * HOP :] if len(fresh) else rest
        self._energy = np.concatenate((self._energy, fresh))[-WINDOW_FRAMES:]
        self._frames += len(fresh)
        if self._frames - self._searched < EVERY_FRAMES or len(self._energy) < FRAMES_MIN:
            return []
        self._searched = self._frames
        if float(self._energy.max()) < _QUIET:
            return []
        self._is_short = not self._is_short
        finding = self._find(self._energy[-SHORT_FRAMES:] if self._is_short else self._energy)
        return self._judge(finding) if finding is not None else []

    def _judge(self, finding: Finding) -> list[Sighting]:
        rate = self._calibration.rate_of(finding.score, finding.window_s)
        sight = Sight(self._frames / FRAMES_PER_S - finding.window_s, finding)
        joint, first = self._joint(sight, rate)
        is_clear = joint <= self._per_1000_hours
        if not is_clear and rate > self._per_1000_hours * SUSPICIONS_PER_ALARM:
            return []
        track = self._track
        if track is None or not self._continues(track, sight):
            self._track = track = _Track(first, sight, joint)
            if not is_clear:
                return [self._sighting("suspected", track)]
        track.last, track.rate = sight, min(track.rate, joint)
        if track.is_confirmed:
            is_due = sight.at_s - track.told_at_s >= _TOLD_S
            return [self._sighting("continued", track)] if is_due else []
        if is_clear or track.first.end_s <= sight.at_s:
            track.is_confirmed = True
            return [self._sighting("confirmed", track)]
        return []

    def _joint(self, sight: Sight, rate: float) -> tuple[float, Sight]:
        """Give the false alarms of a sight with what came before it, and the first of both."""
        while self._weak and sight.at_s - self._weak[0][0].at_s > _WEAK_KEPT_S:
            self._weak.popleft()
        joint, first = rate, sight
        for earlier in self._weak:
            both = joint_rate(earlier, (sight, rate))
            if both < joint:
                joint, first = both, earlier[0]
        if rate <= WEAK_PER_1000H:
            self._weak.append((sight, rate))
        return joint, first

    def _continues(self, track: _Track, sight: Sight) -> bool:
        return sight.at_s - track.last.at_s <= _LOST_S and sight.agrees_with(track.last)

    def _sighting(self, stage: Stage, track: _Track) -> Sighting:
        finding = track.last.finding
        track.told_at_s = track.last.at_s
        return Sighting(
            stage=stage,
            recording=finding.recording,
            from_sample=round(track.first.at_s * RATE_HZ),
            to_sample=(self._frames - 1) * HOP + WINDOW,
            offset_s=track.first.finding.offset_s,
            score=finding.score,
            false_alarms_per_1000h=track.rate,
            speed=finding.speed,
            pitch_semitones=finding.pitch_semitones,
            alike=finding.alike,
        )
