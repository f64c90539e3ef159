"""RTP and RTCP as the stage needs them: one header read, one written, one report each second.

Source: RFC 3550.
"""

import struct
from dataclasses import dataclass, field
from typing import Final, NamedTuple

HEADER_BYTES: Final = 12
DATAGRAM_BYTES_MAX: Final = 1_400

_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")
_SENDER_REPORT = struct.Struct("!BBHIIIIII")
_RECEIVER_REPORT = struct.Struct("!BBHI")
_REPORT_BLOCK = struct.Struct("!IIIIII")
_SENDER_REPORT_TYPE: Final = 200
_RECEIVER_REPORT_TYPE: Final = 201
_SOURCE_DESCRIPTION_TYPE: Final = 202
_RTCP_TYPES: Final = range(192, 209)
_VERSION_2: Final = 2
_SENDER_REPORT_BYTES: Final = 28
_SECONDS_1900_TO_1970: Final = 2_208_988_800
_RATE_HZ: Final = 48_000
_LOST_MAX: Final = 0x7FFFFF


class RtpPacket(NamedTuple):
    """What one RTP packet says."""

    payload_type: int
    sequence: int
    timestamp: int
    source: int
    payload: bytes


def is_rtcp(datagram: bytes) -> bool:
    """Tell RTCP from RTP where both share a port (RFC 5761)."""
    return len(datagram) > 1 and datagram[1] in _RTCP_TYPES


def read_packet(datagram: bytes) -> RtpPacket | None:
    """Read an RTP packet; None when it is not one."""
    if len(datagram) < HEADER_BYTES:
        return None
    first, second, sequence, timestamp, source = _HEADER.unpack_from(datagram)
    if first >> 6 != _VERSION_2:
        return None
    begin, end = HEADER_BYTES, len(datagram)
    if first & 0x3F:  # contributing sources, an extension or padding: rare from browsers
        begin += 4 * (first & 0x0F)
        if first & 0x10:
            if begin + 4 > end:
                return None
            begin += 4 + 4 * _EXTENSION.unpack_from(datagram, begin)[1]
        if first & 0x20:
            end -= datagram[-1] or len(datagram)
        if begin > end:
            return None
    return RtpPacket(second & 0x7F, sequence, timestamp, source, datagram[begin:end])


def write_packet(packet: RtpPacket) -> bytes:
    """Write an RTP packet with no more than the fixed header."""
    header = _HEADER.pack(
        0x80, packet.payload_type, packet.sequence, packet.timestamp, packet.source
    )
    return header + packet.payload


@dataclass(slots=True)
class Reception:
    """What a sender is told about how its packets arrive, so that it adds error correction."""

    source: int = 0
    _base: int = 0
    _highest: int = -1
    _received: int = 0
    _expected_before: int = 0
    _received_before: int = 0
    _jitter: float = 0.0
    _transit: float | None = None
    _report_middle: int = 0
    _report_came_at: float = 0.0

    def arrived(self, packet: RtpPacket, at: float) -> None:
        """Count a packet that arrived at a moment of the event loop's clock."""
        if packet.source != self.source or self._highest < 0:
            self.source, self._transit = packet.source, None
            self._base = self._highest = packet.sequence
            self._received = self._expected_before = self._received_before = 0
        self._received += 1
        step = (packet.sequence - self._highest) & 0xFFFF
        if step < 0x8000:  # noqa: PLR2004 - half the range: forwards or backwards
            self._highest += step
        transit = (at * _RATE_HZ - packet.timestamp) % 2**32
        if self._transit is not None:
            drift = abs((transit - self._transit + 2**31) % 2**32 - 2**31)
            self._jitter += (drift - self._jitter) / 16
        self._transit = transit

    def reported(self, datagram: bytes, at: float) -> None:
        """Take a sender report from that sender; anything else is ignored."""
        if len(datagram) >= _SENDER_REPORT_BYTES and datagram[1] == _SENDER_REPORT_TYPE:
            self._report_middle = int.from_bytes(datagram[10:14], "big")
            self._report_came_at = at

    def block(self, at: float) -> bytes:
        """Write the report block; empty while nothing has arrived."""
        if self._highest < 0:
            return b""
        expected = self._highest - self._base + 1
        expected_now = expected - self._expected_before
        lost_now = expected_now - (self._received - self._received_before)
        self._expected_before, self._received_before = expected, self._received
        fraction = (
            min(255, (lost_now << 8) // expected_now) if lost_now > 0 < expected_now else 0
        )
        lost = min(max(expected - self._received, 0), _LOST_MAX)
        since = int((at - self._report_came_at) * 65_536) if self._report_middle else 0
        return _REPORT_BLOCK.pack(
            self.source,
            (fraction << 24) | lost,
            self._highest & 0xFFFFFFFF,
            min(int(self._jitter), 0xFFFFFFFF),
            self._report_middle,
            min(since, 0xFFFFFFFF),
        )


@dataclass(slots=True)
class Sending:
    """What the other end is told about what we send."""

    source: int
    name: bytes
    packets: int = field(default=0)
    octets: int = field(default=0)
    timestamp: int = field(default=0)

    def report(self, *, unix_s: float, block: bytes) -> bytes:
        """Write one compound RTCP packet: report, description."""
        blocks = 1 if block else 0
        if self.packets:
            head = self._sender_report(unix_s, blocks)
        else:
            head = _RECEIVER_REPORT.pack(
                0x80 | blocks, _RECEIVER_REPORT_TYPE, 1 + 6 * blocks, self.source
            )
        return head + block + self._description()

    def _sender_report(self, unix_s: float, blocks: int) -> bytes:
        ntp = int((unix_s + _SECONDS_1900_TO_1970) * 2**32)
        return _SENDER_REPORT.pack(
            0x80 | blocks,
            _SENDER_REPORT_TYPE,
            6 + 6 * blocks,
            self.source,
            (ntp >> 32) & 0xFFFFFFFF,
            ntp & 0xFFFFFFFF,
            self.timestamp,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )

    def _description(self) -> bytes:
        items = struct.pack("!IBB", self.source, 1, len(self.name)) + self.name
        items += bytes(4 - len(items) % 4)  # at least one zero ends the list
        return struct.pack("!BBH", 0x81, _SOURCE_DESCRIPTION_TYPE, len(items) // 4) + items
