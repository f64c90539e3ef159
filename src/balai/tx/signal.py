"""A fingerprint as a signal: text that any exchange can carry, and how two of them compare."""

import base64
import binascii
import pathlib
from typing import Any, Final, TypeVar

import numpy as np
from threatexchange.content_type.content_base import ContentType
from threatexchange.signal_type.index import IndexMatch, IndexMatchUntyped, SignalTypeIndex
from threatexchange.signal_type.signal_base import (
    FileHasher,
    SignalComparisonResult,
    SignalType,
)

from balai.detect.fingerprint.decode import decode
from balai.detect.fingerprint.fingerprint import Fingerprint, fingerprint
from balai.detect.fingerprint.spectrum import FRAMES_PER_S, RATE_HZ
from balai.errors import Invalid
from balai.tx.alignment import SHARE_MIN, Peaks, distance
from balai.tx.content import AudioContent

DISTANCE_MAX: Final = 1.0 - SHARE_MIN
SIGNAL_CHARACTERS_MAX: Final = 90 * 2**20
_EXAMPLE_S: Final = 8
_NOTES_HZ: Final = (300.0, 2800.0)

T = TypeVar("T")


class BalaiAudioSignal(SignalType, FileHasher):
    """A recording's fingerprint (peaks of its spectrum, no sound), as base 64.

    The shorter of two is looked for in the other, so that an excerpt matches its recording.
    """

    @classmethod
    def get_content_types(cls) -> list[type[ContentType]]:
        return [AudioContent]

    @classmethod
    def get_index_cls(cls) -> "type[BalaiAudioIndex[Any]]":
        return BalaiAudioIndex

    @classmethod
    def validate_signal_str(cls, signal_str: str) -> str:
        """Give the signal without blanks around it.

        Raises:
            Invalid: it is no fingerprint that is understood here.
        """
        signal = super().validate_signal_str(signal_str) if signal_str else ""
        _fingerprint_of(signal)
        return signal

    @classmethod
    def hash_from_file(cls, file: pathlib.Path) -> str:
        """Fingerprint a file; what cannot be used has no fingerprint: the empty text."""
        try:
            return signal_of(fingerprint(decode(file)))
        except Invalid:
            return ""

    @classmethod
    def compare_hash(cls, hash1: str, hash2: str) -> SignalComparisonResult:
        """Look for the shorter in the longer; 0 is the same sound, 1 nothing in common."""
        both = (_fingerprint_of(hash1), _fingerprint_of(hash2))
        first, second = sorted(both, key=_length)
        found = round(distance(_peaks(first), _peaks(second)), 4)
        return SignalComparisonResult.from_simple_dist(found, DISTANCE_MAX)

    @staticmethod
    def get_examples() -> list[str]:
        """Give fingerprints of two short tunes, made here from sines."""
        return [signal_of(fingerprint(_tune(seed))) for seed in (1, 2)]


class BalaiAudioIndex(SignalTypeIndex[T]):
    """Compares with each entry in turn: for lists of some hundred hours.

    Longer ones belong into a catalogue (`balai ear list import`), whose index does not slow
    down with every recording.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[str, T]] = []

    def query(self, query: str) -> list[IndexMatch[T]]:
        """Give the entries that match; a file without fingerprint matches none."""
        if not query:
            return []
        found: list[IndexMatch[T]] = []
        for signal, entry in self._entries:
            result = BalaiAudioSignal.compare_hash(query, signal)
            if result.match:
                found.append(IndexMatchUntyped(result.distance, entry))
        return found

    def add(self, signal_str: str, entry: T) -> None:
        """Add an entry; the same signal twice gives two."""
        self._entries.append((BalaiAudioSignal.validate_signal_str(signal_str), entry))


def signal_of(made: Fingerprint) -> str:
    """Give a fingerprint's signal."""
    return base64.b64encode(made.to_bytes()).decode("ascii")


def _fingerprint_of(signal: str) -> Fingerprint:
    if not 0 < len(signal) <= SIGNAL_CHARACTERS_MAX:
        raise Invalid("a signal of this kind is not empty, and not that long")
    try:
        return Fingerprint.from_bytes(base64.b64decode(signal, validate=True))
    except (binascii.Error, ValueError) as cause:
        raise Invalid("this is no base 64") from cause


def _length(made: Fingerprint) -> float:
    return made.duration_s


def _peaks(made: Fingerprint) -> Peaks:
    marks = made.landmarks
    return Peaks(marks.frame.astype(np.int64), marks.band.astype(np.int64), FRAMES_PER_S)


def _tune(seed: int) -> "np.ndarray[Any, np.dtype[np.float32]]":
    generator = np.random.default_rng(seed)
    at_s = np.arange(RATE_HZ // 4) / RATE_HZ
    envelope = np.hanning(len(at_s))
    notes = [
        envelope * np.sin(2 * np.pi * generator.uniform(*_NOTES_HZ, (2, 1)) * at_s).sum(axis=0)
        for _ in range(_EXAMPLE_S * 4)
    ]
    return (0.3 * np.concatenate(notes)).astype(np.float32)
