"""`make bench NAME=ear-falsealarm`: how often the ear confirms what is not there.

Unknown sound, heard as a live voice is, at the shipped threshold: the corpus' own, and decoys
of it (turned in time, mirrored in frequency, slower or faster). Resumable: what was heard is
kept in a file; each run goes on until `ARGS="--hours 300"` (in all) or `--minutes 30` (of this
run) are reached. `--keep` adds this machine's hours to those in benchmarks/heard, which count
wherever the benchmark runs. Another calibration begins anew; whoever changes what the search
finds must as well (`--again`). Besides counting, the best score of each half minute gives the
tail's fit.
"""

import argparse
import json
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import resample_poly

from balai.detect.fingerprint import Calibration, Index, Search, StreamMatcher
from balai.detect.fingerprint.search import Finding, InForce
from balai.detect.fingerprint.spectrum import Samples, resampled
from balai.detect.fingerprint.stream import WAYS
from benchmarks.ear import index
from rig.corpus import RATE_HZ, Piece, corpus

HEARD_HZ: Final = 8_000
CHUNK: Final = HEARD_HZ // 2
BLOCK_S: Final = 30
TAIL: Final = 0.05
BLOCKS_MIN: Final = 600  # five hours: below, a twentieth is too few to fit
RESAMPLES: Final = 500
SPEEDS: Final = (100, 97, 103, 94, 106, 91, 109, 95, 105, 92, 108)
JOBS: Final = 2
KEPT: Final = Path(__file__).with_name("heard")


@dataclass(frozen=True)
class Job:
    """One unknown sound in one disguise."""

    piece: Piece
    turned: bool
    mirrored: bool
    speed: int

    @property
    def name(self) -> str:
        """Its name in the file of what was heard."""
        turned, mirrored = "-turned" * self.turned, "-mirrored" * self.mirrored
        return f"{self.piece.name}{turned}{mirrored}-{self.speed}"

    def sound(self) -> Samples:
        """Make it.

        Shapes:
            returns: (n,) at 8 kHz
        """
        samples = resampled(self.piece.sound(), RATE_HZ)
        if self.turned:
            samples = samples[::-1].copy()
        if self.mirrored:
            samples = samples * np.resize(np.array([1, -1], np.float32), len(samples))
        if self.speed != SPEEDS[0]:
            samples = np.asarray(resample_poly(samples, 100, self.speed), np.float32)
        return samples


@dataclass(frozen=True)
class Heard:
    """What the ear told of one sound."""

    name: str
    hours: float
    suspected: int
    confirmed: list[str]
    rates: list[float]  # the lowest false-alarm rate of each half minute


def jobs(pieces: list[Piece]) -> Iterator[Job]:
    """Give every disguise of every unknown sound, the undisguised first."""
    for speed in SPEEDS:
        for turned, mirrored in ((False, False), (True, False), (False, True), (True, True)):
            for piece in pieces:
                yield Job(piece, turned, mirrored, speed)


_index: list[Index] = []


def _begin(folder: Path) -> None:
    _index.append(Index.open(folder))


class Noting(Search):
    """A search that notes the lowest false-alarm rate of each half minute."""

    def __init__(self, calibration: Calibration, lowest: list[float]) -> None:
        super().__init__()
        self._calibration = calibration
        self._lowest = lowest

    def look(self, frames: int, index: InForce) -> Finding | None:
        """Look, and note."""
        finding = super().look(frames, index)
        if finding is not None:
            rate = self._calibration.rate_of(finding.score, finding.window_s)
            self._lowest[-1] = min(self._lowest[-1], rate)
        return finding


def hear(job: Job) -> Heard:
    """Listen to one sound as to a live voice."""
    calibration = Calibration.default()
    lowest: list[float] = []
    search = Noting(calibration, lowest)
    matcher = StreamMatcher(_index[0].in_force, calibration, search=search)
    samples, confirmed, suspected = job.sound(), [], 0
    for at in range(0, len(samples), CHUNK):
        if at % (BLOCK_S * HEARD_HZ) == 0:
            lowest.append(1e9)
        for told in matcher.feed(samples[at : at + CHUNK]):
            suspected += told.stage == "suspected"
            if told.stage == "confirmed":
                confirmed.append(f"{told.recording} at {at / HEARD_HZ:.0f} s, {told.score:.2f}")
    hours = len(samples) / HEARD_HZ / 3600
    return Heard(job.name, hours, suspected, confirmed, [float(f"{r:.3g}") for r in lowest])


