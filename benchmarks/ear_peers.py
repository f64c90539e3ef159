"""Other systems beside the ear, on the same excerpts.

`fpcalc` (Chromaprint, from Debian) is matched here by the number of bits that agree. Any other
is a command of the operator's, given with `--peer`: it is called as `COMMAND index` and then as
`COMMAND match`, reads one path of a WAV file a line, and for `match` prints one line for each:
recording (the reference's path), offset in seconds, score; parted by tabs, empty when nothing.
None of their code is here.
"""

import shlex
import subprocess
import tempfile
import wave
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from rig.corpus import RATE_HZ, Piece, Sound

ITEM_S: Final = 4096 / 3 / 11_025  # one sub-fingerprint of Chromaprint
_BITS: Final = np.array([n.bit_count() for n in range(1 << 16)], np.uint8)


@dataclass(frozen=True)
class Guess:
    """What a peer takes a sound for; the more score, the surer."""

    recording: str
    offset_s: float
    score: float


class Peer(Protocol):
    """Another system for recognising recordings."""

    name: str

    def index(self, pieces: Iterable[Piece]) -> None:
        """Learn the reference."""
        ...

    def match(self, sounds: Sequence[Sound]) -> list[Guess | None]:
        """Recognise excerpts at 16 kHz."""
        ...


class Chromaprint:
    """`fpcalc -raw`, and for each excerpt the place whose bits agree best."""

    name = "fpcalc"

    def __init__(self) -> None:
        self._names: list[str] = []
        self._begins: list[int] = []
        self._items = np.zeros(0, np.uint32)

    def index(self, pieces: Iterable[Piece]) -> None:
        """Fingerprint the reference, one recording after the other."""
        prints: list[NDArray[np.uint32]] = []
        at = 0
        for piece in pieces:
            print_ = _fpcalc(piece.sound())
            self._names.append(piece.name)
            self._begins.append(at)
            prints.append(print_)
            at += len(print_)
        self._items = np.concatenate(prints)

    def match(self, sounds: Sequence[Sound]) -> list[Guess | None]:
        """Slide each excerpt along the whole reference."""
        return [self._match(_fpcalc(sound)) for sound in sounds]

    def _match(self, query: NDArray[np.uint32]) -> Guess | None:
        places = len(self._items) - len(query) + 1
        if not len(query) or places < 1:
            return None
        wrong = np.zeros(places, np.uint32)
        for number, item in enumerate(query):
            other = self._items[number : number + places] ^ item
            wrong += _BITS[other & 0xFFFF] + _BITS[other >> 16].astype(np.uint32)
        place = int(wrong.argmin())
        which = int(np.searchsorted(self._begins, place, "right")) - 1
        offset_s = (place - self._begins[which]) * ITEM_S
        return Guess(self._names[which], offset_s, 1 - float(wrong[place]) / (32 * len(query)))


class Command:
    """A peer behind a command of the operator's."""

    def __init__(self, command: str) -> None:
        self.name = Path(shlex.split(command)[0]).stem
        self._command = shlex.split(command)

    def index(self, pieces: Iterable[Piece]) -> None:
        """Give it the reference."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [
                write_wav(Path(folder) / f"{piece.name}.wav", piece.sound()) for piece in pieces
            ]
            self._ask("index", paths)

    def match(self, sounds: Sequence[Sound]) -> list[Guess | None]:
        """Give it all excerpts at once."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [
                write_wav(Path(folder) / f"{number:06d}.wav", sound)
                for number, sound in enumerate(sounds)
            ]
            return [_guess(line) for line in self._ask("match", paths)]

    def _ask(self, verb: str, paths: list[Path]) -> list[str]:
        done = subprocess.run(
            [*self._command, verb],
            input="".join(f"{path}\n" for path in paths),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()


def write_wav(path: Path, sound: Sound) -> Path:
    """Write a sound at 16 kHz for another program."""
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        out.writeframes((np.clip(sound, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


def _guess(line: str) -> Guess | None:
    parts = line.split("\t")
    if len(parts) != 3 or not parts[0]:
        return None
    return Guess(Path(parts[0]).stem, float(parts[1]), float(parts[2]))


def _fpcalc(sound: Sound) -> NDArray[np.uint32]:
    with tempfile.TemporaryDirectory() as folder:
        path = write_wav(Path(folder) / "x.wav", sound)
        done = subprocess.run(
            ["fpcalc", "-raw", "-plain", "-length", "0", str(path)],
            capture_output=True,
            text=True,
            check=False,  # it says nothing of sound that is too short
        )
    numbers = done.stdout.strip().split(",") if done.stdout.strip() else []
    return np.array([int(n) & 0xFFFFFFFF for n in numbers], np.uint32)
