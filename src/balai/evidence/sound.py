"""Sound as evidence keeps it: Opus packets of 20 ms, each at its place on the room's clock."""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from balai.evidence.errors import SealBroken

RATE_HZ: Final = 48_000  # of positions
PACKET_SAMPLES: Final = 960
PACKET_BYTES_MAX: Final = 1275
LATE_SAMPLES: Final = 312  # a packet sounds so much earlier than its place: libopus looks ahead

_MAGIC: Final = b"BALAI-SOUND-1\n"
_HEAD: Final = struct.Struct(">I")
_PACKET: Final = struct.Struct(">HQH")  # voice, position, bytes
_HEAD_BYTES_MAX: Final = 100_000

Packets = dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a room's sound, from a sample until before another; None: all voices."""

    room_id: str
    from_position: int
    to_position: int
    seat_ids: frozenset[str] | None = None

    def has(self, seat_id: str) -> bool:
        """Tell whether a voice belongs to it."""
        return self.seat_ids is None or seat_id in self.seat_ids

    def covers(self, position: int) -> bool:
        """Tell whether a packet of a place sounds within it."""
        begins = position - LATE_SAMPLES
        return self.from_position - PACKET_SAMPLES < begins < self.to_position

    def contains(self, other: "Window") -> bool:
        """Tell whether another window of the room lies within it."""
        is_long = (
            self.from_position <= other.from_position and self.to_position >= other.to_position
        )
        has_all = self.seat_ids is None or (
            other.seat_ids is not None and other.seat_ids <= self.seat_ids
        )
        return is_long and has_all

    def joined(self, other: "Window") -> "Window":
        """Give the smallest window that has both."""
        both = None
        if self.seat_ids is not None and other.seat_ids is not None:
            both = self.seat_ids | other.seat_ids
        return Window(
            self.room_id,
            min(self.from_position, other.from_position),
            max(self.to_position, other.to_position),
            both,
        )


@dataclass(slots=True)
class Sound:
    """What is sealed: the packets of each voice that sound within a window.

    `damaged` names stretches of the ring (10 s each) of which something could not be read.
    """

    window: Window
    voices: dict[str, Packets] = field(default_factory=dict)
    damaged: set[int] = field(default_factory=set)

    @property
    def voiced_samples(self) -> int:
        """How much sound there is, over all voices."""
        return sum(map(len, self.voices.values())) * PACKET_SAMPLES

    def add(self, seat_id: str, position: int, packet: bytes) -> None:
        """Take a packet if it sounds within the window."""
        if self.window.has(seat_id) and self.window.covers(position):
            self.voices.setdefault(seat_id, {})[position] = packet

    def take(self, other: "Sound") -> None:
        """Take what another has of the same window."""
        self.damaged |= other.damaged
        for seat_id, packets in other.voices.items():
            for position, packet in packets.items():
                self.add(seat_id, position, packet)


def pack(sound: Sound) -> bytes:
    """Write sound as bytes, the same bytes for the same sound."""
    seats = sorted(sound.voices)
    head = {
        "room_id": sound.window.room_id,
        "from_position": sound.window.from_position,
        "to_position": sound.window.to_position,
        "seat_ids": None if sound.window.seat_ids is None else sorted(sound.window.seat_ids),
        "voices": seats,
        "damaged_stretches": sorted(sound.damaged),
    }
    told = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
    parts = [_MAGIC, _HEAD.pack(len(told)), told]
    for number, seat_id in enumerate(seats):
        for position, packet in sorted(sound.voices[seat_id].items()):
            parts += [_PACKET.pack(number, position, len(packet)), packet]
    return b"".join(parts)


def unpack(content: bytes) -> Sound:
    """Read sound from bytes.

    Raises:
        SealBroken: these are not the bytes of sealed sound.
    """
    try:
        start = len(_MAGIC) + _HEAD.size
        (length,) = _HEAD.unpack_from(content, len(_MAGIC))
        if not content.startswith(_MAGIC) or length > _HEAD_BYTES_MAX:
            raise SealBroken
        head = json.loads(content[start : start + length])
        sound = Sound(_window(head), damaged=set(map(int, head["damaged_stretches"])))
        voices = [str(name) for name in head["voices"]]
        for number, position, packet in _packets(content, start + length):
            sound.voices.setdefault(voices[number], {})[position] = packet
    except (ValueError, KeyError, IndexError, TypeError, struct.error, RecursionError) as cause:
        raise SealBroken from cause
    return sound


def _window(head: dict[str, object]) -> Window:
    seats = head["seat_ids"]
    return Window(
        str(head["room_id"]),
        int(str(head["from_position"])),
        int(str(head["to_position"])),
        frozenset(map(str, seats)) if isinstance(seats, list) else None,
    )


def _packets(content: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    while at < len(content):
        number, position, length = _PACKET.unpack_from(content, at)
        at += _PACKET.size
        packet = content[at : at + length]
        if len(packet) != length or not 0 < length <= PACKET_BYTES_MAX:
            raise SealBroken
        yield number, position, packet
        at += length