def listen(pieces: list[Piece], folder: Path, state: Path, limits: tuple[float, float]) -> None:
    """Hear what was not heard before, until enough was or the time is over."""
    hours, minutes = limits
    before = known(state)
    heard = {one.name for one in before}
    total_h = sum(one.hours for one in before)
    ends_at = time.monotonic() + minutes * 60
    waiting = (job for job in jobs(pieces) if job.name not in heard)
    running: set[Future[Heard]] = set()
    with (
        ProcessPoolExecutor(JOBS, initializer=_begin, initargs=(folder,)) as pool,
        state.open("a", encoding="utf-8") as out,
    ):
        while True:
            while len(running) < JOBS and total_h < hours and time.monotonic() < ends_at:
                job = next(waiting, None)
                if job is None:
                    break
                running.add(pool.submit(hear, job))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                told = future.result()
                total_h += told.hours
                out.write(json.dumps(asdict(told)) + "\n")
                out.flush()
                print(
                    f"{total_h:7.2f} h  {told.name[-60:]}  {told.confirmed or ''}", flush=True
                )


def known(state: Path) -> list[Heard]:
    """Read what was heard so far, here or where it was kept; each sound counts once."""
    heard = [*_lines(KEPT / state.name), *_lines(state)]
    return list({one.name: one for one in heard}.values())


def _lines(file: Path) -> list[Heard]:
    """Read a file; a line that a killed run left unfinished is none."""
    if not file.exists():
        return []
    told = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            told.append(Heard(**json.loads(line)))
        except ValueError:
            continue
    return told


def keep(state: Path) -> None:
    """Write all that was heard where the next machine finds it."""
    KEPT.mkdir(exist_ok=True)
    lines = [json.dumps(asdict(one)) + "\n" for one in known(state)]
    (KEPT / state.name).write_text("".join(lines), encoding="utf-8")


def tail(heard: list[Heard]) -> tuple[float, float, float] | None:
    """Estimate confirmations by one look in 1,000 hours, with its 95 % interval.

    The logarithm of the best (lowest) rate of each half minute falls off exponentially; fitted
    to the best twentieth, the line is followed to the shipped threshold. The interval is a
    bootstrap over sounds, because the half minutes of one sound are alike. Too little sound
    gives none.
    """
    per_sound = [np.array(one.rates) for one in heard]
    if sum(len(rates) for rates in per_sound) < BLOCKS_MIN:
        return None
    threshold = 1 / WAYS  # of 1.0 in 1,000 hours, shared by the ways to be recognised
    chance = np.random.default_rng(1)
    picks = [
        np.concatenate([per_sound[i] for i in chance.integers(len(per_sound), size=len(heard))])
        for _ in range(RESAMPLES)
    ]
    own = _follow(np.concatenate(per_sound), threshold)
    low, high = np.quantile([_follow(pick, threshold) for pick in picks], [0.025, 0.975])
    return own, float(low), float(high)


def _follow(rates: "np.ndarray[tuple[int], np.dtype[np.float64]]", threshold: float) -> float:
    scores = -np.log(np.minimum(rates, 1e9))
    knee = float(np.quantile(scores, 1 - TAIL))
    fall = float((scores[scores > knee] - knee).mean())
    share = TAIL * np.exp(-(-np.log(threshold) - knee) / fall)
    return float(share * 3600 / BLOCK_S * 1000)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=300.0)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--again", action="store_true", help="forget what was heard so far")
    parser.add_argument("--keep", action="store_true", help="add the hours to benchmarks/heard")
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    figures = index(pieces, asked.folder / "index")
    mark = zlib.crc32(repr(Calibration.default()).encode())
    state = asked.folder / f"ear-falsealarm-{mark:08x}.jsonl"
    if asked.again:
        state.unlink(missing_ok=True)
        (KEPT / state.name).unlink(missing_ok=True)
    unknown = [piece for piece in pieces if piece.role == "unknown"]
    listen(unknown, asked.folder / "index", state, (asked.hours, asked.minutes))
    if asked.keep:
        keep(state)
    heard = known(state)
    told = [None if one is None else round(one, 3) for one in tail(heard) or [None] * 3]
    print(
        json.dumps(
            {
                "reference_hours": figures["reference_hours"],
                "stream_hours": round(sum(one.hours for one in heard), 2),
                "suspicions": sum(one.suspected for one in heard),
                "false_alarms": sum(len(one.confirmed) for one in heard),
                "estimated_per_1000h": told[0],
                "estimated_low": told[1],
                "estimated_high": told[2],
            }
        )
    )


if __name__ == "__main__":
    main()
