"""`make bench NAME=ear`: how well the ear recognises what it knows, and how fast.

Excerpts of known recordings are distorted in 33 ways and matched at 3, 5 and 10 seconds by the
same call that `balai ear match` makes. Found is: a verdict other than none, the right
recording, and a place that is right within a second; "heard" counts another place as well,
where the recording is the very same sound, and the field `recall_5s_all26_recording` any
place. Beside it `fpcalc` and any `--peer` hear the same excerpts (see benchmarks/ear_peers.py),
each at a threshold that lets no unknown sound pass. `ARGS="--quick"` takes 20 excerpts instead
of 100.
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from balai.detect.fingerprint import Calibration, Index, SegmentStore, fingerprint
from balai.detect.fingerprint.spectrum import Spectrogram, resampled, spectrogram
from benchmarks.ear_peers import Chromaprint, Command, Peer
from rig.corpus import RATE_HZ, Piece, Sound, corpus
from rig.distort import FURTHER, STANDARD, World, distorted

LENGTHS_S: Final = (3, 5, 10)
SHARES: Final = {"music": 0.58, "speech": 0.27, "chant": 0.15}
TAKEN_S: Final = 13
PLACE_S: Final = 1.0
SAME: Final = 0.9
UNKNOWN_STEP_S: Final = 20
_QUIET: Final = 0.01


@dataclass(frozen=True)
class Excerpt:
    """Thirteen seconds of a known recording."""

    number: int
    piece: Piece
    start_s: float


@dataclass(frozen=True)
class Heard:
    """What the ear made of one distorted excerpt at one length."""

    condition: str
    kind: str
    seconds: int
    is_found: bool
    is_best: bool
    is_heard: bool  # at its place or at another that sounds the same
    is_named: bool  # the right recording, wherever in it
    cpu_s: float


def excerpts(pieces: list[Piece], count: int, seed: int) -> list[Excerpt]:
    """Choose excerpts that are not silent, by kind."""
    chance = random.Random(seed)
    chosen: list[Excerpt] = []
    for kind, share in SHARES.items():
        known = [
            p for p in pieces if p.role == "reference" and p.kind == kind and p.seconds > 16
        ]
        wanted = len(chosen) + round(count * share)
        while len(chosen) < wanted:
            piece = chance.choice(known)
            start_s = chance.uniform(1, piece.seconds - TAKEN_S - 1)
            excerpt = Excerpt(len(chosen), piece, start_s)
            tenths = cut(excerpt)[: 10 * RATE_HZ].reshape(10, -1)
            energy = (tenths**2).mean(axis=1)
            if energy.mean() >= _QUIET**2 and energy.min() > 1e-6:
                chosen.append(excerpt)
    return chosen


def cut(excerpt: Excerpt) -> Sound:
    """Read an excerpt."""
    start = round(excerpt.start_s * RATE_HZ)
    return excerpt.piece.sound()[start : start + TAKEN_S * RATE_HZ]


def repeats(excerpt: Excerpt, place_s: float) -> bool:
    """Tell whether a recording is the same sound at another place: nobody can tell them apart.

    The same means that the spectrograms of five seconds, each band without its mean, correlate
    by 0.9 at least (other verses of one tune: up to 0.8), at the best of shifts up to 0.1 s.
    """
    own = _picture(excerpt.piece, excerpt.start_s)
    return any(
        _correlation(own, _picture(excerpt.piece, place_s + shift_s)) >= SAME
        for shift_s in np.arange(-0.096, 0.1, 0.016)
    )


def _picture(piece: Piece, start_s: float) -> Spectrogram:
    start = max(0, round(start_s * RATE_HZ))
    energy = spectrogram(resampled(piece.sound()[start : start + 5 * RATE_HZ], RATE_HZ))
    return np.asarray(energy - energy.mean(axis=0), np.float32)


def _correlation(one: Spectrogram, other: Spectrogram) -> float:
    if one.shape != other.shape:
        return 0.0
    return float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-9))


def index(pieces: Iterable[Piece], folder: Path) -> dict[str, float]:
    """Index the reference; give size and speed."""
    known = [piece for piece in pieces if piece.role == "reference"]
    hours = sum(piece.seconds for piece in known) / 3600
    began = time.process_time()
    with SegmentStore.replacing(folder) as store:
        store.add((piece.name, fingerprint(piece.sound(), RATE_HZ)) for piece in known)
    cpu_s = time.process_time() - began
    size = sum(path.stat().st_size for path in folder.glob("*.ear"))
    return {
        "reference_hours": round(hours, 2),
        "mb_per_hour": round(size / 1e6 / hours, 3),
        "index_x_realtime": round(hours * 3600 / cpu_s),
    }


class Ear:
    """One process's ear and the sounds that distort."""

    def __init__(self, pieces: list[Piece], folder: Path, seed: int) -> None:
        self._index = Index.open(folder)
        self._calibration = Calibration.default()
        self._talk = [piece.sound() for piece in pieces if piece.role == "talk"]
        self._music = [p.sound() for p in pieces if p.role == "unknown" and p.kind == "music"][
            :12
        ]
        self._seed = seed

    def try_all(self, excerpt: Excerpt) -> list[Heard]:
        """Match one excerpt in every condition and length."""
        sound = cut(excerpt)
        return [
            heard
            for condition in (*STANDARD, *FURTHER)
            for heard in self._try(excerpt, sound, condition)
        ]

    def _try(self, excerpt: Excerpt, sound: Sound, condition: str) -> Iterator[Heard]:
        chance = np.random.default_rng([self._seed, excerpt.number, *condition.encode()])
        world = World(self._talk, self._music, chance)
        bent, _ = distorted(sound, condition, world)
        samples = resampled(bent, RATE_HZ)
        for seconds in LENGTHS_S:
            began = time.process_time()
            match = self._index.match(
                samples[: seconds * 8_000], 8_000, calibration=self._calibration
            )
            cpu_s = time.process_time() - began
            offset_s = match.offset_s if match.recording == excerpt.piece.name else None
            is_best = offset_s is not None and self._is_there(offset_s, excerpt, condition)
            is_told = match.verdict != "none"
            is_same = is_best or (offset_s is not None and repeats(excerpt, offset_s))
            is_found, is_heard = is_best and is_told, is_same and is_told
            is_named = offset_s is not None and is_told
            yield Heard(
                condition=condition,
                kind=excerpt.piece.kind,
                seconds=seconds,
                is_found=is_found,
                is_best=is_best,
                is_heard=is_heard,
                is_named=is_named,
                cpu_s=cpu_s,
            )

    def false_alarms(self, piece: Piece) -> tuple[int, float]:
        """Match an unknown sound; give how often it was confirmed, and the hours heard."""
        samples = resampled(piece.sound(), RATE_HZ)
        count = 0
        for start in range(0, len(samples) - 10 * 8_000, UNKNOWN_STEP_S * 8_000):
            match = self._index.match(
                samples[start : start + 80_000], 8_000, calibration=self._calibration
            )
            count += match.verdict == "confirmed"
        return count, piece.seconds / 3600 * 10 / UNKNOWN_STEP_S

    @staticmethod
    def _is_there(offset_s: float, excerpt: Excerpt, condition: str) -> bool:
        apart_s = abs(offset_s - excerpt.start_s)
        if condition == "loop":  # the line may be that of the second round
            apart_s = min(apart_s, abs(offset_s + 6 - excerpt.start_s))
        return apart_s <= PLACE_S


