"""Fragmented MP4 for one AAC track, written box by box.

Source: ISO 14496-12 (boxes), ISO 14496-14 (mp4a, esds), ISO 23000-19 (CMAF: one chunk is one
`prft`, one `moof` and one `mdat`; a segment is its chunks one after the other).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from balai.errors import Tampered

_TRACK: Final = 1
_FRAME_SAMPLES: Final = 1_024
_RATE_HZ: Final = 48_000
_BITS_PER_S: Final = 64_000
_NTP_EPOCH: Final = datetime(1900, 1, 1, tzinfo=UTC)
_NTP_ERA: Final = 1 << 64
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_SYNC_SAMPLE: Final = 0x02000000  # depends on no other sample
_HEADER_BYTES: Final = 8


class SegmentTorn(Tampered):
    """A published piece of sound is damaged on disk."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a chunk says of itself."""

    media_time: int
    samples: int
    starts_at: datetime


def init_segment(config: bytes) -> bytes:
    """Write the initialisation segment for a decoder's AudioSpecificConfig."""
    brands = struct.pack(">4sI4s4s4s", b"cmf2", 0, b"cmf2", b"iso6", b"mp41")
    trex = _full(b"trex", struct.pack(">5I", _TRACK, 1, _FRAME_SAMPLES, 0, _SYNC_SAMPLE))
    moov = _box(b"moov", _mvhd(), _trak(config), _box(b"mvex", trex))
    return _box(b"ftyp", brands) + moov


def chunk(
    packets: Sequence[bytes], *, number: int, media_time: int, starts_at: datetime
) -> bytes:
    """Write one chunk: its place in time of day, its place in the media, its AAC frames."""
    prft = _full(b"prft", struct.pack(">IQQ", _TRACK, _ntp(starts_at), media_time), version=1)
    moof = _moof(packets, number, media_time, data_offset=0)
    moof = _moof(packets, number, media_time, data_offset=len(moof) + _HEADER_BYTES)
    return prft + moof + _box(b"mdat", *packets)


def read_chunks(data: bytes) -> list[Chunk]:
    """Read back what `chunk` wrote, one after the other.

    Raises:
        SegmentTorn: these are not whole chunks.
    """
    chunks = []
    boxes = list(_boxes(data))
    for prft, moof, mdat in zip(boxes[::3], boxes[1::3], boxes[2::3], strict=False):
        if (prft[0], moof[0], mdat[0]) != (b"prft", b"moof", b"mdat"):
            raise SegmentTorn
        chunks.append(_read_chunk(prft[1], moof[1]))
    if not chunks or len(boxes) % 3:
        raise SegmentTorn
    return chunks


def _read_chunk(prft: bytes, moof: bytes) -> Chunk:
    traf = dict(_boxes(dict(_boxes(moof)).get(b"traf", b"")))
    try:
        _, _, ntp, media_time = struct.unpack(">IIQQ", prft)
        (frames,) = struct.unpack_from(">I", traf[b"trun"], 4)
    except (struct.error, KeyError) as error:
        raise SegmentTorn from error
    return Chunk(media_time, frames * _FRAME_SAMPLES, _from_ntp(ntp))


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data.ljust(at + _HEADER_BYTES, b"\0"), at)
        if size < _HEADER_BYTES or at + size > len(data):
            raise SegmentTorn
        yield kind, data[at + _HEADER_BYTES : at + size]
        at += size


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", _HEADER_BYTES + len(body), kind) + body


def _full(kind: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def _mvhd() -> bytes:
    head = struct.pack(">IIIIIHHII", 0, 0, _RATE_HZ, 0, 0x10000, 0x0100, 0, 0, 0)
    return _full(b"mvhd", head, _MATRIX, bytes(24), struct.pack(">I", _TRACK + 1))


def _trak(config: bytes) -> bytes:
    place = struct.pack(">IIIIIIIhhHH", 0, 0, _TRACK, 0, 0, 0, 0, 0, 0, 0x0100, 0)
    tkhd = _full(b"tkhd", place, _MATRIX, bytes(8), flags=7)
    undetermined = 0x55C4  # language 'und'
    mdhd = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, _RATE_HZ, 0, undetermined, 0))
    hdlr = _full(b"hdlr", bytes(4), b"soun", bytes(12), b"balai\0")
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, _minf(config)))


def _minf(config: bytes) -> bytes:
    here = _full(b"url ", flags=1)
    dinf = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), here))
    stsd = _full(b"stsd", struct.pack(">I", 1), _mp4a(config))
    no_samples = [_full(kind, bytes(4)) for kind in (b"stts", b"stsc", b"stco")]
    stbl = _box(b"stbl", stsd, *no_samples, _full(b"stsz", bytes(8)))
    return _box(b"minf", _full(b"smhd", bytes(4)), dinf, stbl)


def _mp4a(config: bytes) -> bytes:
    entry = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, _RATE_HZ << 16)
    specific = _descriptor(0x05, config)
    decoder = struct.pack(">BBHBII", 0x40, 0x15, 0, 0, _BITS_PER_S, _BITS_PER_S)
    layer = _descriptor(0x06, b"\x02")
    stream = _descriptor(0x03, b"\0\0\0" + _descriptor(0x04, decoder + specific) + layer)
    return _box(b"mp4a", entry, _full(b"esds", stream))


def _descriptor(tag: int, body: bytes) -> bytes:
    return bytes([tag, len(body)]) + body


def _moof(packets: Sequence[bytes], number: int, media_time: int, *, data_offset: int) -> bytes:
    base_is_moof = 0x020000
    tfhd = _full(b"tfhd", struct.pack(">I", _TRACK), flags=base_is_moof)
    tfdt = _full(b"tfdt", struct.pack(">Q", media_time), version=1)
    sizes = struct.pack(f">{len(packets)}I", *map(len, packets))
    head = struct.pack(">II", len(packets), data_offset)
    trun = _full(b"trun", head, sizes, flags=0x000201)  # has a data offset, and frame sizes
    mfhd = _full(b"mfhd", struct.pack(">I", number & 0xFFFFFFFF))
    return _box(b"moof", mfhd, _box(b"traf", tfhd, tfdt, trun))


def _ntp(at: datetime) -> int:
    micros = (at - _NTP_EPOCH) // timedelta(microseconds=1)
    return ((micros << 32) + 500_000) // 1_000_000 % _NTP_ERA


def _from_ntp(ntp: int) -> datetime:
    if ntp < _NTP_ERA // 2:  # before 1968: it is the era that begins in 2036
        ntp += _NTP_ERA
    micros = (ntp * 1_000_000 + (1 << 31)) >> 32
    return _NTP_EPOCH + timedelta(microseconds=micros)
