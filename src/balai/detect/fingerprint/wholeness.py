"""Whether a file ends where it says: what FFmpeg reads to a sudden end without a word.

Source: RIFF (Microsoft, 1991); RFC 3533 (pages of Ogg).
"""

import struct
from typing import BinaryIO, Final

_RIFF_OPEN_MIN: Final = 0x7FFF_FF00  # written while nobody knew how long it would be
_OGG_PAGE_BYTES_MAX: Final = 65_307
_OGG_HEAD: Final = struct.Struct("<4sBBqIIIB")


def ends_early(file: BinaryIO) -> bool:
    """Tell whether a WAV or Ogg file is shorter than it promises; others are not known."""
    length = file.seek(0, 2)
    file.seek(0)
    begin = file.read(12)
    if begin[:4] == b"RIFF" and begin[8:] == b"WAVE":
        return _riff_ends_early(begin, length)
    return bool(begin[:4] == b"OggS") and _ogg_ends_early(file, length)


def _riff_ends_early(begin: bytes, length: int) -> bool:
    (promised,) = struct.unpack("<I", begin[4:8])
    return bool(promised < _RIFF_OPEN_MIN and promised + 8 > length + 1)  # a pad byte may lack


def _ogg_ends_early(file: BinaryIO, length: int) -> bool:
    start = max(0, length - _OGG_PAGE_BYTES_MAX - _OGG_HEAD.size)
    file.seek(start)
    tail = file.read()
    at = tail.rfind(b"OggS")
    if at < 0 or len(tail) - at < _OGG_HEAD.size:
        return True
    count = int(_OGG_HEAD.unpack_from(tail, at)[-1])
    lacing = tail[at + _OGG_HEAD.size : at + _OGG_HEAD.size + count]
    return len(lacing) < count or bool(at + _OGG_HEAD.size + count + sum(lacing) > len(tail))