_ear: list[Ear] = []


def _begin(pieces: list[Piece], folder: Path, seed: int) -> None:
    _ear.append(Ear(pieces, folder, seed))


def _try_all(excerpt: Excerpt) -> list[Heard]:
    return _ear[0].try_all(excerpt)


def _false_alarms(piece: Piece) -> tuple[int, float]:
    return _ear[0].false_alarms(piece)


def wilson(hits: int, tries: int) -> tuple[float, float]:
    """Give the 95 % interval of a share, in percent (Wilson 1927)."""
    if not tries:
        return 0.0, 100.0
    z, share = 1.96, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z * np.sqrt(share * (1 - share) / tries + z * z / (4 * tries**2))
    half /= 1 + z * z / tries
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)


def recall(heard: Iterable[Heard]) -> float:
    """Give the share that was found, in percent."""
    found = [one.is_found for one in heard]
    return percent(found) if found else 0.0


def percent(heard: Iterable[bool]) -> float:
    """Give a share in percent."""
    return round(100 * float(np.mean(list(heard))), 2)


def table(heard: list[Heard]) -> None:
    """Print a line a condition and a line a kind."""
    print("\ncondition      3 s     5 s    95 % interval    10 s    best and heard at 5 s")
    for condition in (*STANDARD, *FURTHER):
        _line(condition, [one for one in heard if one.condition == condition])
    standard = [one for one in heard if one.condition in STANDARD]
    for kind in SHARES:
        _line(kind, [one for one in standard if one.kind == kind])
    _line("all 26", standard)


