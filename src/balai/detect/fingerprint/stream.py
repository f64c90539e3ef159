"""Recognising recordings in a voice that is heard half a second at a time."""

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from balai.detect.fingerprint.calibration import WEAK_PER_1000H, Calibration
from balai.detect.fingerprint.index import (
    FALSE_ALARMS_PER_1000H,
    LONG_FRAMES,
    SUSPICIONS_PER_ALARM,
    WINDOW_FRAMES,
    Rated,
    Sight,
    pairs_with,
)
from balai.detect.fingerprint.search import Finding, InForce, Search
from balai.detect.fingerprint.spectrum import (
    FRAMES_PER_S,
    HOP,
    RATE_HZ,
    WINDOW,
    Samples,
    Spectrogram,
    spectrogram,
)


class Looking(Protocol):
    """What searches for one voice; the real one is `search.Search`."""

    def hear(self, energy: Spectrogram, index: InForce) -> None:
        """Hear the next frames."""
        ...

    def look(self, frames: int, index: InForce) -> Finding | None:
        """Tell what the last frames most likely are."""
        ...


Stage = Literal["suspected", "confirmed", "continued"]

FRAMES_MIN: Final = round(2 * FRAMES_PER_S)  # less says nothing
EVERY_FRAMES: Final = round(0.5 * FRAMES_PER_S)
# A short look tells sooner, a long one surer; one every half second, in turn.
SHORT_FRAMES: Final = round(3 * FRAMES_PER_S)
# What five seconds do not show need not wait for ten.
LONGER_FRAMES: Final = round(7 * FRAMES_PER_S)
LOOKS: Final = (
    SHORT_FRAMES, WINDOW_FRAMES, SHORT_FRAMES, LONGER_FRAMES, SHORT_FRAMES, LONG_FRAMES,
)  # fmt: skip
WAYS: Final = len(set(LOOKS)) + 1  # to be recognised: at each length, and in pairs
_TOLD_S: Final = 5.0  # so often a confirmed recording that plays on is told again
# What chance gives ten times an hour is told to nobody, but looked at more closely for a while.
NOTICED_PER_1000H: Final = 10_000.0
_NOTICE_FRAMES: Final = round(2 * FRAMES_PER_S)
_WEAK_KEPT_S: Final = 30.0
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
    """Listens to one voice. Give it everything in order, silence included."""

    def __init__(
        self,
        in_force: Callable[[], InForce],
        calibration: Calibration,
        *,
        per_1000_hours: float = FALSE_ALARMS_PER_1000H,
        search: Looking | None = None,
    ) -> None:
        self._in_force = in_force
        self._search = search or Search()
        self._calibration = calibration
        self._per_1000_hours = per_1000_hours / WAYS
        self._rest = np.zeros(0, np.float32)
        self._frames = 0
        self._searched = 0
        self._looks = itertools.cycle(LOOKS)
        self._noticed_at = -_NOTICE_FRAMES - 1
        self._tracks: dict[str, _Track] = {}
        self._weak: deque[Rated] = deque()

    def feed(self, samples: Samples) -> list[Sighting]:
        """Hear the next samples; give what was recognised.

        Each playing is told as suspected (unless it is clear at once), then confirmed, both
        once; then as continued every five seconds for as long as it is seen. It is looked at
        once a call, so give half a second or less.

        Shapes:
            samples: (n,) at 8 kHz, full scale 1.0
        """
        rest = np.concatenate((self._rest, samples))
        fresh = spectrogram(rest)
        self._rest = rest[len(fresh) * HOP :] if len(fresh) else rest
        index = self._in_force()
        self._search.hear(fresh, index)
        self._frames += len(fresh)
        if self._frames - self._searched < EVERY_FRAMES or self._frames < FRAMES_MIN:
            return []
        self._searched = self._frames
        return [told for frames in self._lengths() for told in self._look(frames, index)]

    def _lengths(self) -> Sequence[int]:
        """Choose how to look: in turn, and at every length while something may be there."""
        usual = next(self._looks)
        is_near = self._frames - self._noticed_at <= _NOTICE_FRAMES
        return sorted(set(LOOKS)) if is_near else (usual,)

    def _look(self, frames: int, index: InForce) -> list[Sighting]:
        finding = self._search.look(frames, index)
        return self._judge(finding) if finding is not None else []

    def _judge(self, finding: Finding) -> list[Sighting]:
        rate = self._calibration.rate_of(finding.score, finding.window_s)
        sight = Sight(self._frames / FRAMES_PER_S - finding.window_s, finding)
        if rate <= NOTICED_PER_1000H:
            self._noticed_at = self._frames
        joint, first = self._joint(sight, rate)
        is_clear = joint <= self._per_1000_hours
        if not is_clear and joint > self._per_1000_hours * SUSPICIONS_PER_ALARM:
            return []
        track = self._track_of(sight)
        if track is None:
            self._tracks[finding.recording] = track = _Track(first, sight, joint)
            if not is_clear:
                return [self._sighting("suspected", track)]
        track.last, track.rate = sight, min(track.rate, joint)
        if track.is_confirmed:
            is_due = sight.end_s - track.told_at_s >= _TOLD_S
            return [self._sighting("continued", track)] if is_due else []
        if is_clear:
            track.is_confirmed = True
            return [self._sighting("confirmed", track)]
        return []

    def _joint(self, sight: Sight, rate: float) -> tuple[float, Sight]:
        """Give the false alarms of a sight with what came before it, and the first of both."""
        while self._weak and sight.end_s - self._weak[0][0].end_s > _WEAK_KEPT_S:
            self._weak.popleft()
        joint, first = rate, sight
        for earlier in self._weak:
            if pairs_with(earlier, (sight, rate)):
                both = self._calibration.rate_of_pair(earlier[1], rate)
                if both < joint:
                    joint, first = both, earlier[0]
        if rate <= WEAK_PER_1000H:
            self._weak.append((sight, rate))
        return joint, first

    def _track_of(self, sight: Sight) -> _Track | None:
        """Find the playing that a sight goes on with, maybe under another of its names."""
        self._tracks = {
            name: track
            for name, track in self._tracks.items()
            if sight.end_s - track.last.end_s <= _LOST_S
        }
        names = (sight.finding.recording, *sight.finding.alike)
        return next((self._tracks[name] for name in names if name in self._tracks), None)

    def _sighting(self, stage: Stage, track: _Track) -> Sighting:
        finding = track.last.finding
        track.told_at_s = track.last.end_s
        # By the latest look: the first may have seen another verse of the same song.
        since_first_s = track.last.at_s - track.first.at_s
        return Sighting(
            stage=stage,
            recording=finding.recording,
            from_sample=round(track.first.at_s * RATE_HZ),
            to_sample=(self._frames - 1) * HOP + WINDOW,
            offset_s=finding.offset_s - since_first_s * finding.speed,
            score=finding.score,
            false_alarms_per_1000h=track.rate,
            speed=finding.speed,
            pitch_semitones=finding.pitch_semitones,
            alike=finding.alike,
        )
