"""A sealed voice as a file that players know: Opus in Ogg, as long as its window to the sample.

Where a voice was not heard the file is silent, so that the files of several voices lie in line.
Source: RFC 3533 (Ogg), RFC 7845 (Opus in Ogg).
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from balai.evidence.sound import LATE_SAMPLES, PACKET_SAMPLES, RATE_HZ, Packets, Window

_SILENT_PACKET: Final = b"\xf8\xff\xfe"  # 20 ms of silence, as audio/opus.py has it
_PAGE: Final = struct.Struct("<4sBBqIIIB")
_PACKETS_PER_PAGE: Final = 25  # at most 6 lacing values each, of 255 that a page may have
_FIRST: Final = 2
_LAST: Final = 4
_SERIAL: Final = 1
_LACE: Final = 255
_CHECK_AT: Final = 22
_ONES: Final = 0xFFFF_FFFF
_MIRROR: Final = bytes(int(f"{number:08b}"[::-1], 2) for number in range(256))


def ogg_opus(window: Window, packets: Packets) -> bytes:
    """Write one voice of a window; a player plays exactly the window's samples.

    A decoder takes up to 80 ms to settle: the packets before the window would help it, but
    they are not sealed.
    """
    begin, end = window.from_position + LATE_SAMPLES, window.to_position + LATE_SAMPLES
    first = begin // PACKET_SAMPLES * PACKET_SAMPLES
    skip = begin - first
    head = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, skip, RATE_HZ, 0, 0)
    tags = struct.pack("<8sI5sI", b"OpusTags", 5, b"Balai", 0)
    pages = [_page([head], 0, 0, _FIRST), _page([tags], 0, 1, 0)]
    whole = range(first, end, PACKET_SAMPLES)
    for number, places in enumerate(_batches(whole), start=2):
        is_last = places[-1] == whole[-1]
        to = min(places[-1] + PACKET_SAMPLES, end)
        sounds = [packets.get(place, _SILENT_PACKET) for place in places]
        pages.append(_page(sounds, to - first, number, _LAST if is_last else 0))
    return b"".join(pages)


def _batches(places: range) -> Iterator[range]:
    for at in range(0, len(places), _PACKETS_PER_PAGE):
        yield places[at : at + _PACKETS_PER_PAGE]


def _page(packets: list[bytes], granule: int, number: int, flags: int) -> bytes:
    laces = b"".join(bytes([_LACE] * (len(p) // _LACE) + [len(p) % _LACE]) for p in packets)
    head = _PAGE.pack(b"OggS", 0, flags, granule, _SERIAL, number, 0, len(laces))
    page = b"".join((head, laces, *packets))
    return page[:_CHECK_AT] + struct.pack("<I", _check(page)) + page[_CHECK_AT + 4 :]


def _check(page: bytes) -> int:
    """Give Ogg's checksum: the common CRC-32 with its bits the other way round."""
    mirrored = zlib.crc32(page.translate(_MIRROR), _ONES) ^ _ONES
    return int(f"{mirrored:032b}"[::-1], 2)