def beside(
    peers: list[Peer], pieces: list[Piece], chosen: list[Excerpt], seed: int
) -> dict[str, float]:
    """Let peers hear the same at 5 s; print a column each, give their recall in percent."""
    told: dict[str, dict[str, float]] = {}
    talk = [piece.sound() for piece in pieces if piece.role == "talk"]
    unknown = [piece for piece in pieces if piece.role == "unknown"]
    strange = [
        piece.sound()[30 * RATE_HZ : 35 * RATE_HZ] for piece in unknown if piece.seconds > 36
    ]
    for peer in peers:
        peer.index(piece for piece in pieces if piece.role == "reference")
        limit = max((g.score for g in peer.match(strange) if g is not None), default=0.0)
        told[peer.name] = {
            condition: _peer_recall(peer, chosen, condition, (talk, seed, limit))
            for condition in STANDARD
        }
    print("\nat 5 s     " + "".join(f"{name:>10}" for name in told))
    for condition in STANDARD:
        print(f"{condition:10} " + "".join(f"{one[condition]:10.1f}" for one in told.values()))
    return {name: round(float(np.mean(list(one.values()))), 2) for name, one in told.items()}


def _peer_recall(
    peer: Peer, chosen: list[Excerpt], condition: str, world: tuple[list[Sound], int, float]
) -> float:
    talk, seed, limit = world
    sounds = []
    for excerpt in chosen:
        chance = np.random.default_rng([seed, excerpt.number, *condition.encode()])
        bent, _ = distorted(cut(excerpt), condition, World(talk, [], chance))
        sounds.append(bent[: 5 * RATE_HZ])
    found = [
        guess is not None
        and guess.score > limit
        and guess.recording == excerpt.piece.name
        and abs(guess.offset_s - excerpt.start_s) <= PLACE_S
        for guess, excerpt in zip(peer.match(sounds), chosen, strict=True)
    ]
    return 100 * float(np.mean(found))


def _line(name: str, heard: list[Heard]) -> None:
    by_length = defaultdict(list)
    for one in heard:
        by_length[one.seconds].append(one)
    five = by_length[5]
    low, high = wilson(sum(one.is_found for one in five), len(five))
    best = 100 * float(np.mean([one.is_best for one in five])) if five else 0.0
    same = 100 * float(np.mean([one.is_heard for one in five])) if five else 0.0
    print(
        f"{name:10}  {recall(by_length[3]):6.1f}  {recall(five):6.1f}  "
        f"{low:6.1f} – {high:5.1f}   {recall(by_length[10]):6.1f}  {best:6.1f}  {same:6.1f}"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--excerpts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", action="append", default=[], help="command of another system")
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    figures = index(pieces, asked.folder / "index")
    print(figures)
    chosen = excerpts(pieces, 20 if asked.quick else asked.excerpts, asked.seed)
    unknown = [piece for piece in pieces if piece.role == "unknown"]
    begin = (pieces, asked.folder / "index", asked.seed)
    with ProcessPoolExecutor(2, initializer=_begin, initargs=begin) as pool:
        heard = [one for found in pool.map(_try_all, chosen) for one in found]
        alarms = list(pool.map(_false_alarms, unknown[:: 4 if asked.quick else 1]))
    table(heard)
    peers: list[Peer] = [Chromaprint(), *map(Command, asked.peer)]
    told = beside(peers, pieces, chosen, asked.seed)
    five, ten = ([one for one in heard if one.seconds == s] for s in (5, 10))
    figures |= {
        "excerpts": len(chosen),
        "seed": asked.seed,
        "recall_5s_all26": recall(one for one in five if one.condition in STANDARD),
        "recall_5s_all26_same_sound": percent(
            one.is_heard for one in five if one.condition in STANDARD
        ),
        "recall_5s_all26_recording": percent(
            one.is_named for one in five if one.condition in STANDARD
        ),
        "recall_5s_room": recall(one for one in five if one.condition == "room"),
        "recall_10s_room": recall(one for one in ten if one.condition == "room"),
        "query_ms_5s": round(1000 * float(np.median([one.cpu_s for one in five])), 1),
        "false_confirmations": sum(count for count, _ in alarms),
        "unknown_hours": round(sum(hours for _, hours in alarms), 2),
        **{f"recall_5s_all26_{name}": value for name, value in told.items()},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
