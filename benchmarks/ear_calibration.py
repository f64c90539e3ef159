"""`make bench NAME=ear-calibration`: learns the calibration that comes with Balai.

All unknown sound of the corpus is matched against its reference, as `balai ear calibrate` does
with an operator's own. Prints what one false alarm in 1,000 hours asks for; `ARGS="--write"`
puts it in force, which the change of any step of recognition asks for.
"""

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from importlib.resources import files
from pathlib import Path

from balai.detect.fingerprint import Index
from balai.detect.fingerprint.calibration import FILE, LENGTHS_S
from balai.detect.fingerprint.learning import Looks, fitted, looks_at
from balai.detect.fingerprint.spectrum import resampled, spectrogram
from benchmarks.ear import index
from rig.corpus import RATE_HZ, Piece, corpus

_index: list[Index] = []


def main() -> None:
    """Learn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put it in force")
    parser.add_argument("--folder", type=Path, default=Path(".bench"))
    asked = parser.parse_args()
    pieces = corpus(asked.folder / "corpus")
    index(pieces, asked.folder / "index")
    unknown = [piece for piece in pieces if piece.role == "unknown"]
    begin = (asked.folder / "index",)
    with ProcessPoolExecutor(2, initializer=_begin, initargs=begin) as pool:
        made = fitted(list(pool.map(_looks, unknown)))
    if asked.write:
        made.save(Path(str(files("balai.detect.fingerprint").joinpath(FILE))))
    asks = {f"score_{length:g}s": made.threshold_for(1.0, length) for length in LENGTHS_S}
    print(json.dumps({"hours": made.hours, **asks}))


def _begin(folder: Path) -> None:
    _index.append(Index.open(folder))


def _looks(piece: Piece) -> list[Looks]:
    return looks_at(spectrogram(resampled(piece.sound(), RATE_HZ)), _index[0].in_force())


if __name__ == "__main__":
    main()
