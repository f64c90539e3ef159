"""Opus through libopus itself: packets to blocks and back, with nothing in between.

The library comes with the PyAV wheel; without it, the system's own libopus serves.
Source: RFC 6716 (Opus), RFC 7587 (its RTP payload).
"""

import ctypes
import ctypes.util
import weakref
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from balai.audio.blocks import BLOCK_SAMPLES, RATE_HZ, Pcm
from balai.errors import Unavailable

PACKET_BYTES_MAX: Final = 1275
PACKET_SAMPLES_MAX: Final = 5760  # 120 ms, the longest packet there may be

# 20 ms of silence in its shortest form: full band CELT, one empty frame.
SILENT_PACKET: Final = b"\xf8\xff\xfe"

VOIP: Final = 2048  # for speech as it is heard
LOW_DELAY: Final = 2051  # keeps the waveform, at a third of the cost; speech takes more bits
_SET_BITRATE: Final = 4002
_SET_COMPLEXITY: Final = 4010
_SET_INBAND_FEC: Final = 4012
_SET_PACKET_LOSS_PERCENT: Final = 4014
_SET_DTX: Final = 4016
_RESET_STATE: Final = 4028

# Frame length by the five high bits of a packet's first byte (RFC 6716, table 2).
_SILK: Final = (480, 960, 1920, 2880)
_HYBRID: Final = (480, 960)
_CELT: Final = (120, 240, 480, 960)
_FRAME_SAMPLES: Final = _SILK * 3 + _HYBRID * 2 + _CELT * 4


class OpusMissing(Unavailable):
    """The sound codec libopus is not on this machine; install it and start again."""


def packet_samples(packet: bytes) -> int:
    """Tell how long a packet lasts, from its first two bytes; 0 when it cannot be Opus."""
    if not packet or len(packet) > PACKET_BYTES_MAX:
        return 0
    frame, code = _FRAME_SAMPLES[packet[0] >> 3], packet[0] & 3
    if code == 0:
        frames = 1
    elif code in (1, 2):
        frames = 2
    else:
        frames = packet[1] & 63 if len(packet) > 1 else 0
    samples = frame * frames
    return samples if samples <= PACKET_SAMPLES_MAX else 0


class Decoder:
    """One voice's decoder, mono. Belongs to one thread."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.c_int()
        self._state = self._library.opus_decoder_create(RATE_HZ, 1, ctypes.byref(error))
        if not self._state:
            raise OpusMissing(f"libopus refused a decoder ({error.value})")
        weakref.finalize(self, self._library.opus_decoder_destroy, self._state)

    def decode(self, packet: bytes, out: Pcm) -> int:
        """Decode a packet into `out`; give the samples written, 0 when it is not valid Opus."""
        return self._run(packet, len(packet), out, fec=0)

    def recover(self, following: bytes, out: Pcm) -> int:
        """Fill `out` with a lost packet's sound: the copy inside the packet after it."""
        return self._run(following, len(following), out, fec=1)

    def conceal(self, out: Pcm) -> int:
        """Fill `out` with a guess at what was lost."""
        return self._run(None, 0, out, fec=0)

    def reset(self) -> None:
        """Forget what was heard so far."""
        self._library.opus_decoder_ctl(self._state, _RESET_STATE)

    def _run(self, packet: bytes | None, size: int, out: Pcm, *, fec: int) -> int:
        samples: int = self._library.opus_decode(
            self._state, packet, size, out.ctypes.data, len(out), fec
        )
        return max(samples, 0)


class Encoder:
    """One mix's encoder, mono, 20 ms a packet, error correction inside, never silent (no DTX).

    Belongs to one thread.
    """

    def __init__(
        self, *, bitrate: int, complexity: int, loss_percent: int, application: int = VOIP
    ) -> None:
        self._library = _library()
        error = ctypes.c_int()
        self._state = self._library.opus_encoder_create(
            RATE_HZ, 1, application, ctypes.byref(error)
        )
        if not self._state:
            raise OpusMissing(f"libopus refused an encoder ({error.value})")
        weakref.finalize(self, self._library.opus_encoder_destroy, self._state)
        self._packet = ctypes.create_string_buffer(PACKET_BYTES_MAX)
        for request, value in (
            (_SET_BITRATE, bitrate),
            (_SET_COMPLEXITY, complexity),
            (_SET_INBAND_FEC, 1),
            (_SET_PACKET_LOSS_PERCENT, loss_percent),
            (_SET_DTX, 0),
        ):
            self._library.opus_encoder_ctl(self._state, request, ctypes.c_int(value))

    def encode(self, block: Pcm) -> bytes:
        """Encode one block.

        Shapes:
            block: (960,), contiguous
        """
        size: int = self._library.opus_encode(
            self._state, block.ctypes.data, BLOCK_SAMPLES, self._packet, PACKET_BYTES_MAX
        )
        return ctypes.string_at(self._packet, size) if size > 0 else SILENT_PACKET

    def reset(self) -> None:
        """Start anew, so that the next packet leans on none before it."""
        self._library.opus_encoder_ctl(self._state, _RESET_STATE)


@cache
def _library() -> ctypes.CDLL:
    """Load libopus once.

    Its calls give up the interpreter's lock: the event loop moves packets on another core while
    the mixer encodes.
    """
    for candidate in _candidates():
        try:
            return _declared(ctypes.CDLL(candidate))
        except (OSError, AttributeError):
            continue  # not loadable, or not libopus: the next may be
    raise OpusMissing


def _candidates() -> list[str]:
    spec = find_spec("av")
    bundled: list[str] = []
    if spec is not None and spec.origin is not None:
        beside = Path(spec.origin).parent.parent / "av.libs"
        bundled = sorted(str(path) for path in beside.glob("libopus-*"))
    system = ctypes.util.find_library("opus")
    return [*bundled, *([system] if system else [])]


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    library.opus_decoder_create.restype = pointer
    library.opus_decoder_create.argtypes = [integer, integer, pointer]
    library.opus_decoder_destroy.argtypes = [pointer]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_ctl.argtypes = [pointer, integer]
    library.opus_decode.argtypes = [
        pointer, ctypes.c_char_p, integer, pointer, integer, integer,
    ]  # fmt: skip
    library.opus_encoder_create.restype = pointer
    library.opus_encoder_create.argtypes = [integer, integer, integer, pointer]
    library.opus_encoder_destroy.argtypes = [pointer]
    library.opus_encoder_destroy.restype = None
    library.opus_encoder_ctl.argtypes = [pointer, integer]
    library.opus_encode.argtypes = [pointer, pointer, integer, pointer, integer]
    return library
