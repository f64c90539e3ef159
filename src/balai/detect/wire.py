"""What passes between a room's worker and a detector: chunks one way, what was heard the other.

A chunk is one frame: a head of 24 bytes, the ids of room and seat, the sound. What was heard is
one line of JSON. Both ends check lengths before they read.
"""

import json
import struct
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np

from balai.detect.chunk import CHUNK_SAMPLES, Chunk
from balai.detect.fingerprint.stream import Stage
from balai.errors import Tampered

SOCKET_NAME: Final = "detect.sock"
LINE_BYTES_MAX: Final = 16 * 1024
HEAD: Final = struct.Struct("<4sHHQQ")
_MARK: Final = b"BAL1"
_ID_BYTES_MAX: Final = 64


class DetectorGarbled(Tampered):
    """A detector's connection carries something else than was agreed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A detector has listened to a chunk of a voice."""

    room_id: str
    seat_id: str
    from_position: int
    to_position: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """A detector recognised a recording in a voice.

    Positions are samples at 48 kHz on the room's clock: between them it was seen so far;
    `offset_s` is the place in the recording at `from_position`.
    """

    room_id: str
    seat_id: str
    stage: Stage
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


Told = Heard | Recognised
_KINDS: Final[dict[str, type[Heard] | type[Recognised]]] = {
    "heard": Heard,
    "recognised": Recognised,
}


def frame(chunk: Chunk) -> bytes:
    """Give a chunk the form in which it crosses."""
    room, seat = chunk.room_id.encode(), chunk.seat_id.encode()
    head = HEAD.pack(_MARK, len(room), len(seat), chunk.position, len(chunk.pcm))
    return b"".join((head, room, seat, chunk.pcm.tobytes()))


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a frame: how long the rest is."""

    room: int
    seat: int
    position: int
    samples: int

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Read a frame's head.

        Raises:
            DetectorGarbled: it is none, or claims more than a chunk can hold.
        """
        mark, room, seat, position, samples = HEAD.unpack(data)
        if mark != _MARK or max(room, seat) > _ID_BYTES_MAX or samples > CHUNK_SAMPLES:
            raise DetectorGarbled
        return cls(room, seat, position, samples)

    @property
    def rest(self) -> int:
        """How many bytes follow the head."""
        return self.room + self.seat + 2 * self.samples

    def chunk(self, rest: bytes) -> Chunk:
        """Put the chunk together."""
        ids, pcm = rest[: self.room + self.seat], rest[self.room + self.seat :]
        return Chunk(
            ids[: self.room].decode(),
            ids[self.room :].decode(),
            self.position,
            np.frombuffer(pcm, np.int16),
        )


def line(told: Told) -> bytes:
    """Give what a detector tells the form in which it crosses."""
    kind = "heard" if isinstance(told, Heard) else "recognised"
    return json.dumps({"kind": kind, **asdict(told)}).encode() + b"\n"


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
