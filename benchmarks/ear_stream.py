"""`make bench NAME=ear-stream`: recognising what is played into rooms of ten minutes.

Unknown speech and music with none, one or two insertions of known recordings of 12 to 20
seconds, some through a room's distortion, heard half a second at a time as a live room is.
Prints how often an insertion was confirmed, after how long, and what was confirmed that was not
there. `ARGS="--rooms 6"` takes fewer rooms.
"""

import argparse
import json
import random
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from balai.detect.fingerprint import Calibration, Index, Sighting, StreamMatcher
from balai.detect.fingerprint.spectrum import resampled
from benchmarks.ear import index
from rig.corpus import RATE_HZ, Piece, Sound, corpus
from rig.distort import SAMPLES, World, distorted, loudness

ROOM_S: Final = 600
CHUNK: Final = 4_000
HEARD_HZ: Final = 8_000
CONDITIONS: Final = ("clean", "opus16", "talk0", "room", "room", "roomhard")
_LATE_S: Final = 10.0  # told so long after the end still counts as told of it


@dataclass(frozen=True)
class Insertion:
    """A known recording that is played from one moment of a room to another."""

    recording: str
    condition: str
    from_s: float
    to_s: float
    place_s: float  # in the recording, where it begins to play

    def error_s(self, sighting: Sighting) -> float:
        """Tell how far off the place is that a sighting names."""
        seen_s = sighting.from_sample / HEARD_HZ
        place_s = sighting.offset_s - (seen_s - self.from_s) * sighting.speed
        return abs(place_s - self.place_s)


@dataclass
class Told:
    """What the ear told of one room, with the second at which it did."""

    insertions: list[Insertion]
    sightings: list[tuple[float, Sighting]] = field(default_factory=list)
    cpu_s: float = 0.0

    def after_s(self, insertion: Insertion, stage: str) -> float | None:
        """Tell how long after its begin an insertion was told of."""
        found = self.first(insertion, stage)
        return found[0] - insertion.from_s if found else None

    def first(self, insertion: Insertion, stage: str) -> tuple[float, Sighting] | None:
        """Give the first sighting of an insertion at a stage, with its second."""
        for at_s, one in self.sightings:
            is_its = one.recording == insertion.recording
            if is_its and one.stage == stage and self._is_during(insertion, at_s):
                return at_s, one
        return None

    def false_alarms(self) -> int:
        """Count confirmed sightings of what was not there."""
        return sum(
            one.stage == "confirmed"
            and not any(
                one.recording == i.recording and self._is_during(i, at_s)
                for i in self.insertions
            )
            for at_s, one in self.sightings
        )

    @staticmethod
    def _is_during(insertion: Insertion, at_s: float) -> bool:
        return insertion.from_s <= at_s <= insertion.to_s + _LATE_S


def room(number: int, pieces: list[Piece], seed: int) -> tuple[Sound, list[Insertion]]:
    """Make one room's sound at 16 kHz, and what is inserted where."""
    chance = random.Random(f"room {seed} {number}")
    world = World(
        [piece.sound() for piece in pieces if piece.role == "talk"],
        [p.sound() for p in pieces if p.role == "unknown" and p.kind == "music"][:4],
        np.random.default_rng([seed, number]),
    )
    unknown = [piece for piece in pieces if piece.role == "unknown"]
    parts = [chance.choice(unknown).sound()[: 60 * RATE_HZ] for _ in range(14)]
    sound = np.concatenate(parts)[: ROOM_S * RATE_HZ]
    insertions = []
    for place in range(chance.choice((0, 1, 1, 2, 2))):
        start_s = chance.uniform(20, 270) + 300 * place
        insertions.append(_insert(sound, start_s, chance, pieces, world))
    return sound, insertions


def _insert(
    sound: Sound, start_s: float, chance: random.Random, pieces: list[Piece], world: World
) -> Insertion:
    known = [piece for piece in pieces if piece.role == "reference" and piece.seconds > 40]
    piece, condition = chance.choice(known), chance.choice(CONDITIONS)
    begin = round(chance.uniform(1, piece.seconds - 36) * RATE_HZ)
    whole = piece.sound()
    played = [
        distorted(whole[at : at + 13 * RATE_HZ], condition, world)[0]
        for at in (begin, begin + SAMPLES)
    ]
    excerpt = np.concatenate(played)[: round(chance.uniform(12, 20) * RATE_HZ)]
    start = round(start_s * RATE_HZ)
    gain = loudness(sound) / max(loudness(excerpt), 1e-4)
    sound[start : start + len(excerpt)] = excerpt * np.float32(gain)
    end_s = start_s + len(excerpt) / RATE_HZ
    return Insertion(piece.name, condition, start_s, end_s, begin / RATE_HZ)


def listen(number: int, pieces: list[Piece], folder: Path, seed: int) -> Told:
    """Let the ear hear one room."""
    sound, insertions = room(number, pieces, seed)
    samples = resampled(sound, RATE_HZ)
    matcher = StreamMatcher(Index.open(folder).in_force, Calibration.default())
    told = Told(insertions)
    began = time.process_time()
    for start in range(0, len(samples), CHUNK):
        for sighting in matcher.feed(samples[start : start + CHUNK]):
            told.sightings.append(((start + CHUNK) / HEARD_HZ, sighting))
    told.cpu_s = time.process_time() - began
    return told


def report(told: list[Told]) -> dict[str, float]:
    """Print a line an insertion; give the figures."""
    waits: dict[str, list[float]] = {"suspected": [], "confirmed": []}
    errors: list[float] = []
    for one in told:
        for insertion in one.insertions:
            confirmed_s = one.after_s(insertion, "confirmed")
            first_s = [s for s in (one.after_s(insertion, "suspected"), confirmed_s) if s]
            waits["suspected"] += [min(first_s)] if first_s else []
            waits["confirmed"] += [confirmed_s] if confirmed_s else []
            if found := one.first(insertion, "confirmed"):
                errors.append(insertion.error_s(found[1]))
            shown = f"{confirmed_s:.1f} s" if confirmed_s else "missed"
            print(f"{insertion.condition:9} {insertion.recording[:44]:44} {shown}")
    count = sum(len(one.insertions) for one in told)
    hours = len(told) * ROOM_S / 3600
    return {
        "rooms": len(told),
        "insertions": count,
        "detection_rate": round(len(waits["confirmed"]) / max(count, 1), 3),
        "suspected_median_s": _quantile(waits["suspected"], 0.5),
        "suspected_p95_s": _quantile(waits["suspected"], 0.95),
        "confirmed_median_s": _quantile(waits["confirmed"], 0.5),
        "confirmed_p95_s": _quantile(waits["confirmed"], 0.95),
        "offset_error_median_s": _quantile(errors, 0.5),
        "offset_error_p95_s": _quantile(errors, 0.95),
        "false_alarms": sum(one.false_alarms() for one in told),
        "false_alarms_per_hour": round(sum(one.false_alarms() for one in told) / hours, 3),
        "stream_hours": round(hours, 2),
        "streams_per_core": round(hours * 3600 / max(1e-9, sum(o.cpu_s for o in told)), 1),
    }


def _quantile(values: list[float], share: float) -> float:
    return round(float(np.quantile(values, share)), 2) if values else float("nan")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    index(pieces, asked.folder / "index")
    with ProcessPoolExecutor(2) as pool:
        waiting = [
            pool.submit(listen, number, pieces, asked.folder / "index", asked.seed)
            for number in range(asked.rooms)
        ]
        told = [one.result() for one in waiting]
    print(json.dumps(report(told)))


if __name__ == "__main__":
    main()
