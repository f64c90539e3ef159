"""What passes between a room's worker and a detector: chunks one way, what was heard the other.

A chunk is one frame: a head of 26 bytes, room, seat and language, the sound. What was heard is
one line of JSON. Both ends check lengths before they read.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.errors import Tampered

if TYPE_CHECKING:  # a worker only hands sound over: it need not load what searches it
    from balai.detect.fingerprint.stream import Stage

EAR_SOCKET: Final = "ear.sock"
WORDS_SOCKET: Final = "words.sock"
LINE_BYTES_MAX: Final = 128 * 1024  # the words of ten seconds, whatever their letters
HEAD: Final = struct.Struct("<4sHHHQQ")
_MARK: Final = b"BAL2"
_ID_BYTES_MAX: Final = 64
WORDS_MAX: Final = 256  # of one utterance
_TEXT_MAX: Final = 80
_WHY_MAX: Final = 16
_POSITION_MAX: Final = 1 << 53


class DetectorGarbled(Tampered):
    """A detector's connection carries something else than was agreed."""


def _check_span(start: object, end: object) -> None:
    """Refuse what is no stretch: a broken detector must not do harm."""
    is_whole = type(start) is int and type(end) is int
    if not is_whole or not 0 <= int(str(start)) <= int(str(end)) <= _POSITION_MAX:
        raise DetectorGarbled


def _check_texts(*texts: object) -> None:
    for text in texts:
        if not isinstance(text, str) or len(text) > _TEXT_MAX or not text.isprintable():
            raise DetectorGarbled


@dataclass(frozen=True, slots=True)
class Heard:
    """A detector has listened to a voice up to `to_position`, and taken in so many chunks."""

    room_id: str
    seat_id: str
    from_position: int
    to_position: int
    chunks: int = 1


@dataclass(frozen=True, slots=True)
class SaidWord:
    """One word that was heard, by samples at 48 kHz on the room's clock."""

    text: str
    from_position: int
    to_position: int
    confidence: float

    def __post_init__(self) -> None:
        _check_span(self.from_position, self.to_position)
        _check_texts(self.text)
        if not isinstance(self.confidence, int | float) or not 0 <= self.confidence <= 1:
            raise DetectorGarbled


@dataclass(frozen=True, slots=True)
class Said:
    """The words of an utterance; no words: it was speech in which nothing could be told apart.

    `may_hold`: the engine is reliable enough in this language that a rule may hold for it.
    `continues`: it goes on without a pause where the utterance before ended.
    """

    room_id: str
    seat_id: str
    from_position: int
    to_position: int
    words: tuple[SaidWord, ...]
    language: str
    is_language_identified: bool
    engine: str
    may_hold: bool
    continues: bool

    def __post_init__(self) -> None:
        words = (one if isinstance(one, SaidWord) else SaidWord(**one) for one in self.words)
        object.__setattr__(self, "words", tuple(words))
        _check_span(self.from_position, self.to_position)
        _check_texts(self.room_id, self.seat_id, self.language, self.engine)
        if len(self.words) > WORDS_MAX:
            raise DetectorGarbled


@dataclass(frozen=True, slots=True)
class Missed:
    """The words between two positions were not heard: too late, no engine, or not believed."""

    room_id: str
    seat_id: str
    from_position: int
    to_position: int
    why: str

    def __post_init__(self) -> None:
        _check_span(self.from_position, self.to_position)
        _check_texts(self.room_id, self.seat_id, self.why)
        if len(self.why) > _WHY_MAX:
            raise DetectorGarbled


@dataclass(frozen=True, slots=True)
class Recognised:
    """A detector recognised a recording in a voice.

    Positions are samples at 48 kHz on the room's clock: between them it was seen so far;
    `offset_s` is the place in the recording at `from_position`.
    """

    room_id: str
    seat_id: str
    stage: "Stage"
    recording_id: str
    from_position: int
    to_position: int
    offset_s: float
    score: float
    false_alarms_per_1000h: float
    speed: float
    pitch_semitones: float
    alike: tuple[str, ...]
    detector: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "alike", tuple(self.alike))  # JSON knows lists only


Told = Heard | Recognised | Said | Missed
_KINDS: Final[dict[str, type[Told]]] = {
    kind.__name__.lower(): kind for kind in (Heard, Recognised, Said, Missed)
}


def frame(chunk: Chunk) -> bytes:
    """Give a chunk the form in which it crosses."""
    names = [one.encode() for one in (chunk.room_id, chunk.seat_id, chunk.language)]
    head = HEAD.pack(_MARK, *map(len, names), chunk.position, len(chunk.pcm))
    return b"".join((head, *names, chunk.pcm.tobytes()))


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a frame: how long the rest is."""

    room: int
    seat: int
    language: int
    position: int
    samples: int

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a frame's head.

        Raises:
            DetectorGarbled: it is none, or claims more than a chunk can hold.
        """
        mark, room, seat, language, position, samples = HEAD.unpack(data)
        is_long = max(room, seat, language) > _ID_BYTES_MAX or samples > CHUNK_SAMPLES
        if mark != _MARK or is_long:
            raise DetectorGarbled
        return cls(room, seat, language, position, samples)

    @property
    def rest(self) -> int:
        """How many bytes follow the head."""
        return self.room + self.seat + self.language + 2 * self.samples

    def chunk(self, rest: bytes) -> Chunk:
        """Put the chunk together."""
        seat_at, language_at = self.room, self.room + self.seat
        pcm_at = language_at + self.language
        return Chunk(
            rest[:seat_at].decode(),
            rest[seat_at:language_at].decode(),
            self.position,
            np.frombuffer(rest[pcm_at:], np.int16),
            rest[language_at:pcm_at].decode(),
        )


def line(told: Told) -> bytes:
    """Give what a detector tells the form in which it crosses."""
    return json.dumps({"kind": type(told).__name__.lower(), **asdict(told)}).encode() + b"\n"


def told(data: bytes) -> Told:
    """Read a line of a detector.

    Raises:
        DetectorGarbled: it is none.
    """
    try:
        fields: dict[str, Any] = json.loads(data)
        return _KINDS[fields.pop("kind")](**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as cause:
        raise DetectorGarbled from cause
