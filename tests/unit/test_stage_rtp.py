"""RTP headers and the one RTCP report we send."""

import struct

import pytest

from balai.stage.rtp import Reception, RtpPacket, Sending, is_rtcp, read_packet, write_packet

PACKET = RtpPacket(111, 65_535, 4_000_000_000, 0xDEADBEEF, b"opus")


def test_a_packet_is_read_as_it_was_written() -> None:
    assert read_packet(write_packet(PACKET)) == PACKET


def test_sources_extension_and_padding_are_left_out() -> None:
    header = bytes([0x80 | 0x20 | 0x10 | 2, 111]) + struct.pack("!HII", 1, 2, 3)
    datagram = (
        header + bytes(8) + struct.pack("!HH", 0xBEDE, 1) + bytes(4) + b"opus" + b"\0\0\3"
    )
    assert read_packet(datagram) == RtpPacket(111, 1, 2, 3, b"opus")


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x80\x6f",
        b"\x40" + bytes(20),  # version 1
        b"\x8f" + bytes(11),  # fifteen sources, none there
        b"\x90" + bytes(11),  # an extension, none there
        b"\x90" + bytes(11) + b"\xbe\xde\xff\xff",  # an extension beyond the end
        b"\xa0" + bytes(12),  # padding of no length
        b"\xa0" + bytes(11) + b"\xff",  # padding beyond the beginning
    ],
)
def test_what_is_no_packet_is_nothing(datagram: bytes) -> None:
    assert read_packet(datagram) is None


def test_rtcp_is_told_from_rtp() -> None:
    assert is_rtcp(b"\x80\xc8")
    assert not is_rtcp(b"\x80\x6f")
    assert not is_rtcp(b"\x80")


def reception(numbers: list[int]) -> Reception:
    received = Reception()
    for number in numbers:
        packet = RtpPacket(111, number & 0xFFFF, number * 960, 7, b"")
        received.arrived(packet, number * 0.02)
    return received


def test_a_report_says_what_was_lost() -> None:
    block = reception([65_533, 65_534, 65_536, 65_537]).block(0.0)
    source, lost, highest, jitter, _, _ = struct.unpack("!IIIIII", block)
    assert (source, lost >> 24, lost & 0xFFFFFF) == (7, 256 // 5, 1)
    assert highest == 65_537
    assert jitter == 0


def test_the_fraction_lost_is_since_the_last_report() -> None:
    received = reception([1, 2, 5])
    received.block(0.0)
    received.arrived(RtpPacket(111, 6, 6 * 960, 7, b""), 0.12)
    assert struct.unpack("!IIIIII", received.block(0.0))[1] == 2  # none lost since, two in all


def test_nothing_received_is_nothing_reported() -> None:
    assert Reception().block(0.0) == b""


def test_the_other_ends_report_is_answered_with_its_age() -> None:
    received = reception([1])
    report = b"\x80\xc8" + bytes(8) + b"\x12\x34\x56\x78" + bytes(14)
    received.reported(report, 10.0)
    received.reported(b"\x80\xc9", 11.0)  # a receiver's report says nothing new
    assert struct.unpack("!IIIIII", received.block(10.5))[4:] == (0x12345678, 32_768)


def test_a_report_is_whole_words_long_and_says_so() -> None:
    sending = Sending(9, b"abc")
    quiet = sending.report(unix_s=0.0, block=b"")
    sending.packets, sending.octets, sending.timestamp = 5, 500, 96_000
    loud = sending.report(unix_s=0.5, block=reception([1, 2]).block(0.0))
    assert (quiet[1], loud[1]) == (201, 200)
    for report in (quiet, loud):
        first = 4 * (1 + int.from_bytes(report[2:4], "big"))
        second = 4 * (1 + int.from_bytes(report[first + 2 : first + 4], "big"))
        assert report[first + 1] == 202
        assert first + second == len(report)
    assert struct.unpack("!IIIIII", loud[4:28]) == (9, 2_208_988_800, 2**31, 96_000, 5, 500)
