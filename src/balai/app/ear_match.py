"""`balai ear match`: one JSON line for each file that is listened to."""

import json as jsons
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from balai.app.ear_segments import follow, naming, segments_folder
from balai.app.ear_sound import check_is_file, find_sound
from balai.app.ear_terminal import complain
from balai.catalogue import queries
from balai.catalogue.folder import Catalogue
from balai.catalogue.model import Recording
from balai.detect.fingerprint.calibration import FILE, Calibration
from balai.detect.fingerprint.decode import RATE, read_sound
from balai.detect.fingerprint.index import FALSE_ALARMS_PER_1000H, Index, Match
from balai.detect.fingerprint.spectrum import Samples
from balai.detect.fingerprint.stream import Sighting, StreamMatcher
from balai.errors import Invalid

CHUNK: Final = RATE // 2  # half a second, as a room hands it over
_NOTHING: Final = dict.fromkeys(
    ("verdict", "recording", "offset_s", "at_s", "score", "speed", "pitch_semitones")
)


@dataclass(frozen=True, slots=True)
class How:
    """How files are listened to; the rate is in false alarms in 1,000 hours."""

    seconds: float | None = None
    stream: bool = False
    best: bool = False
    rate: float | None = None


def run_match(
    *,
    catalogue: Path,
    audio: Sequence[Path],
    json: bool,  # noqa: ARG001 - said for clearness; there is no other form
    **how: Any,
) -> bool:
    """Listen to files; tell whether all of them could be read."""
    found = find_sound(audio)
    for sentence in found.missing:
        complain(sentence)
    bad = len(found.missing)
    with Catalogue(catalogue) as records:
        follow(records)
        listener = Listener(records, How(**how))
        for sound in found.files:
            try:
                told = listener.hear(sound.path)
            except Invalid as error:
                complain(str(error))
                told = {**_NOTHING, "error": str(error)}
                bad += 1
            print(_line(sound.path, told), flush=True)
    return bad == 0


class Listener:
    """Listens to files with the ears of one catalogue."""

    def __init__(self, records: Catalogue, how: How) -> None:
        self._records = records
        self._how = how
        self._rate = how.rate or FALSE_ALARMS_PER_1000H
        with naming(records):
            self._index = Index.open(segments_folder(records))
        self._calibration = calibration_of(records)

    def hear(self, path: Path) -> dict[str, Any]:
        """Tell what is known of one file's sound.

        Raises:
            Invalid: the file cannot be used; the sentence names it and the reason.
        """
        check_is_file(path)
        sound = read_sound(path)
        for remark in sound.remarks:
            complain(remark)
        samples = sound.samples
        if self._how.seconds is not None:
            samples = samples[: round(self._how.seconds * RATE)]
        return self._told(self._streamed(samples) if self._how.stream else self._whole(samples))

    def _whole(self, samples: Samples) -> Match:
        return self._index.match(
            samples, RATE, calibration=self._calibration, per_1000_hours=self._rate
        )

    def _streamed(self, samples: Samples) -> Match:
        """Hear it as a room does, and give the strongest of what was seen."""
        matcher = StreamMatcher(
            self._index.in_force, self._calibration, per_1000_hours=self._rate
        )
        seen: list[Sighting] = []
        for at in range(0, len(samples), CHUNK):
            seen += matcher.feed(samples[at : at + CHUNK])
        best = max(seen, key=lambda one: (one.stage != "suspected", one.score), default=None)
        return Match("none") if best is None else _match_of(best)

    def _told(self, match: Match) -> dict[str, Any]:
        if match.recording is None or (match.verdict == "none" and not self._how.best):
            return {**_NOTHING, "verdict": "none"}
        with self._records.reading() as session:
            recording = queries.find(session, match.recording)
        return _fields(match) | {"recording": recording.shown} | _about(recording)


def calibration_of(records: Catalogue) -> Calibration:
    """Give the catalogue's own calibration, or the one that comes with Balai."""
    own = records.folder / FILE
    return Calibration.load(own) if own.is_file() else Calibration.default()


def _match_of(sighting: Sighting) -> Match:
    at_s = sighting.from_sample / RATE
    return Match(
        verdict="suspected" if sighting.stage == "suspected" else "confirmed",
        recording=sighting.recording,
        offset_s=sighting.offset_s - at_s * sighting.speed,
        at_s=at_s,
        score=sighting.score,
        speed=sighting.speed,
        pitch_semitones=sighting.pitch_semitones,
        false_alarms_per_1000h=sighting.false_alarms_per_1000h,
    )


def _fields(match: Match) -> dict[str, Any]:
    return {
        "verdict": match.verdict,
        "recording": None,
        "offset_s": _rounded(match.offset_s, 3),
        "at_s": _rounded(match.at_s, 3),
        "score": _rounded(match.score, 3),
        "speed": _rounded(match.speed, 4),
        "pitch_semitones": _rounded(match.pitch_semitones, 2),
        "false_alarms_per_1000h": float(f"{match.false_alarms_per_1000h:.3g}"),
    }


def _about(recording: Recording) -> dict[str, Any]:
    return {
        "id": recording.id,
        "title": recording.title,
        "category": recording.category,
        "list": recording.list_name or None,
        "action": str(recording.action),
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)


def _line(path: Path, told: dict[str, Any]) -> str:
    return jsons.dumps({"file": str(path), **told})
