"""One voice as Opus on a grid of media time: 20 ms blocks that begin at multiples of 960.

Sound comes in parts of 12,288 samples, which is no multiple of a block: what is left over
waits for the next part. Opus gives sound back 120 samples late, so the block that holds the
last of it is followed by one more. A *run* is what one encoder made from its first block on; a
long voice is cut into runs of ten seconds, so that any place can be decoded alike from a place
near it. The new run begins a block early and the old one ends a block late: until the old one
is over its sound counts, and the new one has settled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from balai.audio.blocks import BLOCK_SAMPLES, Pcm, silence
from balai.audio.opus import LOW_DELAY, Decoder, Encoder

BITRATE: Final = 28_000
COMPLEXITY: Final = 4
RUN_BLOCKS_MAX: Final = 500
LATE_SAMPLES: Final = 120  # the overlap of its windows (RFC 6716, 4.3.7)


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets of one run; with the first ones it begins, at a block of media time."""

    packets: tuple[bytes, ...]
    begins: bool = False
    first_block: int = 0


class VoiceEncoder:
    """Encodes a voice that sounds in one part after the other. Belongs to one thread."""

    def __init__(self) -> None:
        self._encoder = Encoder(
            bitrate=BITRATE, complexity=COMPLEXITY, loss_percent=0, application=LOW_DELAY
        )
        self._next_block: int | None = None
        self._run_blocks = 0
        self._last = silence()
        self._left = silence(0)

    def encode(self, media_time: int, pcm: Pcm) -> list[Packets]:
        """Encode a part; a run that has become long is ended, and another begun.

        Shapes:
            pcm: (12288,)
        """
        runs: list[Packets] = []
        begins = self._next_block is None
        if self._next_block is None:
            self._next_block, skipped = divmod(media_time, BLOCK_SAMPLES)
            self._left = silence(skipped)
        sound = np.concatenate([self._left, pcm])
        first = self._next_block
        if self._run_blocks >= RUN_BLOCKS_MAX:
            runs.append(Packets((self._packet(sound[:BLOCK_SAMPLES]),)))
            self._encoder.reset()
            begins, self._run_blocks = True, 0
            sound, first = np.concatenate([self._last, sound]), first - 1
        count = len(sound) // BLOCK_SAMPLES
        blocks = sound[: count * BLOCK_SAMPLES].reshape(count, BLOCK_SAMPLES)
        packets = tuple(map(self._packet, blocks))
        self._last, self._left = blocks[-1].copy(), sound[count * BLOCK_SAMPLES :].copy()
        self._next_block = first + count
        return [*runs, Packets(packets, begins, first if begins else 0)]

    def end(self) -> list[bytes]:
        """Encode what is left, and the block in which the last of it comes back."""
        rest = np.concatenate([self._left, silence(2 * BLOCK_SAMPLES - len(self._left))])
        return list(map(self._packet, rest.reshape(2, BLOCK_SAMPLES)))

    def _packet(self, block: Pcm) -> bytes:
        self._run_blocks += 1
        return self._encoder.encode(block)


def decoded(packets: Iterable[bytes]) -> Pcm:
    """Decode a run; its first sample is that of its first block.

    Shapes:
        returns: (960 a packet - 120,)
    """
    decoder, found = Decoder(), [silence(0)]
    for packet in packets:
        block = silence()
        decoder.decode(packet, block)
        found.append(block)
    return np.concatenate(found)[LATE_SAMPLES:]
