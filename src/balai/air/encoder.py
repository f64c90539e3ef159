"""AAC-LC, fed so that what is published never runs ahead of what has been decided.

The encoder looks two frames ahead: the packet for frame i comes when frame i + 2 is fed. Those
two frames have not aired, so an effect may still change them. Then a new encoder takes over,
primed with the changed two; the listener's decoder joins the packets of both by its ordinary
overlap.
"""

from collections.abc import Iterable
from typing import Final

import av
import numpy as np

from balai.audio.blocks import RATE_HZ, Pcm, silence

FRAME_SAMPLES: Final = 1_024
PART_FRAMES: Final = 12
PART_SAMPLES: Final = PART_FRAMES * FRAME_SAMPLES
AHEAD_SAMPLES: Final = 2 * FRAME_SAMPLES
BITS_PER_S: Final = 64_000


class Encoder:
    """Encodes a programme part by part, each with a look at the two frames after it."""

    def __init__(self) -> None:
        self._codec = _codec()
        self._ahead = silence(AHEAD_SAMPLES)
        self._fed_frames = 0
        self._prime()

    @property
    def config(self) -> bytes:
        """The AudioSpecificConfig (ISO 14496-3) that a decoder needs."""
        return bytes(self._codec.extradata or b"")

    def part(self, pcm: Pcm) -> list[bytes]:
        """Encode one part into 12 packets.

        Shapes:
            pcm: (12288 + 2048,): the part and what follows as things stand; the latter is not
                published, and may be different when the next part comes
        """
        if not np.array_equal(pcm[:AHEAD_SAMPLES], self._ahead):
            self._ahead = pcm[:AHEAD_SAMPLES]
            self._prime()
        packets = list(self._feed(pcm[AHEAD_SAMPLES:]))
        self._ahead = pcm[PART_SAMPLES:]
        return packets

    def _prime(self) -> None:
        self._codec = _codec()
        self._fed_frames = 0
        # To a new encoder all sound is an onset, for which it takes short windows; those do not
        # fit the last published packet. Two frames of the same sound settle it: the first one
        # forth and back, so that nothing jumps.
        first = self._ahead[:FRAME_SAMPLES]
        for _ in self._feed(np.concatenate([first, first[::-1], self._ahead])):
            pass  # these packets belong to frames that have aired

    def _feed(self, pcm: Pcm) -> Iterable[bytes]:
        floats = pcm.astype(np.float32) / np.float32(32_768)
        for samples in floats.reshape(-1, 1, FRAME_SAMPLES):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = RATE_HZ
            frame.pts = self._fed_frames * FRAME_SAMPLES
            self._fed_frames += 1
            yield from map(bytes, self._codec.encode(frame))


def _codec() -> av.AudioCodecContext:
    codec = av.CodecContext.create("aac", "w")
    codec.sample_rate = RATE_HZ
    codec.layout = "mono"
    codec.format = "fltp"
    codec.bit_rate = BITS_PER_S
    codec.options = {"aac_coder": "fast"}  # half the time of the default, alike for speech
    codec.open()
    return codec
